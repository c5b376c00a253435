package node

import (
	"fmt"
	"testing"
	"time"

	"github.com/banyan-rooms/banyan/crypto/identity"
	"github.com/banyan-rooms/banyan/crypto/sframe"
	"github.com/banyan-rooms/banyan/mesh"
	"github.com/banyan-rooms/banyan/mesh/wire"
	"github.com/banyan-rooms/banyan/node/transport"
	"github.com/banyan-rooms/banyan/node/transport/memory"
	"github.com/banyan-rooms/banyan/rooms"
)

// sink is a link that takes everything.
type sink struct {
	peer  identity.ID
	count int
}

func (s *sink) Peer() identity.ID     { return s.peer }
func (s *sink) Room() identity.RoomID { return identity.RoomID{} }
func (s *sink) Send([]byte) error     { s.count++; return nil }
func (s *sink) Receive(func([]byte))  {}
func (s *sink) Done() <-chan struct{} { return nil }
func (s *sink) Close() error          { return nil }

// feeder is a relay's session, without its loop, at the root of a room with so many
// children.
func feeder(t testing.TB, children int) (s *session, at time.Duration, sinks []*sink) {
	t.Helper()
	world := memory.New(memory.Config{})
	t.Cleanup(world.Close)
	key := keyOf(t, 1)
	peer := world.Add(key.ID())
	n, err := New(Config{Key: key, Network: peer, Links: peer, Store: newFakeStore(), Community: true, MaxChildren: 2 * children})
	if err != nil {
		t.Fatal(err)
	}
	genesis, _, err := rooms.NewGenesis(keyOf(t, 2), rooms.Genesis{Policy: rooms.Policy{Kind: rooms.Open, Title: "Bench"}})
	if err != nil {
		t.Fatal(err)
	}
	if s, err = newSession(n, genesis); err != nil {
		t.Fatal(err)
	}
	s.seat, s.life = &relay{session: s}, t.Context()
	for ; !s.mesh.IsRoot(0) && at < time.Minute; at += 100 * time.Millisecond {
		s.step(at, nil)
	}
	for i := range children {
		id := keyOf(t, 10+i).ID()
		s.step(at, mesh.Received{From: id, Message: &wire.Join{}})
		l := &sink{peer: id}
		sinks = append(sinks, l)
		s.links[id] = &neighbor{link: l}
		s.step(at, mesh.LinkUp{Peer: id})
	}
	if got := s.mesh.Children(0); got != children {
		t.Fatalf("%d children, want %d", got, children)
	}
	for _, l := range sinks {
		l.count = 0 // of beacons
	}
	return s, at, sinks
}

// datagrams are media datagrams of one stream, ready to be received.
func datagrams(kid uint64, count int) [][]byte {
	all := make([][]byte, count)
	for i := range all {
		sealed := append(sframe.Header{KID: kid, CTR: uint64(i)}.AppendTo(nil), make([]byte, 100)...)
		all[i] = wire.AppendMedia(nil, wire.AppendFrame(nil, wire.Of(0), 30, sealed), 20, uint16(i))
	}
	return all
}

func BenchmarkForward(b *testing.B) {
	for _, children := range []int{4, 24, 128} {
		b.Run(fmt.Sprintf("children=%d", children), func(b *testing.B) {
			s, at, _ := feeder(b, children)
			in := datagrams(1, b.N+1)
			from := keyOf(b, 10).ID()
			b.ReportAllocs()
			b.ResetTimer()
			for i := range b.N {
				at += 20 * time.Millisecond
				s.receive(at, inbound{from, in[i]})
				s.flush(at + together)
			}
		})
	}
}

// TestForwardAllocatesNothing holds what makes a relay cheap.
func TestForwardAllocatesNothing(t *testing.T) {
	s, at, sinks := feeder(t, 8)
	const warm, runs = 200, 500
	in := datagrams(1, warm+runs+2)
	from := keyOf(t, 10).ID()
	i := 0
	one := func() {
		at += 20 * time.Millisecond
		s.receive(at, inbound{from, in[i]})
		s.flush(at + together)
		i++
	}
	for range warm {
		one()
	}
	if got := testing.AllocsPerRun(runs, one); got > 0 {
		t.Errorf("%v allocations for a frame, want none", got)
	}
	for _, l := range sinks {
		if want := i; l.peer == from {
			if l.count != 0 {
				t.Errorf("%d frames went back to where they came from", l.count)
			}
		} else if l.count != want {
			t.Errorf("a child got %d datagrams, want %d", l.count, want)
		}
	}
}

// TestFramesTravelTogether has two people talk at once at the root of a tree.
func TestFramesTravelTogether(t *testing.T) {
	s, at, sinks := feeder(t, 4)
	ann, bob := datagrams(1, 50), datagrams(2, 50)
	from := sinks[0].peer
	for i := range ann {
		s.receive(at, inbound{from, ann[i]})
		if next := s.flush(at); i > 0 && next != at+together {
			t.Fatalf("tick %d: the first frame waits until %v, want %v", i, next, at+together)
		}
		s.receive(at+time.Millisecond, inbound{from, bob[i]})
		s.flush(at + time.Millisecond)
		s.flush(at + together)
		at += 20 * time.Millisecond
	}
	for _, l := range sinks[1:] {
		if want := 50 + 1; l.count != want { // in the first tick nobody knew of the second voice
			t.Errorf("a child got %d datagrams for 100 frames, want %d", l.count, want)
		}
	}
}

var _ transport.Link = (*sink)(nil)

// BenchmarkEnterALongRoom opens a room of 10,000 ops as they are stored, or as another
// peer tells them: each is verified, taken in and, if it was told, kept.
func BenchmarkEnterALongRoom(b *testing.B) {
	const ops = 10_000
	host := keyOf(b, 1)
	genesis, id, err := rooms.NewGenesis(host, rooms.Genesis{Policy: rooms.Policy{Kind: rooms.Open, Title: "Bench"}})
	if err != nil {
		b.Fatal(err)
	}
	room, err := rooms.New(rooms.Config{Key: host, Genesis: genesis, Start: time.Now()})
	if err != nil {
		b.Fatal(err)
	}
	var log [][]byte
	var bytes int
	for n := range ops {
		room.Step(time.Duration(n)*time.Second, rooms.SetTitle{Title: fmt.Sprint("title ", n)})
		room.Drain(func(e rooms.Effect) {
			if s, ok := e.(rooms.Store); ok {
				log = append(log, s.Data)
				bytes += len(s.Data)
			}
		})
	}
	world := memory.New(memory.Config{})
	b.Cleanup(world.Close)
	key := keyOf(b, 2)
	peer := world.Add(key.ID())
	for _, told := range []bool{false, true} {
		b.Run(fmt.Sprintf("told=%v", told), func(b *testing.B) {
			kept := newFakeStore()
			n, err := New(Config{Key: key, Network: peer, Links: peer, Store: kept, MaxChildren: 1})
			if err != nil {
				b.Fatal(err)
			}
			e := entry{genesis: genesis, items: log}
			if !told {
				if err := n.keepRoom(id, e, log); err != nil {
					b.Fatal(err)
				}
				e.items = nil
			}
			for b.Loop() {
				m, err := n.newMember(e)
				if err != nil || len(m.room.Heads()) == 0 {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(bytes)/ops, "B/op-in-log")
		})
	}
}
