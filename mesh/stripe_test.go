package mesh

import (
	"slices"
	"testing"
	"time"

	"github.com/banyan-rooms/banyan/mesh/wire"
)

// TestTwoTreesShareNoRelay has a room with places enough: two trees form, and nobody feeds
// others in both.
func TestTwoTreesShareNoRelay(t *testing.T) {
	w := room(t, 2, 30, 8)
	w.tree()
	for _, p := range w.peers {
		if p.count != wire.MaxTrees {
			t.Errorf("%s knows of %d trees", p.name, p.count)
		}
		if p.trees[0].fed() > 0 && p.trees[1].fed() > 0 {
			t.Errorf("%s feeds others in both trees", p.name)
		}
	}
}

// TestFramesTakeTurns follows what a speaker says on the way to two trees.
func TestFramesTakeTurns(t *testing.T) {
	w := room(t, 2, 20, 8)
	speaker := w.peers[5]
	speaker.talking = true
	w.step(speaker, Speaking{true})
	w.run(5 * time.Second)
	for ctr := range uint64(4) {
		if trees, cover := speaker.Way(ctr); trees != wire.Of(int(ctr%2)) || !cover {
			t.Errorf("frame %d travels on %b with cover %v", ctr, trees, cover)
		}
	}
	alone := newWorld(t).join("alone", Config{MaxChildren: 8})
	if trees, cover := alone.Way(7); trees != wire.Of(0) || cover {
		t.Errorf("with one tree a frame travels on %b with cover %v", trees, cover)
	}
}

// TestFramesTravelTwiceInDoubt has the second tree lose many: frames travel on both until word
// of the first one would have come, and then on the first alone, unless that has lost many too.
func TestFramesTravelTwiceInDoubt(t *testing.T) {
	const both, first = wire.Trees(0b11), wire.Trees(0b01)
	w := room(t, 2, 20, 8)
	speaker := w.peers[5]
	w.step(speaker, Speaking{true})
	w.run(5 * time.Second)
	counts := [wire.MaxTrees]uint32{speaker.trees[0].place.Count, speaker.trees[1].place.Count}
	if _, _ = speaker.Way(0); speaker.trees[0].isRoot || speaker.trees[1].isRoot || !speaker.grown {
		t.Fatal("the speaker is a root, or its frames do not take turns")
	}
	ways := func(a, b uint32) (ways []wire.Trees) {
		speaker.trees[0].place.Count, speaker.trees[1].place.Count = a, b
		for ctr := range uint64(doubtful + 2) {
			trees, _ := speaker.Way(2*ctr + 1)
			ways = append(ways, trees)
		}
		return ways
	}
	if got := ways(counts[0], counts[1]/2); slices.Contains(got[:doubtful], first) || got[doubtful] != first || got[doubtful+1] != first {
		t.Errorf("when the second tree has lost half, frames travel on %b", got)
	}
	if got := ways(counts[0]/2, counts[1]/4); slices.Contains(got, first) {
		t.Errorf("when both have lost many, frames travel on %b", got)
	}
	if got := ways(counts[0], counts[1]); slices.Contains(got, first) || slices.Contains(got, both) {
		t.Errorf("when the second tree is whole again, frames travel on %b", got)
	}
}

// TestADeadRelayIsNotHeard kills each of those who feed others, one by one: with the cover
// nobody misses a frame.
func TestADeadRelayIsNotHeard(t *testing.T) {
	for n := range 4 {
		w := room(t, 2, 40, 8)
		speaker := w.peers[9]
		speaker.talking = true
		w.step(speaker, Speaking{true})
		w.run(10 * time.Second)
		feeding := 0
		victim := find(w, func(p *peer) bool {
			if p != speaker && p.Machine.fed() > 0 {
				feeding++
			}
			return feeding == n+1
		})
		victim.dead = true
		from := speaker.ctr
		w.run(5 * time.Second)
		for _, p := range w.peers {
			if p.dead || p == speaker {
				continue
			}
			if missed := p.missed(from, speaker.ctr-25); missed > 0 { // the last are under way
				t.Errorf("%s died, %s misses %d frames", victim.name, p.name, missed)
			}
		}
	}
}
