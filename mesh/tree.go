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
	free    uint32        // how many more, as it last reported
	speaker bool
	moving  time.Duration // asked to move until then
	seen    []wire.Seen   // what it had when it asked, until its link opens
	plan    identity.ID   // whom it turns to if this peer, a root, dies
	below   summary       // what it last reported
	toldAt  time.Duration // when it was last told about the whole tree
	saidAt  time.Duration // the last beacon to it
	sentAt  time.Duration // the last datagram to it
	mediaAt time.Duration // the last media to it, or from it

	reportedAt time.Duration // the last report from it; before the first one, when it came
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

// spare is how many more peers may have this one as their backup: twice as many as
// could switch to it now, since not all of them will lose their parents at once.
func (m *Machine) spare() int {
	if !m.offers() {
		return 0
	}
	fed := m.fed()
	return max(0, min(2*(m.maxChildren-fed), m.maxChildren)-(len(m.children)-fed))
}

// standAt takes a place in the tree.
func (m *Machine) standAt(p wire.Place) {
	same := p.Epoch == m.place.Epoch && p.Attached == m.place.Attached && slices.Equal(p.Path, m.place.Path)
	m.placed = m.placed || !same || p.Seq != m.place.Seq // those below hear of it at once
	m.place, m.epoch = p, p.Epoch
	m.stoodAt(p)
	m.refreshNeighbors()
	if !same {
		m.changed()
	}
}

