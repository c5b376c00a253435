package mesh

import (
	"time"

	"github.com/banyan-rooms/banyan/crypto/identity"
	"github.com/banyan-rooms/banyan/mesh/wire"
)

// gains tells whether an offer is worth a move for somebody who has a parent: sound would
// come that way in much less time, the parent wants this peer to go, or, for one who feeds
// others, it is nearer to the root.
func (t *tree) gains(o offer) bool {
	switch {
	case o.from == t.parent || o.free == 0:
		return false
	case t.seekParent.sent, t.slots() > 0 && len(o.place.Path) < t.place.Depth():
		return true
	}
	has, gets := costOf(t.place.Delay, t.place.Depth()), o.cost()
	return gets+max(has/5, worthwhile) < has
}

// maxLooks is how often the pause between two looks for a better place is doubled at most,
// while nothing comes of them.
const maxLooks = 3

// deep is how far below a root somebody is who had better look for another place soon.
const deep = 3

// moved looks for another parent because the parent asks for it, and keeps the parent
// until it has one.
func (t *tree) moved(now time.Duration, from identity.ID, mv *wire.Move) {
	if from == t.parent && t.seekParent.phase == content {
		t.startSeeking(now, &t.seekParent, mv.To)
		t.seekParent.sent = true
	}
}

// promising tells whether there may be a better place: a free one, as the root has heard; for
// somebody who has a right to another's, that one's; and for a while somebody nearer than a
// parent that is far away.
func (t *tree) promising() bool {
	first := int(t.place.Open)
	return t.speaking || t.slots() >= minRelay || first > 0 && first < t.place.Depth() || t.far() && t.looks <= maxLooks
}

// improve looks for a better place now and then, and at once for somebody who begins
// to speak, whose place is below the root.
func (t *tree) improve(now time.Duration) {
	if now < t.improveAt {
		return
	}
	pause := t.timing.Improve << min(t.looks, maxLooks)
	switch {
	case t.speaking:
		pause = 4 * t.timing.Retry
	case len(t.place.Path) > deep+1:
		pause = 4 * t.timing.Retry << min(t.looks, maxLooks)
	}
	t.improveAt = now + pause + t.jittered(pause)
	if t.isRoot || t.parent.IsZero() || t.seekParent.phase != content || len(t.place.Path) <= 2 {
		return
	}
	if !t.promising() {
		return
	}
	t.looks++
	t.startSeeking(now, &t.seekParent, []identity.ID{t.root}) // who names those with places below it
}
