package mesh

import (
	"cmp"
	"math/bits"
	"time"

	"github.com/banyan-rooms/banyan/crypto/identity"
)

// heir is the child that takes over when this peer, a root, dies. It stays the heir as
// long as it can be, since its siblings hold a link with it; only a community relay
// takes the place of somebody who is none, and who can feed four times as many.
func (t *tree) heir(now time.Duration) identity.ID {
	if !t.isRoot {
		return identity.ID{}
	}
	var best *child
	for i := range t.children {
		c := &t.children[i]
		if !c.feeds() || t.suspected(now, c.id) || t.shuns(now, c.id) {
			continue
		}
		if best == nil || t.inherits(c, best) < 0 {
			best = c
		}
	}
	if best == nil {
		t.heirID = identity.ID{}
		return t.heirID
	}
	old := t.childAt(t.heirID)
	keep := old >= 0 && t.children[old].feeds() && !t.suspected(now, t.heirID) && !t.shuns(now, t.heirID)
	if !keep || t.classOf(best.id) < t.classOf(t.heirID) || best.slots >= 4*t.children[old].slots {
		t.heirID = best.id
	}
	return t.heirID
}

// feeds tells whether a child is fed itself, and could feed others.
func (c *child) feeds() bool { return c.hears() && c.slots > 0 }

// inherits orders children for the root's place: community relays, then who can feed
// more (by powers of two), then who has been here longer.
func (t *tree) inherits(a, b *child) int {
	return cmp.Or(
		cmp.Compare(t.classOf(a.id), t.classOf(b.id)),
		-cmp.Compare(bits.Len32(a.slots), bits.Len32(b.slots)),
		cmp.Compare(a.since, b.since),
		a.id.Compare(b.id),
	)
}

// classOf is the class of a child, as far as its adverts have come.
func (m *Machine) classOf(id identity.ID) int {
	if k := m.find(id); k != nil {
		return class(k.said.Advert)
	}
	return class(Advert{})
}

// suspected tells whether a peer's link broke lately.
func (m *Machine) suspected(now time.Duration, id identity.ID) bool {
	k := m.find(id)
	return k != nil && now < k.dead
}

// planFor is whom a child turns to when this peer, a root, dies: the heir to itself,
// children that feed others or speak to the heir, and the rest to those, as far as they
// have places. So the children need not look around all at once, and never wait for each
// other. The plan is kept as long as it holds.
func (t *tree) planFor(now time.Duration, c *child) identity.ID {
	heir := t.heir(now)
	switch {
	case heir.IsZero() || c.backup:
		return identity.ID{}
	case c.id == heir:
		return heir
	}
	if at := t.childAt(c.plan); at >= 0 && t.shelter(&t.children[at], heir) {
		return c.plan
	}
	c.plan = t.shelterFor(c, heir)
	return c.plan
}

// shelter tells whether a child takes in its siblings under a plan.
func (t *tree) shelter(c *child, heir identity.ID) bool {
	return c.feeds() && (c.id == heir || c.plan == heir)
}

// shelterFor is the sibling with most places left for a child; for one that feeds
// others or speaks the heir itself, and for the rest the heir only when nobody else has any.
func (t *tree) shelterFor(c *child, heir identity.ID) identity.ID {
	var best identity.ID
	most := 0
	for i := range t.children {
		s := &t.children[i]
		if s.id == c.id || !t.shelter(s, heir) {
			continue
		}
		left := int(s.free) - t.sheltered(s.id)
		if s.id == heir && !c.speaker {
			left -= int(s.slots) / 6 // kept for the stage
		}
		if left <= 0 {
			continue
		}
		switch {
		case s.id == heir && (c.slots > 0 || c.speaker):
			return heir
		case s.id == heir:
			left = 1
		}
		if left > most || left == most && best == heir {
			best, most = s.id, left
		}
	}
	return best
}

// sheltered is how many children's plan a child is.
func (t *tree) sheltered(id identity.ID) int {
	n := 0
	for i := range t.children {
		if t.children[i].plan == id {
			n++
		}
	}
	return n
}
