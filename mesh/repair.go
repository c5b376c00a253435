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
	if err != nil || len(b.Place.Path) == 0 || b.Place.Path[len(b.Place.Path)-1] != from {
		return
	}
	if from == m.backup {
		m.backupAt, m.backupSaid = b.Place, now
	}
	if from != m.parent {
		return
	}
	m.fromParent(now)
	m.parentIdle = b.Idle
	m.successor = b.Successor
	switch {
	case b.Place.Attached:
		m.strayAt = 0
	case m.strayAt == 0:
		m.strayAt = now
	}
	m.below(now, b.Place)
}

// fromParent takes note of something from the parent, and of how regularly it comes.
func (m *Machine) fromParent(now time.Duration) {
	if !m.parentIdle {
		late := max(0, now-m.heardAt-m.timing.Keepalive)
		m.jitter += (min(late, m.timing.Stall) - m.jitter) / 16
	}
	m.heardAt, m.excused = now, false
}

// patience is how long the parent may be silent: longer on a path that jitters, and
// when the parent has said that it is idle.
func (m *Machine) patience() time.Duration {
	if m.parentIdle {
		return m.timing.IdleStall
	}
	return m.timing.Stall + 4*m.jitter
}

func (m *Machine) parentDeadline() time.Duration {
	if m.parent.IsZero() {
		return never
	}
	at := m.heardAt + m.patience()
	if m.strayAt != 0 {
		at = min(at, m.strayAt+m.timing.Slack)
	}
	return at
}

// overslept is by how much the driver may be late before a silence is put down to it,
// and how long the parent then has.
const overslept = 40 * time.Millisecond

// watchParent gives the parent up when it is silent, or has been an orphan too long.
func (m *Machine) watchParent(now time.Duration) {
	switch {
	case m.parent.IsZero():
	case now >= m.heardAt+m.patience()+overslept && !m.excused:
		// Nobody called in time: this peer slept, and what the parent sent in the
		// meantime may lie at the door.
		m.excused = true
		m.heardAt = now - m.patience() + overslept
	case now >= m.heardAt+m.patience():
		m.suspect(now, m.parent)
		m.orphan(now, true)
	case m.strayAt != 0 && now >= m.strayAt+m.timing.Slack:
		m.orphan(now, false)
	}
}

// orphan loses the parent. lost says that it is dead or silent, rather than that it
// said good-bye. The warm backup becomes the parent at once; the child that a root
// named as its successor becomes the root; everyone else looks around.
func (m *Machine) orphan(now time.Duration, lost bool) {
	old := m.parent
	if old.IsZero() {
		return
	}
	wasRoot := old == m.place.Root()
	m.parent, m.strayAt = identity.ID{}, 0
	if lost {
		m.send(old, &wire.Leave{}) // if it lives, it need not feed this peer any more
	}
	m.hangUp(old)
	m.standAt(wire.Place{Epoch: m.epoch, Path: []identity.ID{m.id}})
	m.settleAt = now + m.timing.Settle
	switch {
	case wasRoot && m.successor == m.id && m.offers():
		m.becomeRoot(now)
	case m.backupWarm():
		m.switchOver(now)
	default:
		m.startSeeking(now, &m.seekParent, []identity.ID{m.successor})
		m.beaconAll(now)
	}
}

// backupWarm tells whether the backup can take over: its link is open, and it does not
// stand below this peer.
func (m *Machine) backupWarm() bool {
	return !m.backup.IsZero() && m.links[m.backup] && !slices.Contains(m.backupAt.Path, m.id) && m.backupAt.Attached
}

// switchOver makes the backup the parent, and asks it to replay what was missed.
func (m *Machine) switchOver(now time.Duration) {
	id, place := m.backup, m.backupAt
	m.stopSeeking(&m.seekParent)
	m.send(id, &wire.Join{Switch: true, Speaker: m.speaking, Slots: m.slots(), Seen: m.route.seen()})
	m.attach(now, id, place)
	m.heardAt = now + m.timing.IdleStall - m.timing.Stall // it has a round trip to answer
	m.improveAt = min(m.improveAt, now+m.timing.Improve/2+m.jittered(m.timing.Improve))
}

// dropBackup gives the backup back.
func (m *Machine) dropBackup() {
	m.stopSeeking(&m.seekBackup)
	if id := m.backup; !id.IsZero() {
		m.backup = identity.ID{}
		m.send(id, &wire.Leave{})
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
		return !slices.Contains(p.Path, m.parent)
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
	b := wire.Beacon{Place: m.place, Idle: c.backup || m.idle(c, now), Successor: m.planFor(now, c)}
	datagram, err := b.Datagram()
	if err != nil {
		panic(err) // plain fields of our own
	}
	c.sentAt, c.saidAt = now, now
	m.emit(Transmit{c.id, datagram})
}
