package mesh

import (
	"slices"
	"time"

	"github.com/banyan-rooms/banyan/crypto/identity"
	"github.com/banyan-rooms/banyan/mesh/wire"
)

// child is a peer that this one feeds, or would feed if its own parent died.
type child struct {
	id      identity.ID
	backup  bool // not fed: only told where this peer stands
	linked  bool
	since   time.Duration // when it was accepted
	slots   uint32        // children that it could feed itself
	speaker bool
	moving  time.Duration // asked to move until then
	below   summary       // what it last reported
	saidAt  time.Duration // the last beacon to it
	sentAt  time.Duration // the last datagram to it
	mediaAt time.Duration // the last media to it, or from it
}

func (m *Machine) childAt(id identity.ID) int {
	return slices.IndexFunc(m.children, func(c child) bool { return c.id == id })
}

// fed is how many children take part in this peer's fan-out.
func (m *Machine) fed() int {
	n := 0
	for i := range m.children {
		if !m.children[i].backup {
			n++
		}
	}
	return n
}

// reserve is how many places are kept for backups that have to switch.
func (m *Machine) reserve() int {
	if m.maxChildren < 3 {
		return 0
	}
	return max(1, m.maxChildren/8)
}

// free is how many more children this peer takes in the ordinary way.
func (m *Machine) free() int {
	if !m.offers() {
		return 0
	}
	return max(0, m.maxChildren-m.reserve()-m.fed())
}

// spare is how many more peers may have this one as their backup: as many as it may
// have children, since not all of them will lose their parents at once.
func (m *Machine) spare() int {
	if !m.offers() {
		return 0
	}
	return max(0, m.maxChildren-(len(m.children)-m.fed()))
}

// standAt takes a place in the tree.
func (m *Machine) standAt(p wire.Place) {
	same := p.Epoch == m.place.Epoch && p.Attached == m.place.Attached && slices.Equal(p.Path, m.place.Path)
	m.place, m.epoch = p, p.Epoch
	m.refreshNeighbors()
	if !same {
		m.placed = true // those below hear of it at once
		m.changed()
	}
}

// below takes the place below a parent's. It leaves the parent if that would be a
// loop, or too deep.
func (m *Machine) below(now time.Duration, parent wire.Place) {
	if slices.Contains(parent.Path, m.id) || len(parent.Path) >= wire.MaxPath {
		m.orphan(now, false)
		return
	}
	p := wire.Place{Epoch: parent.Epoch, Attached: parent.Attached}
	p.Path = append(slices.Clone(parent.Path), m.id)
	m.lastEpoch = max(m.lastEpoch, p.Epoch)
	m.standAt(p)
}

// refreshNeighbors works out whom frames go to: the parent, and the children that are
// fed.
func (m *Machine) refreshNeighbors() {
	m.neighbors = m.neighbors[:0]
	if !m.parent.IsZero() && m.links[m.parent] {
		m.neighbors = append(m.neighbors, m.parent)
	}
	for i := range m.children {
		if c := &m.children[i]; !c.backup && c.linked {
			m.neighbors = append(m.neighbors, c.id)
		}
	}
	slices.SortFunc(m.neighbors, identity.ID.Compare)
}

// adopt makes a peer whose link is open a child.
func (m *Machine) adopt(now time.Duration, id identity.ID) *child {
	at, known := slices.BinarySearchFunc(m.children, id, func(c child, id identity.ID) int { return c.id.Compare(id) })
	if !known {
		m.children = slices.Insert(m.children, at, child{id: id, since: now})
	}
	c := &m.children[at]
	c.linked, c.backup = m.links[id], false
	m.refreshNeighbors()
	m.changed()
	return c
}

// asked answers a peer that wants to be fed.
func (m *Machine) asked(now time.Duration, from identity.ID, j *wire.Join) {
	at := m.childAt(from)
	replacing := at >= 0 && !m.children[at].backup
	switch {
	case !m.offers(), !m.place.Attached, from == m.parent, slices.Contains(m.place.Path, from), len(m.place.Path) >= wire.MaxPath:
		m.redirect(from, j)
		return
	case j.Backup && at < 0 && m.spare() == 0:
		m.redirect(from, j)
		return
	case !j.Backup && !replacing && !m.makeRoom(now, j):
		m.redirect(from, j)
		return
	}
	if at < 0 {
		at, _ = slices.BinarySearchFunc(m.children, from, func(c child, id identity.ID) int { return c.id.Compare(id) })
		m.children = slices.Insert(m.children, at, child{id: from})
	}
	c := &m.children[at]
	c.since, c.backup, c.slots, c.speaker, c.linked = now, j.Backup, j.Slots, j.Speaker, m.links[from]
	m.refreshNeighbors()
	m.send(from, &wire.Accept{Backup: j.Backup, Place: m.place, Seen: m.route.seen()})
	m.wake(now + m.timing.Linking)
	if !j.Backup {
		m.queueReplay(now, from, j.Seen)
		m.changed()
	}
}

