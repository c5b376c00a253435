package mesh

import (
	"slices"
	"time"

	"github.com/banyan-rooms/banyan/crypto/identity"
	"github.com/banyan-rooms/banyan/mesh/wire"
)

// makeRoom tells whether there is a place for a child. A switch may use what is kept
// for switches; so may a speaker below the root, and somebody for whom another child gives
// way, which keepReserve asks to move. A child that nobody else has a place for yet is let
// go only if all is full: it finds one below the newcomer.
func (t *tree) makeRoom(now time.Duration, j *wire.Join) bool {
	if t.free() > 0 || t.fed() < t.limit() && (j.Switch || j.Speaker && t.isRoot) {
		return true
	}
	at := t.yielding(now, j.Slots, j.Speaker)
	if at < 0 {
		return false
	}
	if t.fed() >= t.limit() {
		t.dismiss(t.children[at].id)
	}
	return true
}

// freeFor is how many places there are for a child like the one that asks.
func (t *tree) freeFor(now time.Duration, p *wire.Probe) int {
	if free := t.free(); free > 0 {
		return free
	}
	if p.Speaker && t.isRoot && t.fed() < t.limit() || t.yielding(now, p.Slots, p.Speaker) >= 0 {
		return 1
	}
	return 0
}

// minRelay is how many children somebody must be able to feed to be worth a move.
const minRelay = 2

// yielding is the child that gives way to a newcomer: to a relay, and below the root to
// a speaker, since relays take the shallow places and leaves the deep ones. -1 means
// that none does.
func (t *tree) yielding(now time.Duration, slots uint32, speaker bool) int {
	relay := slots >= minRelay
	if !t.offers() || !relay && !(speaker && t.isRoot) {
		return -1
	}
	if at := t.movable(now, speaker); at >= 0 && t.fed() < t.limit() {
		return at
	}
	if relay && !slices.ContainsFunc(t.children, func(c child) bool { return !c.backup && c.slots > 0 }) {
		// Leaves alone: the tree ends here unless one goes down.
		if at := t.leastBelow(now, false, -1); at >= 0 {
			return at
		}
		return slices.IndexFunc(t.children, func(c child) bool { return c.hears() && now >= c.moving })
	}
	return -1
}

// movable is the child that is easiest to move: one that feeds nobody, or for a
// speaker the one that feeds fewest; -1 if there is none that another child has a place
// for.
func (t *tree) movable(now time.Duration, forSpeaker bool) int {
	hosts, host := 0, 0
	for i := range t.children {
		if c := &t.children[i]; c.hears() && c.free > 0 {
			hosts, host = hosts+1, i
		}
	}
	switch hosts {
	case 0:
		return -1
	case 1:
		return t.leastBelow(now, forSpeaker, host)
	}
	return t.leastBelow(now, forSpeaker, -1)
}

// leastBelow is the child that can be asked to move and feeds fewest, one of them aside,
// or -1; without relays only those are looked at that can feed nobody.
func (t *tree) leastBelow(now time.Duration, relays bool, aside int) int {
	best := -1
	for i := range t.children {
		c := &t.children[i]
		if i == aside || c.backup || c.speaker || !c.linked() || now < c.moving || c.slots > 0 && !relays {
			continue
		}
		if best < 0 || c.below.count < t.children[best].below.count {
			best = i
		}
	}
	return best
}

// keepReserve asks children to move while places are taken that are kept for those who
// lose their parents.
func (t *tree) keepReserve(now time.Duration) {
	if !t.interior() {
		return
	}
	over, speaks := t.fed()-(t.limit()-t.reserve()), false
	for i := range t.children {
		c := &t.children[i]
		speaks = speaks || c.speaker && !c.backup
		if !c.backup && now < c.moving {
			over--
		}
	}
	for ; over > 0; over-- {
		at := t.movable(now, false)
		if at < 0 && t.isRoot && speaks {
			at = t.movable(now, true)
		}
		if at < 0 {
			return
		}
		c := &t.children[at]
		c.moving = now + t.timing.Linking
		t.send(c.id, &wire.Move{To: t.relays(c.id, wire.MaxPeers)})
	}
}

// keepPromises lets go of those whose backup this peer is and for whom there is no place
// any more, should they need it at the same time: they look for another while they can.
// With two trees it is the other one that protects them meanwhile.
func (t *tree) keepPromises() {
	if t.count > 1 {
		return
	}
	places := t.limit() - t.fed()
	for i, c := range slices.Backward(t.children) {
		same := 0
		if !c.backup || !c.linked() {
			continue
		}
		for j := range t.children[:i+1] {
			if d := &t.children[j]; d.backup && d.parent == c.parent {
				same++
			}
		}
		if same > places {
			t.dismiss(c.id)
		}
	}
}

// retiring is how many children at a time are asked to move by a peer that feeds nobody
// in this tree any more.
const retiring = 4

// above is whom a child had better ask that is to stand no lower than it does: the root,
// who names those with places, the parent, and then others below this peer.
func (t *tree) above(child identity.ID) []identity.ID {
	to := t.relays(child, wire.MaxPeers)
	slices.Reverse(to)
	return to
}

// retire has the children move away from a peer that has come to feed others in the other
// tree: a few at a time, and each is fed until it has moved.
func (t *tree) retire(now time.Duration) {
	if t.leaving || t.interior() || len(t.children) == 0 {
		return
	}
	moving := 0
	for i := len(t.children) - 1; i >= 0; i-- {
		c := &t.children[i]
		switch id := c.id; {
		case c.backup:
			t.dismiss(id)
		case now < c.moving:
			moving++
			t.wake(c.moving)
		case moving < retiring && c.linked():
			moving++
			c.moving = now + t.timing.Linking
			t.wake(c.moving)
			t.send(id, &wire.Move{To: t.above(id)})
		}
	}
}
