package mesh

import (
	"slices"
	"time"

	"github.com/banyan-rooms/banyan/crypto/identity"
	"github.com/banyan-rooms/banyan/mesh/wire"
)

// hear takes in a datagram that is not media.
func (m *Machine) hear(now time.Duration, from identity.ID, datagram []byte) {
	if len(datagram) == 0 || datagram[0] != wire.KindBeacon {
		return
	}
	b, err := wire.ParseBeacon(datagram[1:])
	if err != nil || !b.Place.IsOf(from) {
		return
	}
	if from == m.backup {
		m.backupAt, m.backupSaid = b.Place, now
		if !m.attached() && !m.leaving && m.backupWarm() {
			m.switchOver(now) // it has newer word of the root than this peer had
			return
		}
	}
	if from != m.parent {
		m.notBelow(now, from)
		return
	}
	m.fromParent(now)
	m.parentIdle = b.Idle
	m.successor = b.Successor
	if b.Warm && now >= m.switchedAt+m.timing.Answer {
		m.switchTo(now, from) // what asked it to feed this peer was lost
	}
	if m.outdated(b.Place) {
		return
	}
	switch {
	case b.Place.Attached:
		m.strayAt = 0
	case m.strayAt == 0:
		m.strayAt = now
	}
	if m.pretends(now, b) || b.Place.Attached && b.Place.Seq > m.parentSeq && m.starves(b.Place) {
		m.shun(now, from)
		m.orphan(now, false)
		return
	}
	m.below(now, b.Place)
}

// notBelow tells a peer that takes this one for somebody below it, and is wrong, so: the
// word that this peer has left was lost.
func (m *Machine) notBelow(now time.Duration, from identity.ID) {
	wanted := from == m.backup || from == m.former || from == m.seekParent.target || from == m.seekBackup.target ||
		m.childAt(from) >= 0 // it turns the link around, and its beacon came first
	if wanted || now < m.strangeAt+m.timing.Beacon && m.strangeAt != 0 {
		return
	}
	m.strangeAt = now
	m.send(from, &wire.Leave{Up: true})
}

// fromParent takes note of something from the parent, and of how regularly it comes.
func (m *Machine) fromParent(now time.Duration) {
	if !m.parentIdle {
		late := max(0, now-m.heardAt-m.timing.Keepalive)
		m.jitter += (min(late, m.timing.Doubt) - m.jitter) / 16
	}
	m.heardAt, m.askedAt, m.excused = now, 0, false
}

// When a parent falls silent, a burst of lost packets is more likely than its death. So
// it is asked first, on the road where nothing is lost for good:
//
//	heard ──Doubt──► asked ──no answer in Verdict──► dead
//	                   └──────answered, silent until Deaf──► its link is broken
//
// patience is how long it may be silent before it is asked: longer on a path that
// jitters, and when the parent has said that it is idle.
func (m *Machine) patience() time.Duration {
	if m.parentIdle {
		return m.timing.IdleDoubt
	}
	return m.timing.Doubt + 4*m.jitter
}

// verdictAt is when a parent that does not answer counts as dead, or one that does as
// out of reach.
func (m *Machine) verdictAt() time.Duration {
	if m.aliveAt >= m.askedAt {
		return max(m.heardAt+m.timing.Deaf, m.heardAt+2*m.patience())
	}
	wait := m.timing.Verdict
	if rtt, known := m.rtts[m.parent]; known {
		wait = max(wait, rtt+rtt/2)
	}
	return m.askedAt + wait
}

func (m *Machine) parentDeadline() time.Duration {
	if m.parent.IsZero() {
		return never
	}
	at := m.heardAt + m.patience()
	if m.askedAt != 0 {
		at = m.verdictAt()
	}
	if m.strayAt != 0 {
		at = min(at, m.strayAt+m.timing.Slack)
	}
	return at
}

// overslept is by how much the driver may be late before a silence is put down to it:
// what the parent sent in the meantime may lie at the door.
const overslept = 40 * time.Millisecond

// watchParent gives the parent up when it is silent, or has been an orphan too long.
func (m *Machine) watchParent(now time.Duration) {
	switch {
	case m.parent.IsZero():
	case m.askedAt == 0 && now >= m.heardAt+m.patience():
		m.askedAt, m.aliveAt = now, 0
		m.send(m.parent, &wire.Probe{})
	case m.askedAt != 0 && now >= m.verdictAt()+overslept && !m.excused:
		m.excused, m.heardAt = true, max(m.heardAt, now-m.patience())
		m.askedAt = now
	case m.askedAt != 0 && now >= m.verdictAt():
		dead := m.aliveAt < m.askedAt
		if dead {
			m.suspect(now, m.parent)
		}
		m.orphan(now, dead)
	case m.strayAt != 0 && now >= m.strayAt+m.timing.Slack:
		m.orphan(now, false)
	}
}

