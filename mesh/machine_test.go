package mesh

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/banyan-rooms/banyan/mesh/wire"
)

// room is a world with a relay and some peers.
func room(t *testing.T, relays, peers, maxChildren int) *world {
	t.Helper()
	w := newWorld(t)
	for i := range relays {
		w.join(fmt.Sprint("relay", i+1), Config{MaxChildren: maxChildren, Community: true})
		w.run(50 * ms)
	}
	for i := range peers {
		w.join(fmt.Sprint("peer", i+1), Config{MaxChildren: maxChildren})
		w.run(50 * ms)
	}
	w.run(40 * time.Second) // two trees form, where there are places for two
	return w
}

func TestOneTreeForms(t *testing.T) {
	for _, n := range []struct{ relays, peers, children int }{
		{0, 1, 4}, {0, 2, 4}, {0, 3, 2}, {1, 1, 4}, {1, 9, 4}, {2, 20, 4}, {3, 60, 4}, {1, 30, 24},
	} {
		t.Run(fmt.Sprintf("relays=%d,peers=%d,children=%d", n.relays, n.peers, n.children), func(t *testing.T) {
			w := room(t, n.relays, n.peers, n.children)
			w.tree()
			if n.relays > 0 {
				for _, p := range w.peers {
					if p.isRoot && !p.community {
						t.Errorf("the root is %s, not a relay", p.name)
					}
				}
			}
		})
	}
}

func TestEveryoneHearsASpeakerOnce(t *testing.T) {
	w := room(t, 1, 15, 4)
	speaker := w.peers[7]
	speaker.talking = true
	w.step(speaker, Speaking{true})
	w.run(5 * time.Second)
	said := int(speaker.ctr)
	w.run(200 * ms)
	for _, p := range w.peers {
		total := 0
		for _, frames := range p.played {
			total += len(frames)
		}
		if total < said || p.twice > 0 {
			t.Errorf("%s heard %d of %d frames, %d twice", p.name, total, said, p.twice)
		}
	}
	if at := speaker.View().Trees[0].Depth; at > 1 {
		t.Errorf("the speaker stands %d hops below the root, want 1", at)
		t.Log(w.describe())
	}
	w.tree()
}

func TestWhoDiesIsHardlyMissed(t *testing.T) {
	for _, tt := range []struct {
		name  string
		kill  func(w *world) *peer
		limit time.Duration
	}{
		{"the root", func(w *world) *peer { return find(w, func(p *peer) bool { return p.isRoot }) }, 300 * ms},
		{"a parent below it", func(w *world) *peer {
			return find(w, func(p *peer) bool { return !p.isRoot && p.tree.fed() > 0 && !p.talking })
		}, 300 * ms},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := room(t, 2, 18, 6)
			speaker := w.peers[5]
			speaker.talking = true
			w.step(speaker, Speaking{true})
			w.run(15 * time.Second)
			w.tree()
			victim := tt.kill(w)
			if victim == nil {
				t.Fatal("nobody to kill")
			}
			victim.dead = true
			at := w.now
			w.run(10 * time.Second)
			for _, p := range w.peers {
				if p.dead || p == speaker {
					continue
				}
				if gap := p.gap(at - 100*ms); gap > tt.limit {
					t.Errorf("%s (killed %s): a gap of %v", p.name, victim.name, gap)
				}
				if p.twice > 0 {
					t.Errorf("%s played %d frames twice", p.name, p.twice)
				}
			}
			w.tree()
		})
	}
}

func find(w *world, is func(*peer) bool) *peer {
	for _, p := range w.peers {
		if !p.dead && is(p) {
			return p
		}
	}
	return nil
}

func TestARelayTakesOverFromADesktop(t *testing.T) {
	w := room(t, 0, 8, 4)
	speaker := w.peers[0]
	speaker.talking = true
	w.run(time.Second)
	relay := w.join("relay", Config{MaxChildren: 8, Community: true})
	at := w.now
	w.run(20 * time.Second)
	if !relay.isRoot {
		t.Error("the relay is not the root")
	}
	for _, p := range w.peers {
		if gap := p.gap(at); gap > 100*ms && p != relay {
			t.Errorf("%s: a gap of %v", p.name, gap)
		}
	}
	w.tree()
}