// below takes the place below a parent's. It leaves the parent if that could be a
// loop, or is too deep.
func (m *Machine) below(now time.Duration, parent wire.Place) {
	if slices.Contains(parent.Path, m.id) || len(parent.Path) >= wire.MaxPath || parent.Attached && !m.feasible(parent) {
		m.orphan(now, false)
		return
	}
	m.parentSeq = parent.Seq
	p := wire.Place{Epoch: parent.Epoch, Attached: parent.Attached, Seq: m.seqOf(parent), Frames: parent.Frames}
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
func (m *Machine) adopt(now time.Duration, id identity.ID) {
	at, known := slices.BinarySearchFunc(m.children, id, func(c child, id identity.ID) int { return c.id.Compare(id) })
	if !known {
		m.children = slices.Insert(m.children, at, child{id: id, since: now})
	}
	c := &m.children[at]
	c.linked, c.backup, c.reportedAt = m.links[id], false, now
	m.refreshNeighbors()
	m.changed()
}

// asked answers a peer that wants to be fed.
func (m *Machine) asked(now time.Duration, from identity.ID, j *wire.Join) {
	at := m.childAt(from)
	replacing := at >= 0 && !m.children[at].backup
	switch {
	case !m.offers(), !m.place.Attached, from == m.parent, slices.Contains(m.place.Path, from), len(m.place.Path) >= wire.MaxPath:
		m.redirect(from, j)
		return
	case j.Backup && (replacing || at < 0 && m.spare() == 0):
		m.redirect(from, j)
		return
	case !j.Backup && !replacing && !m.makeRoom(now, j):
		m.redirect(from, j)
		return
	}
	at, known := slices.BinarySearchFunc(m.children, from, func(c child, id identity.ID) int { return c.id.Compare(id) })
	if !known {
		m.children = slices.Insert(m.children, at, child{id: from, since: now})
	}
	c := &m.children[at]
	c.reportedAt = now
	if c.linked = m.links[from]; c.linked {
		c.since = now // else asking again gives no more time to open a link
	}
	c.backup, c.slots, c.free, c.speaker = j.Backup, j.Slots, j.Slots, j.Speaker
	m.refreshNeighbors()
	m.send(from, &wire.Accept{Backup: j.Backup, Place: m.place, Seen: m.route.seen()})
	m.wake(c.since + m.timing.Linking)
	if j.Backup {
		return
	}
	m.changed()
	if c.linked {
		m.queueReplay(now, from, j.Seen)
	} else {
		c.seen = j.Seen // when the link opens, it lacks what came until then, too
	}
}

// makeRoom tells whether there is a place for a child. A switch may use what is kept
// for switches; so may somebody for whom another child gives way, which keepReserve
// asks to move. A child that nobody else has a place for yet is let go only if all is
// full: it finds one below the newcomer.
func (m *Machine) makeRoom(now time.Duration, j *wire.Join) bool {
	if j.Switch && m.fed() < m.maxChildren || m.free() > 0 {
		return true
	}
	at := m.yielding(now, j.Slots, j.Speaker)
	if at < 0 {
		return false
	}
	if m.fed() == m.maxChildren {
		id := m.children[at].id
		m.send(id, &wire.Leave{})
		m.dropChild(id)
		m.hangUp(id)
	}
	return true
}

// freeFor is how many places there are for a child like the one that asks.
func (m *Machine) freeFor(now time.Duration, p *wire.Probe) int {
	if free := m.free(); free > 0 {
		return free
	}
	if m.yielding(now, p.Slots, p.Speaker) >= 0 {
		return 1
	}
	return 0
}

// minRelay is how many children somebody must be able to feed to be worth a move.
const minRelay = 2

// yielding is the child that gives way to a newcomer: to a relay, and below the root to
// a speaker, since relays take the shallow places and leaves the deep ones. -1 means
// that none does.
func (m *Machine) yielding(now time.Duration, slots uint32, speaker bool) int {
	relay := slots >= minRelay
	if !m.offers() || !relay && !(speaker && m.isRoot) {
		return -1
	}
	if at := m.movable(now, speaker); at >= 0 && m.fed() < m.maxChildren {
		return at
	}
	if relay && !slices.ContainsFunc(m.children, func(c child) bool { return !c.backup && c.slots > 0 }) {
		return m.leastBelow(now, false) // leaves alone: the tree ends here unless one goes down
	}
	return -1
}

// movable is the child that is easiest to move: one that feeds nobody, or for a
// speaker the one that feeds fewest; -1 if there is none, or no place to send it to.
func (m *Machine) movable(now time.Duration, forSpeaker bool) int {
	best := m.leastBelow(now, forSpeaker)
	if best >= 0 && !slices.ContainsFunc(m.children, func(c child) bool {
		return c.id != m.children[best].id && c.free > 0 && c.linked && !c.backup
	}) {
		return -1
	}
	return best
}

// leastBelow is the child that can be asked to move and feeds fewest, or -1; without
// relays only those are looked at that can feed nobody.
func (m *Machine) leastBelow(now time.Duration, relays bool) int {
	best := -1
	for i := range m.children {
		c := &m.children[i]
		if c.backup || c.speaker || !c.linked || now < c.moving || c.slots > 0 && !relays {
			continue
		}
		if best < 0 || c.below.count < m.children[best].below.count {
			best = i
		}
	}
	return best
}

// keepReserve asks children to move while places are taken that are kept for those who
// lose their parents.
func (m *Machine) keepReserve(now time.Duration) {
	over, speaks := m.fed()-(m.maxChildren-m.reserve()), false
	for i := range m.children {
		c := &m.children[i]
		speaks = speaks || c.speaker && !c.backup
		if !c.backup && now < c.moving {
			over--
		}
	}
	for ; over > 0; over-- {
		at := m.movable(now, false)
		if at < 0 && m.isRoot && speaks {
			at = m.movable(now, true)
		}
		if at < 0 {
			return
		}
		c := &m.children[at]
		c.moving = now + m.timing.Linking
		m.send(c.id, &wire.Move{To: m.relays(c.id)})
	}
}

// redirect says no, and who may say yes.
func (m *Machine) redirect(to identity.ID, j *wire.Join) {
	m.send(to, &wire.Redirect{Backup: j.Backup, To: m.relays(to)})
}

// relays are some children that have places for somebody who is not one of them, or
// whose children may have; and the root.
func (m *Machine) relays(except identity.ID) []identity.ID {
	var some, full []identity.ID
	for i := range m.children {
		switch c := &m.children[i]; {
		case c.slots == 0 || !c.linked || c.backup || c.id == except:
		case c.free > 0:
			some = append(some, c.id)
		default:
			full = append(full, c.id)
		}
	}
	m.shuffle(some)
	m.shuffle(full)
	some = append(some, full...)
	some = some[:min(len(some), wire.MaxPeers-1)]
	root := m.place.Root()
	if !m.attached() {
		root = m.lease.root // as far as this peer has heard
	}
	if root != m.id && root != except && !root.IsZero() {
		some = append(some, root)
	}
	return some
}

// shuffle keeps a crowd from going the same way.
func (m *Machine) shuffle(ids []identity.ID) {
	m.rand.Shuffle(len(ids), func(i, j int) { ids[i], ids[j] = ids[j], ids[i] })
}

// dropChild ends a child's relation.
func (m *Machine) dropChild(id identity.ID) {
	if at := m.childAt(id); at >= 0 {
		m.children = slices.Delete(m.children, at, at+1)
		m.refreshNeighbors()
		m.changed()
	}
}

// watchChildren drops those whose link never opened, and those who have not reported for
// long: they are fed by somebody else, and their word about it was lost.
func (m *Machine) watchChildren(now time.Duration) {
	for i := len(m.children) - 1; i >= 0; i-- {
		c := &m.children[i]
		until := never
		switch {
		case !c.linked:
			until = c.since + m.timing.Linking
		case !c.backup:
			until = c.reportedAt + 3*m.timing.ReportAll
		}
		if now < until {
			m.wake(until)
			continue
		}
		id := c.id
		m.send(id, &wire.Leave{})
		m.dropChild(id)
		m.hangUp(id)
	}
}

// probed tells a peer where this one stands.
func (m *Machine) probed(now time.Duration, from identity.ID, p *wire.Probe) {
	if now-m.probesAt >= time.Second {
		m.probes, m.probesAt = 0, now
	}
	if m.probes++; m.probes > maxProbes && m.childAt(from) < 0 {
		return // children ask whether this peer lives: they always get an answer
	}
	o := &wire.Offer{Nonce: p.Nonce, Place: m.place, Free: uint32(m.freeFor(now, p)), Spare: uint32(m.spare())}
	if o.Free == 0 || o.Spare == 0 || !m.place.Attached {
		o.Others = m.relays(from)
	}
	m.send(from, o)
}

// leftBy ends the relation that a peer says is over, and no other.
func (m *Machine) leftBy(now time.Duration, from identity.ID, l *wire.Leave) {
	if l.Up {
		m.dropChild(from)
		m.hangUp(from)
		return
	}
	if from == m.backup {
		m.backup = identity.ID{}
	}
	if from == m.former {
		m.former = identity.ID{}
	}
	if from == m.parent {
		m.orphan(now, true)
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
		c := &m.children[at]
		c.linked = true
		m.refreshNeighbors()
		m.changed()
		if !c.backup {
			m.queueReplay(now, id, c.seen)
			c.seen = nil
		}
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
