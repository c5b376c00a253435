package mesh

import (
	"testing"
	"time"
)

// rootOf is the root of a tree.
func (w *world) rootOf(tree int) *peer {
	return find(w, func(p *peer) bool { return p.IsRoot(tree) })
}

// foundOut is how long somebody may have a parent that passes nothing on until it has found
// out, also if it moves there when all others know.
const foundOut = 3 * time.Second

// TestARootThatPassesNothingOn has a root keep its place and pass no sound on. Somebody
// else is the root soon, and nobody stays below the old one for long.
func TestARootThatPassesNothingOn(t *testing.T) {
	for _, tt := range []struct {
		name        string
		trees, tree int
	}{{"the only tree", 1, 0}, {"the first of two", 2, 0}, {"the second", 2, 1}} {
		t.Run(tt.name, func(t *testing.T) {
			w, speaker := lecture(t, tt.trees)
			root := w.rootOf(tt.tree)
			root.drops = true
			from := speaker.ctr
			w.run(5 * time.Second)
			late := speaker.ctr
			since := map[*peer]time.Duration{}
			for range 100 {
				w.run(100 * ms)
				for _, p := range w.peers {
					if p.Parent(tt.tree) != root.id {
						delete(since, p)
					} else if from, below := since[p]; !below {
						since[p] = w.now
					} else if w.now > from+foundOut {
						t.Fatalf("%s has been below %s for %v", p.name, root.name, w.now-from)
					}
				}
			}
			if root.IsRoot(tt.tree) {
				t.Errorf("%s is the root still", root.name)
			}
			if tt.trees == 1 {
				from = late // without another tree some is missed
			}
			for _, p := range w.peers {
				if missed := p.missed(from, speaker.ctr-25); p != speaker && missed > 0 {
					t.Errorf("%s misses %d frames", p.name, missed)
				}
			}
			w.tree()
		})
	}
}

// TestAWrongVerdictLosesNothing has a child take the place of a root that has done no
// wrong: the old root stands below it, and nobody lacks a frame, in any tree.
func TestAWrongVerdictLosesNothing(t *testing.T) {
	for tree := range 2 {
		w, speaker := lecture(t, 2)
		root := w.rootOf(tree)
		child := find(w, func(p *peer) bool { return p.Parent(tree) == root.id && p.Machine.trees[tree].mayOust() })
		from := speaker.ctr
		child.Machine.trees[tree].successor = child.id
		child.Machine.trees[tree].forsake(w.now)
		w.step(child, nil)
		w.run(100 * ms)
		if !child.IsRoot(tree) || root.Parent(tree) != child.id {
			t.Errorf("tree %d: %s is below %s, want %s", tree, root.name, w.nameOf(root.Parent(tree)), child.name)
		}
		w.run(5 * time.Second)
		w.tree()
		for _, p := range w.peers {
			for _, frames := range p.played {
				for ctr := from; ctr < speaker.ctr-25; ctr++ {
					if _, came := frames[1<<60+ctr]; !came {
						t.Errorf("tree %d: %s lacks frame %d", tree, p.name, ctr-from)
					}
				}
			}
		}
	}
}
