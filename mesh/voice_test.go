package mesh

import (
	"slices"
	"testing"
	"time"
)

// lecture is a room in which one peer talks all the time, that is right below no root.
func lecture(t *testing.T, trees int) (w *world, speaker *peer) {
	t.Helper()
	w = newWorld(t)
	for i := range 30 {
		w.join(string(rune('A'+i)), Config{MaxChildren: 8, MaxTrees: trees})
		w.run(50 * ms)
	}
	w.run(30 * time.Second)
	speaker = find(w, func(p *peer) bool {
		return !slices.ContainsFunc(p.Machine.trees[:trees], func(t tree) bool { return t.place.Depth() < 2 })
	})
	if speaker == nil || speaker.count != trees {
		t.Fatalf("there are not %d trees, or there is nobody who is not below a root", trees)
	}
	speaker.talking = true
	w.run(5 * time.Second)
	return w, speaker
}

// TestASpeakerFindsOutThatNothingArrives has the only one who talks be below somebody who
// passes nothing on, and leave it.
func TestASpeakerFindsOutThatNothingArrives(t *testing.T) {
	for trees := 1; trees <= 2; trees++ {
		w, speaker := lecture(t, trees)
		tree := trees - 1
		last := &speaker.Machine.trees[tree]
		parent := w.byID[last.parent]
		parent.drops = true
		w.run(8 * time.Second) // it may have been on the move when that began, and have come back
		if last.parent == parent.id || last.parent.IsZero() {
			t.Errorf("%d trees: the speaker is below %s", trees, w.nameOf(last.parent))
		}
		w.tree()
	}
}
