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
func (m *Machine) heir(now time.Duration) identity.ID {
	if !m.isRoot {
		return identity.ID{}
	}
	var best *child
	for i := range m.children {
		c := &m.children[i]
		if !c.feeds() || m.suspected(now, c.id) {
			continue
		}
		if best == nil || m.inherits(c, best) < 0 {
			best = c
		}
	}
	if best == nil {
		m.heirID = identity.ID{}
		return m.heirID
	}
	old := m.childAt(m.heirID)
	keep := old >= 0 && m.children[old].feeds() && !m.suspected(now, m.heirID)
	if !keep || m.classOf(best.id) < m.classOf(m.heirID) || best.slots >= 4*m.children[old].slots {
		m.heirID = best.id
	}
	return m.heirID
}

// feeds tells whether a child is fed itself, and could feed others.
func (c *child) feeds() bool { return !c.backup && c.linked && c.slots > 0 }

// inherits orders children for the root's place: community relays, then who can feed
// more (by powers of two), then who has been here longer.
func (m *Machine) inherits(a, b *child) int {
	return cmp.Or(
		cmp.Compare(m.classOf(a.id), m.classOf(b.id)),
		-cmp.Compare(bits.Len32(a.slots), bits.Len32(b.slots)),
		cmp.Compare(a.since, b.since),
		a.id.Compare(b.id),
	)
}

// classOf is the class of a child, as far as its adverts have come.
func (m *Machine) classOf(id identity.ID) int {
	if k := m.find(id); k != nil {
		return class(k.advert)
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
func (m *Machine) planFor(now time.Duration, c *child) identity.ID {
	heir := m.heir(now)
	switch {
	case heir.IsZero() || c.backup:
		return identity.ID{}
	case c.id == heir:
		return heir
	}
	if at := m.childAt(c.plan); at >= 0 && m.shelter(&m.children[at], heir) {
		return c.plan
	}
	c.plan = m.shelterFor(c, heir)
	return c.plan
}

// shelter tells whether a child takes in its siblings under a plan.
func (m *Machine) shelter(c *child, heir identity.ID) bool {
	return c.feeds() && (c.id == heir || c.plan == heir)
}

// shelterFor is the sibling with most places left for a child; for one that feeds
// others or speaks the heir itself, and for the rest the heir only when nobody else has any.
func (m *Machine) shelterFor(c *child, heir identity.ID) identity.ID {
	var best identity.ID
	most := 0
	for i := range m.children {
		s := &m.children[i]
		if s.id == c.id || !m.shelter(s, heir) {
			continue
		}
		left := int(s.free) - m.sheltered(s.id)
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
func (m *Machine) sheltered(id identity.ID) int {
	n := 0
	for i := range m.children {
		if m.children[i].plan == id {
			n++
		}
	}
	return n
}