// makeRoom tells whether there is a place for a child. A switch may use what is kept
// for switches. For a speaker at the root, a listener is asked to move, and the speaker
// finds the place when it asks again.
func (m *Machine) makeRoom(now time.Duration, j *wire.Join) bool {
	if j.Switch && m.fed() < m.maxChildren || m.free() > 0 {
		return true
	}
	if m.isRoot && j.Speaker {
		m.moveListener(now)
	}
	return false
}

// moveListener asks the child that is easiest to move to find another parent.
func (m *Machine) moveListener(now time.Duration) {
	best := -1
	for i := range m.children {
		c := &m.children[i]
		if c.backup || c.speaker {
			continue
		}
		if now < c.moving {
			return // one at a time
		}
		if best < 0 || c.below.count < m.children[best].below.count {
			best = i
		}
	}
	if best < 0 {
		return
	}
	c := &m.children[best]
	c.moving = now + m.timing.Linking
	m.send(c.id, &wire.Move{To: m.relays(c.id)})
}

// redirect says no, and who may say yes: children with places of their own, those with
// the fewest below them first, then the root.
func (m *Machine) redirect(to identity.ID, j *wire.Join) {
	m.send(to, &wire.Redirect{Backup: j.Backup, To: m.relays(to)})
}

// relays are children that may have places, for a peer that is not one of them.
func (m *Machine) relays(except identity.ID) []identity.ID {
	var some []*child
	for i := range m.children {
		if c := &m.children[i]; c.slots > 0 && c.linked && !c.backup && c.id != except {
			some = append(some, c)
		}
	}
	slices.SortStableFunc(some, func(a, b *child) int { return int(a.below.count) - int(b.below.count) })
	ids := make([]identity.ID, 0, wire.MaxPeers)
	for _, c := range some[:min(len(some), wire.MaxPeers-1)] {
		ids = append(ids, c.id)
	}
	if root := m.place.Root(); root != m.id && root != except && !root.IsZero() {
		ids = append(ids, root)
	}
	return ids
}

// dropChild ends a child's relation.
func (m *Machine) dropChild(id identity.ID) {
	if at := m.childAt(id); at >= 0 {
		m.children = slices.Delete(m.children, at, at+1)
		m.refreshNeighbors()
		m.changed()
	}
}

// watchChildren drops those whose link never opened.
func (m *Machine) watchChildren(now time.Duration) {
	for i := len(m.children) - 1; i >= 0; i-- {
		c := &m.children[i]
		if !c.linked && now >= c.since+m.timing.Linking {
			m.dropChild(c.id)
		} else if !c.linked {
			m.wake(c.since + m.timing.Linking)
		}
	}
}

// probed tells a peer where this one stands.
func (m *Machine) probed(now time.Duration, from identity.ID, p *wire.Probe) {
	if now-m.probesAt >= time.Second {
		m.probes, m.probesAt = 0, now
	}
	if m.probes++; m.probes > maxProbes {
		return
	}
	m.send(from, &wire.Offer{Nonce: p.Nonce, Place: m.place, Free: uint32(m.free()), Spare: uint32(m.spare())})
}

// leftBy ends whatever relation there was with a peer.
func (m *Machine) leftBy(now time.Duration, from identity.ID) {
	m.dropChild(from)
	if from == m.backup {
		m.backup = identity.ID{}
	}
	if from == m.former {
		m.former = identity.ID{}
	}
	if from == m.parent {
		m.orphan(now, false)
		return
	}
	m.hangUp(from)
}

// hangUp closes a link that nothing needs any more.
func (m *Machine) hangUp(id identity.ID) {
	if m.links[id] && id != m.parent && id != m.former && id != m.backup && m.childAt(id) < 0 && m.seekParent.target != id && m.seekBackup.target != id {
		delete(m.links, id)
		m.emit(HangUp{id})
	}
}

// linkUp takes note of an open link.
func (m *Machine) linkUp(now time.Duration, id identity.ID) {
	m.links[id] = true
	if at := m.childAt(id); at >= 0 {
		m.children[at].linked = true
		m.refreshNeighbors()
		m.changed()
	}
	m.linkedTo(now, id, &m.seekParent)
	m.linkedTo(now, id, &m.seekBackup)
	m.hangUp(id) // unless somebody still wants it
}

// linkDown takes note of a broken link.
func (m *Machine) linkDown(now time.Duration, id identity.ID) {
	delete(m.links, id)
	if id == m.former {
		m.former = identity.ID{}
	}
	m.suspect(now, id)
	m.dropChild(id)
	m.failed(now, id)
}

// suspect keeps a peer whose link broke from being elected for a while.
func (m *Machine) suspect(now time.Duration, id identity.ID) {
	if k := m.find(id); k != nil {
		k.dead = now + m.timing.LeaseTTL
	}
	if m.lease.root == id {
		m.lease.expires = now
	}
}

// failed takes note that a peer cannot be reached, or is gone.
func (m *Machine) failed(now time.Duration, id identity.ID) {
	m.seekFailed(now, id, &m.seekParent)
	m.seekFailed(now, id, &m.seekBackup)
	if m.links[id] {
		return // only a message was lost; the link will tell
	}
	if id == m.backup {
		m.backup = identity.ID{}
	}
	if id == m.parent {
		m.orphan(now, true)
	}
}
