package mesh

import "time"

// A root that passes nothing on is worse than any other parent: those who leave it only
// meet each other below it, since nobody may be the root while it lives. So a child that
// has found it out, and could be the root, turns the way between the two around, as a
// community relay does that takes over. The root's heir does so at once; if that was of no
// use, since the heir is of the same kind, the others do.
//
// Whoever does that wrongly, or lies, moves nobody but itself: the old root stands below it
// then with all whom it fed, and goes on feeding them.

// forsake leaves a parent that passes nothing on, or takes its place. It is false where the
// parent is given a moment more.
func (t *tree) forsake(now time.Duration) bool {
	switch since := now - t.blamedAt; {
	case !t.mayOust():
		t.shun(now, t.parent)
		t.orphan(now, false)
	case t.successor == t.id, t.blamedAt != 0 && since >= t.timing.Deaf && since < lately:
		t.shun(now, t.parent)
		t.becomeRoot(now)
	default:
		if t.blamedAt == 0 || since >= lately {
			t.blamedAt = now
		}
		return false
	}
	return true
}

// lately is for how long it counts that a root was found to pass nothing on.
const lately = 3 * time.Second

// mayOust tells whether this peer stands right below the root, and can take its place.
func (t *tree) mayOust() bool {
	return t.place.Attached && t.place.Depth() == 1 && t.offers() && !t.other().isRoot && t.fed() < t.limit()
}
