package reactive

import (
	"bytes"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/banyan-rooms/banyan/crypto/identity"
	"github.com/banyan-rooms/banyan/mesh"
	"github.com/banyan-rooms/banyan/mesh/sim"
	"github.com/banyan-rooms/banyan/mesh/sim/baseline/member"
	"github.com/banyan-rooms/banyan/mesh/wire"
)

const ms = time.Millisecond

func id(n byte) identity.ID { return identity.ID{n} }

// newMember is peer n, who feeds up to two; peer 1 is the root.
func newMember(n byte) *Machine {
	m := New(sim.Start{Config: mesh.Config{Rand: rand.New(rand.NewPCG(1, 2)), MaxChildren: 2}, Known: []identity.ID{id(1)}}, Config{})
	m.ID = id(n)
	if n == 1 {
		m.rank = 0
		m.become()
	}
	return m
}

// below puts a member below somebody with a way.
func (m *Machine) below(t *testing.T, way ...byte) *Machine {
	t.Helper()
	m.Step(0, nil)
	m.said(0, m.search.asking, accept(way...))
	m.Step(0, mesh.LinkUp{Peer: m.parent})
	if !m.reached() {
		t.Fatal("not below the root")
	}
	m.sent()
	return m
}

func accept(way ...byte) []byte {
	var shorts []wire.Short
	for _, n := range way {
		shorts = append(shorts, wire.ShortOf(id(n)))
	}
	return appendWay([]byte{kindAccept}, shorts)
}

// sent drains a member: the kinds of what it said to whom.
func (m *Machine) sent() map[identity.ID][]byte {
	kinds := make(map[identity.ID][]byte)
	m.Drain(func(e mesh.Effect) {
		if s, ok := e.(sim.Say); ok {
			kinds[s.To] = append(kinds[s.To], s.Data[0])
		}
	})
	return kinds
}

func TestJoins(t *testing.T) {
	tests := []struct {
		name string
		at   func() *Machine
		who  byte
		want byte
	}{
		{"the root takes a child", func() *Machine { return newMember(1) }, 9, kindAccept},
		{"a member does", func() *Machine { return newMember(2).below(t, 1) }, 9, kindAccept},
		{"who is not in the tree does not", func() *Machine { return newMember(2) }, 9, kindRefuse},
		{"nobody takes whom it is below", func() *Machine { return newMember(2).below(t, 1, 9, 5) }, 9, kindRefuse},
		{"nor its parent", func() *Machine { return newMember(2).below(t, 1) }, 1, kindRefuse},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			m := tt.at()
			m.Step(0, sim.Said{From: id(tt.who), Data: []byte{kindJoin, 1}})
			if got := m.sent()[id(tt.who)]; !bytes.Contains(got, []byte{tt.want}) {
				t.Errorf("said %v, want %d", got, tt.want)
			}
		})
	}
}

func TestAFullMemberNamesOthers(t *testing.T) {
	m := newMember(1)
	for n := byte(2); n <= 3; n++ {
		m.Step(0, sim.Said{From: id(n), Data: []byte{kindJoin, 1}})
		m.Step(0, mesh.LinkUp{Peer: id(n)})
	}
	others := m.others(id(9))
	slices.SortFunc(others, identity.ID.Compare)
	m.Step(0, sim.Said{From: id(9), Data: []byte{kindJoin, 0}})
	if got := m.sent()[id(9)]; !bytes.Equal(got, []byte{kindRefuse}) || !slices.Equal(others, []identity.ID{id(2), id(3)}) {
		t.Errorf("said %v, others %v", got, others)
	}
}

func TestASilentParentIsLeft(t *testing.T) {
	m := newMember(2).below(t, 1)
	m.Step(499*ms, nil)
	if m.parent.IsZero() {
		t.Fatal("left before its time")
	}
	m.Step(450*ms, mesh.Heard{From: id(1), Datagram: []byte{beacon}})
	m.Step(949*ms, nil)
	if m.parent.IsZero() {
		t.Fatal("left though it was heard")
	}
	m.Step(950*ms, nil)
	if !m.parent.IsZero() || m.search.asking.IsZero() {
		t.Errorf("parent %s, asking %s", m.parent.Short(), m.search.asking.Short())
	}
}

func TestALoopIsLeft(t *testing.T) {
	m := newMember(2).below(t, 1)
	way := appendWay([]byte{kindWay, 1}, []wire.Short{wire.ShortOf(id(1)), wire.ShortOf(id(2)), wire.ShortOf(m.parent)})
	m.Step(0, sim.Said{From: m.parent, Data: way})
	if m.reached() {
		t.Error("it stays below itself")
	}
}

func TestWhoStaysCutOffLooksForItself(t *testing.T) {
	m := newMember(2).below(t, 1)
	m.Step(0, sim.Said{From: id(1), Data: appendWay([]byte{kindWay, 0}, nil)})
	for at := 100 * ms; at < 2*time.Second; at += 100 * ms {
		m.Step(at, mesh.Heard{From: id(1), Datagram: []byte{beacon}})
	}
	if m.parent.IsZero() || m.reached() {
		t.Error("it did not wait for the head of its subtree")
	}
	if m.Step(2*time.Second, nil); m.search.asking.IsZero() {
		t.Error("it waits for ever")
	}
}

func FuzzSaid(f *testing.F) {
	f.Add(accept(1, 2))
	f.Add(refusal([]identity.ID{id(5)}))
	f.Add(appendWay([]byte{kindWay, 1}, nil))
	f.Add([]byte{kindJoin, 1})
	f.Fuzz(func(t *testing.T, data []byte) {
		if len(data) == 0 {
			return
		}
		m := newMember(2)
		m.Step(0, nil)
		m.Step(ms, sim.Said{From: m.search.asking, Data: data})
		if err := m.Check(); err != nil {
			t.Error(err)
		}
	})
}

func TestAReaderStopsAtTheEnd(t *testing.T) {
	r := member.NewReader([]byte{2, 1})
	if ids := r.IDs(8); len(ids) != 0 || r.Err == nil || r.More() {
		t.Errorf("read %v, %v", ids, r.Err)
	}
}
