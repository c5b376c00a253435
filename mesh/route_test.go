package mesh

import (
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/banyan-rooms/banyan/crypto/identity"
	"github.com/banyan-rooms/banyan/crypto/sframe"
	"github.com/banyan-rooms/banyan/mesh/wire"
)

// fed returns a root with so many children whose links are open.
func parentOf(t testing.TB, children int) *Machine {
	t.Helper()
	m := New(Config{
		Key: keyOf(t, 1), Room: identity.RoomID{1}, Start: start, Rand: rand.New(rand.NewPCG(1, 2)),
		MaxChildren: 64, Community: true, Dialable: true,
	})
	m.Step(0, nil)
	m.Step(time.Second, nil) // it finds nobody and is the root
	for i := range children {
		id := identity.ID{byte(i), 9}
		m.Step(time.Second, Received{id, &wire.Join{}})
		m.Step(time.Second, LinkUp{id})
	}
	m.Drain(func(Effect) {})
	if m.Children(0) != children || !m.IsRoot(0) {
		t.Fatalf("root %v with %d children, want %d", m.IsRoot(0), m.Children(0), children)
	}
	return m
}

func frameOf(t testing.TB, ctr uint64) (wire.Frame, []byte) {
	t.Helper()
	raw := wire.AppendFrame(nil, wire.Of(0), 20, binary.BigEndian.AppendUint64([]byte{0x1f}, 1<<60+ctr))
	f, err := wire.ParseFrame(raw)
	if err != nil {
		t.Fatal(err)
	}
	return f, raw
}

func TestRoute(t *testing.T) {
	m := parentOf(t, 3)
	child := identity.ID{1, 9}
	f, raw := frameOf(t, 1)
	if to, fresh := m.Route(time.Second, identity.ID{42}, f, raw); fresh || len(to) != 0 {
		t.Errorf("from a stranger: fresh %v, to %d peers", fresh, len(to))
	}
	if to, fresh := m.Route(time.Second, child, f, raw); !fresh || len(to) != 2 || to[0].Peer == child || to[1].Peer == child {
		t.Errorf("from a child: fresh %v, to %v; want the two others", fresh, to)
	}
	if to, fresh := m.Route(time.Second, identity.ID{2, 9}, f, raw); fresh || len(to) != 0 {
		t.Errorf("a second copy: fresh %v, to %d peers", fresh, len(to))
	}
	f, raw = frameOf(t, 2)
	if to, fresh := m.Route(time.Second, identity.ID{}, f, raw); !fresh || len(to) != 3 {
		t.Errorf("an own frame: fresh %v, to %d peers; want 3", fresh, len(to))
	}
	f, raw = frameOf(t, 3)
	f.Hops = 0
	if to, fresh := m.Route(time.Second, child, f, raw); !fresh || len(to) != 0 {
		t.Errorf("no hops left: fresh %v, to %d peers; want it played and not sent on", fresh, len(to))
	}
}

func TestRouteAllocatesNothing(t *testing.T) {
	m := parentOf(t, 6)
	raw := wire.AppendFrame(nil, wire.Of(0), 20, binary.BigEndian.AppendUint64([]byte{0x1f}, 1<<60))
	f, err := wire.ParseFrame(raw)
	if err != nil {
		t.Fatal(err)
	}
	now := time.Second
	next := func() {
		f.CTR++
		now += 20 * ms
		m.Route(now, identity.ID{1, 9}, f, raw)
	}
	for range 2 * ringFrames {
		next() // the ring grows to its size
	}
	if n := testing.AllocsPerRun(1000, next); n != 0 {
		t.Errorf("%v allocations a frame, want none", n)
	}
}

func TestAChildIsRepliedWhatItMissed(t *testing.T) {
	m := parentOf(t, 1)
	for i := range uint64(40) {
		f, raw := frameOf(t, i)
		m.Route(time.Second+time.Duration(i)*20*ms, identity.ID{}, f, raw)
	}
	late := identity.ID{7, 7}
	now := time.Second + 800*ms
	f, _ := frameOf(t, 29) // it has all up to 29 but 27
	m.Step(now, Received{late, &wire.Join{Backup: true}})
	m.Step(now, LinkUp{late})
	m.Drain(func(Effect) {})
	m.Step(now, Received{late, &wire.Join{Switch: true, Seen: []wire.Seen{{KID: f.KID, Top: f.CTR, Bits: ^uint64(1 << 2)}}}})
	var got []uint64
	for range 10 {
		m.Drain(func(e Effect) {
			tr, ok := e.(Transmit)
			if !ok || tr.Datagram[0] != wire.KindMedia {
				return
			}
			if err := wire.Frames(tr.Datagram[1:], func(f wire.Frame, _ []byte) { got = append(got, f.CTR-1<<60) }); err != nil {
				t.Error(err)
			}
		})
		now += replayPace
		m.Step(now, nil)
	}
	if want := "[27 30 31 32 33 34 35 36 37 38 39]"; fmt.Sprint(got) != want {
		t.Errorf("replayed %v, want %v", got, want)
	}
}

func BenchmarkRoute(b *testing.B) {
	for _, children := range []int{1, 6, 24} {
		b.Run(fmt.Sprintf("children=%d", children), func(b *testing.B) {
			m := parentOf(b, children)
			f, raw := frameOf(b, 0)
			now := time.Second
			b.ReportAllocs()
			for b.Loop() {
				f.CTR++
				now += 20 * ms
				m.Route(now, identity.ID{0, 9}, f, raw)
			}
		})
	}
}

func BenchmarkStep(b *testing.B) {
	m := parentOf(b, 6)
	now := time.Second
	b.ReportAllocs()
	for b.Loop() {
		now += ms
		m.Step(now, nil)
		m.Drain(func(Effect) {})
	}
}

// TestInventedCountersDoNotSilence has a neighbour invent frames of a speaker, each far
// from all others, as anybody can who knows the key's ID.
func TestInventedCountersDoNotSilence(t *testing.T) {
	var r router
	r.init()
	for n := range uint64(5000) {
		now := time.Duration(n) * time.Millisecond
		if fresh, live := r.accept(now, 7, 1000+n); !fresh || !live {
			t.Fatalf("frame %d counts as a copy", n)
		}
		if fresh, _ := r.accept(now, 7, 1000+n); fresh {
			t.Fatalf("frame %d counts as new twice", n)
		}
		r.accept(now, 7, 1<<40+n*10*sframe.WindowSize)
	}
	if len(r.streams) > sameSpeaker {
		t.Errorf("%d streams of one key", len(r.streams))
	}
	for kid := range uint64(2 * maxStreams) {
		r.accept(time.Duration(kid), 100+kid, 1)
	}
	if len(r.streams) > maxStreams {
		t.Errorf("%d streams", len(r.streams))
	}
}

// TestADeafPeerHearsNothingTwice has a peer hear a voice again after so long that its frames
// count as another stream, and then what it missed before that: which is nearly as near to
// the stream of before.
func TestADeafPeerHearsNothingTwice(t *testing.T) {
	m := parentOf(t, 1)
	for _, said := range []struct {
		ctr  uint64
		want bool
	}{{300, true}, {300 + sframe.WindowSize, true}, {290 + sframe.WindowSize, true}, {300 + sframe.WindowSize, false}, {300, false}} {
		f, raw := frameOf(t, said.ctr)
		if _, fresh := m.Route(time.Second, identity.ID{0, 9}, f, raw); fresh != said.want {
			t.Errorf("frame %d: fresh %v, want %v", said.ctr, fresh, said.want)
		}
	}
}