func TestASplitHealsToOneTree(t *testing.T) {
	w := room(t, 2, 16, 4)
	for i, p := range w.peers {
		p.cut = i % 2
	}
	w.run(30 * time.Second)
	roots := 0
	for _, p := range w.peers {
		if p.isRoot {
			roots++
		}
	}
	if roots != 2 {
		t.Errorf("%d roots while split, want one on each side", roots)
	}
	for _, p := range w.peers {
		p.cut = 0
	}
	w.run(15 * time.Second)
	w.tree()
}

func TestLeavingIsNotHeard(t *testing.T) {
	w := room(t, 2, 16, 4)
	speaker := w.peers[9]
	speaker.talking = true
	w.run(2 * time.Second)
	for range 3 {
		leaver := find(w, func(p *peer) bool { return p != speaker && (p.isRoot || p.tree.fed() > 0) })
		at := w.now
		w.step(leaver, Stop{})
		w.run(5 * time.Second)
		if !leaver.dead {
			t.Fatalf("%s did not stop", leaver.name)
		}
		for _, p := range w.peers {
			if gap := p.gap(at); gap > 100*ms && !p.dead && p != speaker {
				t.Errorf("%s left, %s has a gap of %v", leaver.name, p.name, gap)
			}
		}
	}
	w.tree()
}

// TestAYoungTreeTakesInACrowd has people come while the first root is still being found.
func TestAYoungTreeTakesInACrowd(t *testing.T) {
	for seed := range uint64(100) {
		w := newWorld(t)
		w.seed = seed
		chance := rand.New(rand.NewPCG(seed, 1))
		joined := make(map[*peer]time.Duration)
		for i := range 10 {
			p := w.join(fmt.Sprint("peer", i), Config{MaxChildren: 4, Community: i == 0})
			joined[p] = w.now
			w.run(time.Duration(chance.IntN(60)) * ms)
		}
		for len(joined) > 0 {
			w.run(10 * ms)
			for p, at := range joined {
				took := w.now - at
				if p.place.Attached {
					delete(joined, p)
				} else if took > 2*p.timing.Settle {
					t.Fatalf("seed %d: %s has no place after %v, and the first root needs %v", seed, p.name, took, p.timing.Settle)
				}
			}
		}
	}
}

// TestEitherSideOpensTheLink has a root whose dials fail: who was accepted dials itself, a
// moment later, and comes in all the same.
func TestEitherSideOpensTheLink(t *testing.T) {
	for _, mute := range []bool{false, true} {
		w := newWorld(t)
		root := w.join("root", Config{MaxChildren: 8, Community: true, Dialable: true})
		root.mute = mute
		w.run(2 * time.Second)
		other := w.join("other", Config{})
		var dialled *peer // last
		w.watch = func(p *peer, e Effect) {
			if _, ok := e.(Dial); ok {
				dialled = p
			}
		}
		w.run(3 * time.Second)
		if want := map[bool]*peer{false: root, true: other}[mute]; dialled != want || other.tree.parent != root.id {
			t.Errorf("with a root whose dials fail (%v): the last to dial was %v, the parent is %s", mute, dialled == other, other.tree.parent.Short())
		}
	}
}

// TestAskingHoldsNoPlace has strangers ask for a place again and again, and never open a
// link.
func TestAskingHoldsNoPlace(t *testing.T) {
	w := room(t, 0, 1, 4)
	root := w.peers[0]
	for range 30 {
		for n := range root.maxChildren {
			w.step(root, Received{keyOf(t, 100+n).ID(), &wire.Join{}})
		}
		w.run(900 * ms)
		if root.tree.fed() == 0 {
			return // it has dropped them all
		}
	}
	t.Errorf("%d places are held by those who never came", root.tree.fed())
}
