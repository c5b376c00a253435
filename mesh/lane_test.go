package mesh

import (
	"slices"
	"testing"
	"time"

	"github.com/banyan-rooms/banyan/crypto/identity"
	"github.com/banyan-rooms/banyan/mesh/wire"
)

func TestLane(t *testing.T) {
	tests := []struct {
		name string
		came []uint16 // after the first
		lost []uint16
	}{
		{"nothing is missing", []uint16{1, 2, 3}, nil},
		{"one", []uint16{1, 3}, []uint16{2}},
		{"two, and one of them late", []uint16{1, 4, 3}, []uint16{2}},
		{"overtaken", []uint16{2, 1}, nil},
		{"twice the same", []uint16{1, 1, 3, 3}, []uint16{2}},
		{"a long row", []uint16{20}, []uint16{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19}},
		{"too long to be asked for", []uint16{laneSize + 1}, nil},
		{"from long ago", []uint16{500, 100}, nil},
	}
	for _, tt := range tests {
		for _, first := range []uint16{0, 1, 32767, 32768, 65500, 65530, 65535} { // around each wrap
			var l lane
			l.take(first, true)
			for _, n := range tt.came {
				l.take(first+n, true)
			}
			var want []uint16
			for _, n := range tt.lost {
				want = append(want, first+n)
			}
			if got := l.lost(); !slices.Equal(got, want) {
				t.Errorf("%s, from %d: lost %v, want %v", tt.name, first, got, want)
			}
		}
	}
}

// TestALostFrameIsAskedForOnce loses one of what a root sends.
func TestALostFrameIsAskedForOnce(t *testing.T) {
	w := newWorld(t)
	root := w.join("relay", Config{MaxChildren: 4, Community: true})
	w.run(2 * time.Second)
	child := w.join("child", Config{})
	w.run(2 * time.Second)
	pulls := 0
	w.watch = func(_ *peer, e Effect) {
		if tr, ok := e.(Transmit); ok && tr.Datagram[0] == wire.KindPull {
			pulls++
		}
	}
	for ctr := range uint64(5) {
		f, raw := frameOf(t, ctr)
		to, _ := root.Route(w.now, identity.ID{}, f, raw)
		if len(to) != 1 {
			t.Fatalf("frame %d goes to %d peers, want the child", ctr, len(to))
		}
		if ctr != 2 {
			w.carry(root, Transmit{to[0].Peer, wire.AppendMedia(nil, raw, f.Hops-1, to[0].Link)})
		}
		w.run(20 * ms)
	}
	w.run(200 * ms)
	f, _ := frameOf(t, 0)
	if got := len(child.played[f.KID]); got != 5 || pulls != 1 || child.twice > 0 {
		t.Errorf("%d of 5 frames came, %d were asked for, %d came twice; want all, one and none", got, pulls, child.twice)
	}
}

// TestPullsAreBounded has a neighbour ask for the same frame again and again.
func TestPullsAreBounded(t *testing.T) {
	m := parentOf(t, 1)
	child := identity.ID{0, 9}
	f, raw := frameOf(t, 1)
	to, _ := m.Route(time.Second, identity.ID{}, f, raw)
	sent := 0
	for n := range uint16(1000) {
		m.Step(time.Second, Heard{child, wire.AppendPull(nil, []uint16{to[0].Link + n})})
		m.Drain(func(e Effect) {
			if tr, ok := e.(Transmit); ok && tr.Datagram[0] == wire.KindMedia {
				sent++
			}
		})
	}
	if sent != maxAgain {
		t.Errorf("%d frames sent again within a second, want %d", sent, maxAgain)
	}
}
