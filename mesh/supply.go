package mesh

import (
	"slices"
	"time"

	"github.com/banyan-rooms/banyan/crypto/identity"
	"github.com/banyan-rooms/banyan/mesh/wire"
)

// The first tree's root decides how many trees the room has, by what those in it offer.
const (
	// twoFrom is how many peers a room has at least that has two trees: with fewer,
	// they are each other's neighbours anyway.
	twoFrom = 4
	// Each tree needs places for all: a quarter more than that to begin with two, and
	// hardly less than that to go on.
	beginTwo = 125 // per cent
	endTwo   = 105
	// suppliedFor is for how long that has to be so before there is another tree, and
	// shortFor before there is one less: somebody better may be about to come.
	suppliedFor = 2 * time.Second
	shortFor    = 10 * time.Second
	// againAfter is how long after the second tree was given up there may be one again.
	againAfter = 90 * time.Second
	// spreadOver is within which time peers begin to look for a new tree, for each
	// thousand of them.
	spreadOver = time.Second
)

// places is what peers offer in each tree.
type places [wire.MaxTrees]uint32

// supply is what this peer and all below it offer, if there were as many trees as there
// can be.
func (t *tree) supply() places {
	var all places
	for i := range t.children {
		if c := &t.children[i]; c.hears() {
			for i, n := range c.below.offers {
				all[i] += n
			}
		}
	}
	if t.willing() {
		at := roleOf(t.room, t.id)
		if r := t.rooted(); r != nil {
			at = r.index
		}
		all[at] += uint32(t.maxChildren - t.reserve())
	}
	return all
}

// chooseTrees lets the first tree's root decide how many trees there are.
func (m *Machine) chooseTrees(now time.Duration) {
	t := &m.trees[0]
	if !t.isRoot || m.leaving || m.maxTrees < wire.MaxTrees {
		return
	}
	all := summary{count: t.peers(), offers: t.supply()}
	want, hold := m.count, suppliedFor
	switch {
	case m.count == 1 && (m.choseAt == 0 || now >= m.choseAt+againAfter) && m.supplied(now, all, beginTwo):
		want = wire.MaxTrees
	case m.count > 1 && !m.supplied(now, all, endTwo):
		want, hold = 1, shortFor
	}
	switch {
	case want == m.count:
		m.chooseAt = 0
	case m.chooseAt == 0:
		m.chooseAt = now + hold
		m.wake(m.chooseAt)
	case now >= m.chooseAt:
		m.chooseAt, m.choseAt = 0, now
		m.setTrees(now, want, false)
		t.place.Trees = uint8(want)
		t.placed = true
		t.renewAt = now
	default:
		m.wake(m.chooseAt)
	}
}

// supplied tells whether each tree would have places for all, with so much to spare. The
// best ranked peer beside the root becomes the root of the second tree, wherever chance
// would have put it.
func (m *Machine) supplied(now time.Duration, all summary, percent uint64) bool {
	offers := all.offers
	at := slices.IndexFunc(m.adverts, func(k known) bool { return now >= k.dead })
	if at >= 0 && m.trees[1].lease.root.IsZero() && roleOf(m.room, m.adverts[at].said.From) == 0 {
		slots := int(min(m.adverts[at].said.Advert.Slots, HardMaxChildren*4))
		n := min(offers[0], uint32(slots-reserveOf(slots)))
		offers[0], offers[1] = offers[0]-n, offers[1]+n
	}
	if all.count < twoFrom {
		return false
	}
	for _, n := range offers {
		if 100*uint64(n) < percent*uint64(all.count) {
			return false
		}
	}
	return true
}

// setTrees takes in how many trees the room has; came says that this peer has just come
// into it.
func (m *Machine) setTrees(now time.Duration, n int, came bool) {
	if n == m.count || m.leaving {
		return
	}
	m.count, m.grown = n, false
	second := &m.trees[1]
	switch {
	case n > 1 && !second.active:
		second.beginSecond(now, came)
	case n == 1:
		second.end()
	}
	m.changed()
}

// heardTrees takes in how many trees there are from those in the first one, for who has long
// been out of it: it would else keep its places for a tree that the room has no longer.
func (t *tree) heardTrees(now time.Duration, p wire.Place) {
	if t.index == 0 && !t.attached() && p.Attached && p.Trees > 0 && now >= t.aloneAt+shortFor {
		t.setTrees(now, int(p.Trees), false)
	}
}

// beginSecond starts looking for a second tree. Who founds it comes first; everyone else
// waits to hear of a root, and looks around all the same if that takes long. Who has just
// come into the room asks its parent in the first tree, which stands in the second as well.
func (t *tree) beginSecond(now time.Duration, came bool) {
	t.begin(now)
	s := &t.seekParent
	switch {
	case t.founds(now):
	case came || now < t.lease.expires:
		s.prefer, s.at = []identity.ID{t.other().parent}, now+t.jittered(t.timing.Retry)
	default:
		s.at = now + t.timing.Takeover + t.jittered(t.timing.Takeover)
	}
}

// turnToJoin is when to ask the root of a tree that was founded just now: those first who
// feed others in it.
func (t *tree) turnToJoin() time.Duration {
	if t.index == 0 {
		return t.jittered(t.timing.Retry)
	}
	wave := max(t.timing.Retry, spreadOver*time.Duration(t.other().size())/1000)
	if t.offers() {
		return t.jittered(wave)
	}
	return wave + t.timing.Settle + t.jittered(2*wave)
}

// end leaves the tree, which the room has no longer.
func (t *tree) end() {
	t.stopSeeking(&t.seekParent)
	t.dropBackup()
	t.endFormer()
	parent := t.parent
	t.setParent(identity.ID{})
	t.isRoot, t.active = false, false
	t.shed()
	if !parent.IsZero() {
		t.quit(parent)
	}
	t.standAt(t.alone())
	t.lease, t.takeoverAt, t.placed = lease{}, 0, false
}