// orphan loses the parent. gone says that it is not in the room any more, as far as can
// be known: it fell silent altogether, or said good-bye. The warm backup becomes the
// parent at once; the child that a root named as its successor becomes the root;
// everyone else looks around.
func (m *Machine) orphan(now time.Duration, gone bool) {
	old := m.parent
	if old.IsZero() {
		return
	}
	wasRoot := old == m.place.Root()
	m.stopSeeking(&m.seekBackup) // first a parent
	m.parent, m.strayAt, m.askedAt = identity.ID{}, 0, 0
	m.send(old, &wire.Leave{Up: true}) // if it lives, it need not feed this peer any more
	m.hangUp(old)
	m.standAt(m.alone())
	m.settleAt = now + m.timing.Settle
	switch {
	case gone && wasRoot && m.successor == m.id && m.offers():
		m.becomeRoot(now)
	case m.backupWarm():
		m.switchOver(now)
	default:
		if id := m.backup; m.links[id] {
			m.askNewer(id, m.backupAt)
		}
		m.startSeeking(now, &m.seekParent, []identity.ID{m.successor})
		m.beaconAll(now)
	}
}

// alone is the place of a peer without a parent.
func (m *Machine) alone() wire.Place {
	return wire.Place{Epoch: m.epoch, Path: []identity.ID{m.id}, Seq: m.place.Seq}
}

// backupWarm tells whether the backup can take over: its link is open, and it does not
// stand below this peer.
func (m *Machine) backupWarm() bool {
	return !m.backup.IsZero() && m.links[m.backup] && !slices.Contains(m.backupAt.Path, m.id) && m.backupAt.Attached && m.feasible(m.backupAt)
}

// switchOver makes the backup the parent, and asks it to replay what was missed.
func (m *Machine) switchOver(now time.Duration) {
	id, place := m.backup, m.backupAt
	m.stopSeeking(&m.seekParent)
	m.switchTo(now, id)
	m.attach(now, id, place)
	m.improveAt = min(m.improveAt, now+m.timing.Improve/2+m.jittered(m.timing.Improve))
}

// switchTo asks a peer whose link is open to feed this one at once.
func (m *Machine) switchTo(now time.Duration, id identity.ID) {
	m.switchedAt = now
	m.send(id, &wire.Join{Switch: true, Speaker: m.speaking, Slots: m.slots(), Seen: m.route.seen()})
}

// dropBackup gives the backup back.
func (m *Machine) dropBackup() {
	m.stopSeeking(&m.seekBackup)
	if id := m.backup; !id.IsZero() {
		m.backup = identity.ID{}
		m.send(id, &wire.Leave{Up: true})
		m.hangUp(id)
	}
}

// watchBackup looks for a backup when there is none, and drops one that is of no use.
func (m *Machine) watchBackup(now time.Duration) {
	if m.leaving || m.isRoot || m.parent.IsZero() {
		return
	}
	if m.successor == m.id {
		m.dropBackup() // this peer is the plan
		return
	}
	if !m.backup.IsZero() {
		silent := m.backupSaid + 4*m.timing.Warm
		if now < silent && m.shelters(m.backup, m.backupAt) {
			m.wake(silent)
			return
		}
		m.dropBackup()
	}
	if m.seekBackup.phase == content {
		m.startSeeking(now, &m.seekBackup, []identity.ID{m.successor})
	}
}

// shelters tells whether a peer at a place would be fed still if this peer's parent
// died. Who shares the parent loses it too, unless the parent, a root, has a plan for
// its children: then it is the plan that counts. A root's child that is not in the plan,
// since there is no room in it, turns to a child of one that is.
func (m *Machine) shelters(id identity.ID, p wire.Place) bool {
	switch {
	case id == m.parent, slices.Contains(p.Path, m.id):
		return false
	case m.parent != m.place.Root():
		return !slices.Contains(p.Path, m.parent) && (!m.followed() || len(p.Path)-1 < m.least.depth)
	case !m.successor.IsZero():
		return id == m.successor
	default:
		return len(p.Path) > 2
	}
}

// idle tells whether no media went to a child lately.
func (m *Machine) idle(c *child, now time.Duration) bool {
	return now >= c.mediaAt+m.timing.KeepaliveFor
}

// nextBeacon is when a child has to hear something: soon while media pauses, so that
// silence is not taken for death, and now and then when there is none. Media that comes
// up from a child counts as well: the child must not wait longer than others to learn
// that the way up is cut.
func (m *Machine) nextBeacon(c *child) time.Duration {
	switch {
	case !c.linked:
		return never
	case c.backup:
		return c.saidAt + m.timing.Warm
	case c.sentAt < c.mediaAt+m.timing.KeepaliveFor:
		return min(c.sentAt+m.timing.Keepalive, c.saidAt+m.timing.Refresh)
	default:
		return c.saidAt + m.timing.Beacon
	}
}

func (m *Machine) beaconDeadline() time.Duration {
	at := never
	for i := range m.children {
		at = min(at, m.nextBeacon(&m.children[i]))
	}
	return at
}

// beacons sends what is due.
func (m *Machine) beacons(now time.Duration) {
	for i := range m.children {
		if c := &m.children[i]; now >= m.nextBeacon(c) {
			m.beacon(now, c)
		}
	}
}

// beaconAll tells everyone below at once, since something has changed.
func (m *Machine) beaconAll(now time.Duration) {
	m.placed = false
	for i := range m.children {
		if m.children[i].linked {
			m.beacon(now, &m.children[i])
		}
	}
}

func (m *Machine) beacon(now time.Duration, c *child) {
	b := wire.Beacon{Place: m.place, Idle: c.backup || m.idle(c, now), Successor: m.planFor(now, c), Warm: c.backup}
	datagram, err := b.Datagram()
	if err != nil {
		panic(err) // plain fields of our own
	}
	c.sentAt, c.saidAt = now, now
	m.emit(Transmit{c.id, datagram})
}
