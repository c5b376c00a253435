package hyparview

import (
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/banyan-rooms/banyan/crypto/identity"
	"github.com/banyan-rooms/banyan/mesh/sim/baseline/member"
)

func id(n byte) identity.ID { return identity.ID{n} }

// full is a view of peer 1 with the neighbours 2 to 6, all linked.
func full() *View {
	v := New(id(1), Config{}, rand.New(rand.NewPCG(1, 2)))
	v.Begin()
	for n := byte(2); n <= 6; n++ {
		v.Receive(0, id(n), []byte{kindJoin})
		v.Opened(id(n))
	}
	v.said()
	return v
}

// said drains a view: whom it sent what, by kind, and whom it dropped.
func (v *View) said() (sent map[byte][]identity.ID, dropped []identity.ID) {
	sent = make(map[byte][]identity.ID)
	v.Drain(func(d Doing) {
		switch d.What {
		case Send:
			sent[d.Data[0]] = append(sent[d.Data[0]], d.Peer)
		case Drop:
			dropped = append(dropped, d.Peer)
		case Connect:
		}
	})
	return sent, dropped
}

func TestAFullViewRefusesLowPriorityOnly(t *testing.T) {
	tests := []struct {
		name   string
		high   byte
		answer byte
		drops  int
	}{
		{"low priority finds no place", 0, kindRefuse, 0},
		{"high priority takes one", 1, kindAccept, 1},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			v := full()
			v.Receive(0, id(9), []byte{kindNeighbor, tt.high})
			sent, dropped := v.said()
			if !slices.Equal(sent[tt.answer], []identity.ID{id(9)}) || len(dropped) != tt.drops || len(sent[kindDisconnect]) != tt.drops {
				t.Errorf("sent %v, dropped %v", sent, dropped)
			}
			if v.Has(id(9)) != (tt.drops == 1) || len(v.Passive()) != tt.drops {
				t.Errorf("active %v, passive %v", v.Active(), v.Passive())
			}
		})
	}
}

func TestANewcomerIsToldOfByWalks(t *testing.T) {
	v := full()
	v.Receive(0, id(9), []byte{kindJoin})
	sent, _ := v.said()
	if got := sent[kindForwardJoin]; len(got) != 4 || slices.Contains(got, id(9)) || !v.Has(id(9)) {
		t.Errorf("walks begin at %v, active %v", got, v.Active())
	}
}

func TestAWalk(t *testing.T) {
	tests := []struct {
		name    string
		ttl     byte
		kind    byte
		passive bool
	}{
		{"goes on", 5, kindForwardJoin, false},
		{"leaves the newcomer in a passive view", 3, kindForwardJoin, true},
		{"ends with a link", 0, kindNeighbor, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			v, newcomer := full(), id(9)
			v.Receive(0, id(2), append([]byte{kindForwardJoin, tt.ttl}, newcomer[:]...))
			sent, _ := v.said()
			if got := sent[tt.kind]; len(got) != 1 || got[0] == id(2) || (got[0] == newcomer) != (tt.ttl == 0) {
				t.Errorf("sent %v", sent)
			}
			if slices.Contains(v.Passive(), newcomer) != tt.passive {
				t.Errorf("passive %v", v.Passive())
			}
		})
	}
}

func TestADeadNeighbourIsReplaced(t *testing.T) {
	v := full()
	v.integrate([]identity.ID{id(20), id(21)})
	v.Closed(0, id(2))
	sent, _ := v.said()
	asked := sent[kindNeighbor]
	if len(asked) != 1 || v.Has(id(2)) {
		t.Fatalf("sent %v, active %v", sent, v.Active())
	}
	v.Tick(2 * time.Second) // it does not answer
	sent, _ = v.said()
	if got := sent[kindNeighbor]; len(got) != 1 || got[0] == asked[0] || slices.Contains(v.Passive(), asked[0]) {
		t.Fatalf("then sent %v, passive %v", sent, v.Passive())
	}
	v.Receive(2*time.Second, sent[kindNeighbor][0], []byte{kindAccept})
	if len(v.Active()) != 5 {
		t.Errorf("active %v", v.Active())
	}
}

func TestWhoIsOnlyJoiningTakesNobodyIn(t *testing.T) {
	v := New(id(1), Config{}, rand.New(rand.NewPCG(1, 2)))
	v.Join(0, id(2))
	v.Receive(0, id(3), []byte{kindJoin})
	if v.Has(id(3)) || v.Expects(id(2)) || v.Expects(id(3)) {
		t.Errorf("active %v", v.Active())
	}
}

func TestShufflesKeepThePassiveViewBounded(t *testing.T) {
	v := full()
	for n := byte(10); n < 250; n += 5 {
		ids := []identity.ID{id(n), id(n + 1), id(n + 2), id(1), id(2)}
		v.Receive(0, id(2), shuffle(1, id(n+3), ids))
		if err := v.Check(); err != nil {
			t.Fatal(err)
		}
	}
	if got := len(v.Passive()); got != 30 {
		t.Errorf("%d passive", got)
	}
	sent, _ := v.said()
	if len(sent[kindShuffleReply]) == 0 {
		t.Errorf("no shuffle was answered: %v", sent)
	}
}

func FuzzReceive(f *testing.F) {
	newcomer := id(9)
	for kind := range byte(10) {
		f.Add(append([]byte{kind, 3}, newcomer[:]...))
	}
	f.Add(shuffle(2, id(7), []identity.ID{id(8), id(9)}))
	f.Add(member.AppendIDs([]byte{kindShuffleReply}, []identity.ID{id(8)}))
	f.Fuzz(func(t *testing.T, data []byte) {
		if len(data) == 0 {
			return
		}
		v := full()
		v.Receive(time.Second, id(3), data)
		if err := v.Check(); err != nil {
			t.Errorf("%x: %v", data, err)
		}
	})
}
