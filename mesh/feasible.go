package mesh

import (
	"slices"
	"time"

	"github.com/banyan-rooms/banyan/crypto/identity"
	"github.com/banyan-rooms/banyan/mesh/wire"
)

// least is the shallowest place that this peer has told those below it, by the newest
// word of its root that has reached it.
//
// It is what keeps loops from arising, even where paths are out of date (the feasibility
// condition of Babel, RFC 8966, section 3.5.1, with depth for the metric and the root's
// [wire.Place.Seq] for the sequence number). Somebody below this peer has its word of the
// root through it: so that word is not newer, or the place is deeper. Who has newer word,
// or the same from a shallower place than this peer ever had with it, is not below.
type least struct {
	root  identity.ID
	epoch uint32
	seq   uint32
	depth int
}

// followed tells whether anybody is fed by this peer, or was told that it will be.
func (m *Machine) followed() bool { return m.fed() > 0 }

// feasible tells whether a peer at a place is not below this one for sure. Nobody is below
// a peer that feeds nobody; and a tree of another root is another tree.
func (m *Machine) feasible(p wire.Place) bool {
	l := m.least
	switch {
	case !m.followed() || l.root != p.Root():
		return true
	case l.epoch != p.Epoch:
		return p.Epoch > l.epoch
	case l.seq != p.Seq:
		return p.Seq > l.seq
	default:
		return len(p.Path)-1 < l.depth
	}
}

// stoodAt takes note of a place that those below are told.
func (m *Machine) stoodAt(p wire.Place) {
	if !p.Attached {
		return // nobody comes to stand below an orphan
	}
	now := least{p.Root(), p.Epoch, p.Seq, len(p.Path) - 1}
	if l := m.least; m.followed() && l.root == now.root && l.epoch == now.epoch && l.seq == now.seq {
		now.depth = min(now.depth, l.depth)
	}
	m.least = now
}

// outdated tells whether a parent's place is older than one that it has told before: a
// beacon that was overtaken.
func (m *Machine) outdated(p wire.Place) bool {
	return p.Root() == m.place.Root() && p.Epoch == m.place.Epoch && p.Seq < m.parentSeq
}

// seqOf is the newest word of the root that this peer takes over from a parent. While it
// looks for another parent it does not go along: who has newer word then, wherever that
// one stands, has it by another way and will do.
func (m *Machine) seqOf(parent wire.Place) uint32 {
	same := parent.Root() == m.least.root && parent.Epoch == m.least.epoch
	if same && m.followed() && m.seekParent.phase != content {
		return min(parent.Seq, m.least.seq)
	}
	return parent.Seq
}

// renew is a root's word that it is still there, which goes down the tree from each to the
// next without a pause.
func (m *Machine) renew(now time.Duration) {
	if !m.isRoot {
		return
	}
	if now >= m.renewAt {
		m.renewedAt, m.renewAt = now, now+m.timing.Refresh
		m.place.Seq++
		m.place.Frames = m.route.fresh
		m.stoodAt(m.place)
		m.placed = true
	}
	m.wake(m.renewAt)
}

// renewFor passes the wish for newer word of the root on towards the root, which gives it
// soon. Those who ask at the same time are helped by the same answer.
func (m *Machine) renewFor(now time.Duration, r *wire.Renew) {
	switch {
	case r.Epoch != m.place.Epoch || m.place.Seq > r.Seq: // it comes by itself
	case m.isRoot:
		m.renewAt = min(m.renewAt, max(now, m.renewedAt+m.timing.Renew))
	case !m.parent.IsZero() && (m.renewedAt == 0 || now >= m.renewedAt+m.timing.Renew):
		m.renewedAt = now
		m.send(m.parent, r)
	}
}

// askNewer asks a peer, who would do for a parent but may be below this one for all that
// is known, for newer word of the root.
func (m *Machine) askNewer(id identity.ID, p wire.Place) {
	if l := m.least; p.Attached && p.Root() == l.root && p.Epoch == l.epoch && p.Seq <= l.seq && !slices.Contains(p.Path, m.id) {
		m.send(id, &wire.Renew{Epoch: l.epoch, Seq: l.seq})
	}
}

// shed lets go whom this peer feeds, or says that it does, being an orphan.
func (m *Machine) shed() {
	for _, c := range slices.Clone(m.children) {
		if !c.backup {
			m.send(c.id, &wire.Leave{})
			m.dropChild(c.id)
			m.hangUp(c.id)
		}
	}
}
