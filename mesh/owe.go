package mesh

import (
	"time"

	"github.com/banyan-rooms/banyan/mesh/wire"
)

// A tree that brings nothing although the other shows that it should is one whose parent
// passes nothing on. had is how many frames came by the tree, owed how many should have:
// one for each frame of a speaker, that came by the other, whose trees take turns; and one
// for each that travels on both.

// expect takes note of a new frame: the next of the same speaker comes by the other tree,
// and one that travels on both comes by either. A speaker that uses one tree alone has none
// expected of the other.
func (m *Machine) expect(now time.Duration, f wire.Frame) {
	switch f.Trees {
	case wire.Of(treeOf(f.CTR)):
		m.trees[treeOf(f.CTR+1)].owe(now)
	case wire.Of(treeOf(f.CTR + 1)):
		m.trees[treeOf(f.CTR)].owed--
	case wire.Of(0) | wire.Of(1):
		m.trees[0].owe(now)
		m.trees[1].owe(now)
	}
}

// owe takes note of a frame that is to come by the tree. Its time begins with the first one:
// when somebody begins to talk, one way may be much longer than the other.
func (t *tree) owe(now time.Duration) {
	if t.owed == 0 {
		t.countedAt = now
	}
	t.owed++
	t.hastened = t.hastened || t.foodDeadline() != never
}

const (
	// owing is how long frames are counted before a tree is judged.
	owing = 600 * time.Millisecond
	// enough is how many frames must have been owed to judge: half of one voice's.
	enough = 8
)

// owes tells whether far less came by this tree than the other shows was there: for so
// many times in a row that those above, whom it concerns too, had time to find it out.
func (t *tree) owes(now time.Duration) bool {
	if now < t.countedAt+owing || t.askedAt != 0 {
		return false
	}
	had, owed, since := t.had, t.owed, t.countedAt
	t.countAnew(now)
	if owed < enough || 2*had >= owed || t.upAt >= since || t.feedsUp(now) {
		t.hungry = 0
		return false
	}
	t.hungry++
	return t.hungry >= max(1, t.place.Depth()-1)
}

// foodDeadline is when it is time to judge a parent of whom far less has come by now.
func (t *tree) foodDeadline() time.Duration {
	if t.count == 1 || t.parent.IsZero() || t.askedAt != 0 || t.owed < enough || 2*t.had >= t.owed {
		return never
	}
	return t.countedAt + owing
}

// countAnew begins to count frames.
func (t *tree) countAnew(now time.Duration) { t.had, t.owed, t.countedAt = 0, 0, now }

// watchFood leaves a parent that passes far less on than the other tree brings.
func (t *tree) watchFood(now time.Duration) {
	if t.count > 1 && t.owes(now) && !t.parent.IsZero() {
		t.forsake(now)
	}
}
