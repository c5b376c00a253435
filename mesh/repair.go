package mesh

import (
	"time"

	"github.com/banyan-rooms/banyan/crypto/identity"
	"github.com/banyan-rooms/banyan/mesh/wire"
)

// hear takes in a beacon.
func (t *tree) hear(now time.Duration, from identity.ID, b wire.Beacon) {
	if from == t.backup {
		t.backupPlace, t.backupSaid = b.Place, now
		if !t.attached() && !t.leaving && t.backupWarm() {
			t.switchOver(now) // it has newer word of the root than this peer had
			return
		}
	}
	if t.former.is(from) {
		t.former.place = b.Place // should this peer go back to it
	}
	if from != t.parent {
		t.notBelow(now, from)
		return
	}
	t.fromParent(now)
	t.parentIdle = b.Idle
	t.successor = b.Successor
	if b.Warm && now >= t.switchedAt+t.timing.Answer {
		t.switchTo(now, from) // what asked it to feed this peer was lost
	}
	if t.outdated(b.Place) {
		return
	}
	switch {
	case b.Place.Attached:
		t.strayAt = 0
	case t.strayAt == 0:
		t.strayAt = now
	}
	nothing := t.pretends(now, b) || b.Place.Attached && b.Place.Seq > t.parentSeq && t.starves(now, b.Place)
	if nothing && t.forsake(now) {
		return
	}
	t.below(now, b.Place)
}

// notBelow tells a peer that takes this one for somebody below it, and is wrong, so: the
// word that this peer has left was lost.
func (t *tree) notBelow(now time.Duration, from identity.ID) {
	wanted := from == t.backup || t.former.is(from) || from == t.seekParent.target || from == t.seekBackup.target ||
		t.childAt(from) >= 0 // it turns the link around, and its beacon came first
	if wanted || now < t.strangeAt+t.timing.Beacon && t.strangeAt != 0 {
		return
	}
	t.strangeAt = now
	t.send(from, &wire.Leave{Up: true})
}

// fromParent takes note of something from the parent, and of how regularly it comes.
func (t *tree) fromParent(now time.Duration) {
	if !t.parentIdle {
		late := max(0, now-t.heardAt-t.stretch(t.timing.Keepalive))
		t.jitter += (min(late, t.timing.Doubt) - t.jitter) / 16
	}
	if t.askedAt != 0 {
		t.countAnew(now) // what was lost on the way was not kept back
	}
	t.heardAt, t.askedAt, t.excused = now, 0, false
}

// When a parent falls silent, a burst of lost packets is more likely than its death. So
// it is asked first, on the road where nothing is lost for good:
//
//	heard ──Doubt──► asked ──no answer in Verdict──► dead
//	                   └──────answered, silent until Deaf──► its link is broken
//
// patience is how long it may be silent before it is asked: longer on a path that
// jitters, and when the parent has said that it is idle.
func (t *tree) patience() time.Duration {
	if t.parentIdle {
		return t.often(t.timing.IdleDoubt)
	}
	return t.stretch(t.timing.Doubt) + 4*t.jitter
}

// verdictAt is when a parent that does not answer counts as dead, or one that does as
// out of reach.
func (t *tree) verdictAt() time.Duration {
	if t.aliveAt >= t.askedAt {
		return max(t.heardAt+t.timing.Deaf, t.heardAt+2*t.patience())
	}
	wait := t.timing.Verdict
	if rtt, known := t.rtt(t.parent); known {
		wait = max(wait, rtt+rtt/2)
	}
	return t.askedAt + wait
}

func (t *tree) parentDeadline() time.Duration {
	if t.parent.IsZero() {
		return never
	}
	at := t.heardAt + t.patience()
	if t.askedAt != 0 {
		at = t.verdictAt()
	}
	if t.strayAt != 0 {
		at = min(at, t.strayAt+t.timing.Slack)
	}
	return at
}

// overslept is by how much the driver may be late before a silence is put down to it:
// what the parent sent in the meantime may lie at the door.
const overslept = 40 * time.Millisecond

// watchParent gives the parent up when it is silent, or has been an orphan too long.
func (t *tree) watchParent(now time.Duration) {
	switch {
	case t.parent.IsZero():
	case t.askedAt == 0 && now >= t.heardAt+t.patience():
		t.askedAt, t.aliveAt = now, 0
		t.countAnew(now)
		t.send(t.parent, &wire.Probe{})
	case t.askedAt != 0 && now >= t.verdictAt()+overslept && !t.excused:
		t.excused, t.heardAt = true, max(t.heardAt, now-t.patience())
		t.askedAt = now
	case t.askedAt != 0 && now >= t.verdictAt():
		dead := t.aliveAt < t.askedAt
		switch {
		case dead:
			t.suspect(now, t.parent)
		case t.owed >= enough:
			t.heardAt, t.askedAt = now, 0
			t.forsake(now)
			return
		}
		t.orphan(now, dead)
	case t.strayAt != 0 && now >= t.strayAt+t.timing.Slack:
		t.orphan(now, false)
	}
}

// orphan loses the parent. gone says that it is not in the room any more, as far as can
// be known: it fell silent altogether, or said good-bye. The warm backup becomes the
// parent at once; the child that a root named as its successor becomes the root;
// everyone else looks around.
func (t *tree) orphan(now time.Duration, gone bool) {
	old := t.parent
	if old.IsZero() {
		return
	}
	wasRoot := wire.ShortOf(old) == t.place.Top()
	t.stopSeeking(&t.seekBackup) // first a parent
	t.setParent(identity.ID{})
	t.strayAt, t.askedAt = 0, 0
	t.quit(old) // if it lives, it need not feed this peer any more
	t.standAt(t.alone())
	t.aloneAt, t.settleAt = now, now+t.timing.Settle
	switch {
	case gone && wasRoot && t.successor == t.id && t.offers():
		t.becomeRoot(now)
	case t.backupWarm():
		t.switchOver(now)
	default:
		if id := t.backup; t.linked(id) {
			t.askNewer(id, t.backupPlace)
		}
		t.startSeeking(now, &t.seekParent, []identity.ID{t.successor})
		t.placed = true
		t.beaconAll(now)
	}
}

// alone is the place of a peer without a parent.
func (t *tree) alone() wire.Place {
	return wire.Place{Epoch: t.epoch, Path: wire.Path{wire.ShortOf(t.id)}, Seq: t.place.Seq, Root: t.id, Trees: t.place.Trees}
}

// backupWarm tells whether the backup can take over: its link is open, and it does not
// stand below this peer.
func (t *tree) backupWarm() bool {
	return !t.backup.IsZero() && t.linked(t.backup) && !t.backupPlace.Path.Has(t.id) && t.backupPlace.Attached && t.feasible(t.backupPlace)
}

// switchOver makes the backup the parent, and asks it to replay what was missed.
func (t *tree) switchOver(now time.Duration) {
	id, place := t.backup, t.backupPlace
	t.stopSeeking(&t.seekParent)
	t.switchTo(now, id)
	t.attach(now, id, place)
	t.improveAt = min(t.improveAt, now+t.timing.Improve/2+t.jittered(t.timing.Improve))
}

// switchTo asks a peer whose link is open to feed this one at once.
func (t *tree) switchTo(now time.Duration, id identity.ID) {
	t.switchedAt = now
	t.send(id, &wire.Join{Switch: true, Speaker: t.speaking, Slots: t.slots(), Seen: t.route.seen()})
}

// setBackup takes note of who would feed this peer at once; zero if nobody would.
func (t *tree) setBackup(id identity.ID) {
	if t.backup != id {
		t.backup = id
		t.changed()
	}
}

// dropBackup gives the backup back.
func (t *tree) dropBackup() {
	t.stopSeeking(&t.seekBackup)
	if id := t.backup; !id.IsZero() {
		t.setBackup(identity.ID{})
		if id != t.parent {
			t.quit(id)
		}
	}
}

// watchBackup looks for a backup when there is none, and drops one that is of no use.
func (t *tree) watchBackup(now time.Duration) {
	if t.leaving || t.isRoot || t.parent.IsZero() {
		return
	}
	if t.successor == t.id {
		t.dropBackup() // this peer is the plan
		return
	}
	if !t.backup.IsZero() {
		silent := t.backupSaid + 4*t.warm()
		if now < silent && t.shelters(t.backup, t.backupPlace) {
			t.wake(silent)
			return
		}
		t.dropBackup()
	}
	if t.seekBackup.phase == content {
		t.startSeeking(now, &t.seekBackup, []identity.ID{t.successor})
	}
}

// shelters tells whether a peer at a place would be fed still if this peer's parent
// died. Who shares the parent loses it too, unless the parent, a root, has a plan for
// its children: then it is the plan that counts. A root's child that is not in the plan,
// since there is no room in it, turns to a child of one that is.
func (t *tree) shelters(id identity.ID, p wire.Place) bool {
	switch {
	case id == t.parent, p.Path.Has(t.id):
		return false
	case wire.ShortOf(t.parent) != t.place.Top():
		return !p.Path.Has(t.parent) && (!t.followed() || t.shallower(p))
	case !t.successor.IsZero():
		return id == t.successor
	default:
		return len(p.Path) > 2
	}
}

// idle tells whether no media went to a child lately.
func (t *tree) idle(c *child, now time.Duration) bool {
	return now >= c.mediaAt+t.timing.KeepaliveFor
}

// nextBeacon is when a child has to hear something: soon while media pauses, so that
// silence is not taken for death, and now and then when there is none. Media that comes
// up from a child counts as well: the child must not wait longer than others to learn
// that the way up is cut.
func (t *tree) nextBeacon(c *child) time.Duration {
	switch {
	case !c.linked():
		return never
	case c.backup:
		return c.saidAt + t.warm()
	case c.sentAt < c.mediaAt+t.timing.KeepaliveFor:
		return min(c.sentAt+t.stretch(t.timing.Keepalive), c.saidAt+t.refresh()+t.timing.Beacon)
	default:
		return c.saidAt + t.often(t.timing.Beacon)
	}
}

func (t *tree) beaconDeadline() time.Duration {
	at := never
	for i := range t.children {
		at = min(at, t.nextBeacon(&t.children[i]))
	}
	return at
}

// beacons sends what is due.
func (t *tree) beacons(now time.Duration) {
	for i := range t.children {
		if c := &t.children[i]; now >= t.nextBeacon(c) {
			t.beacon(now, c)
		}
	}
}

// beaconAll tells everyone below at once, since something has changed. Those whose backup
// this peer is hear of newer word at once only if they can feed others, and so may need it
// to take this peer for a parent.
func (t *tree) beaconAll(now time.Duration) {
	for i := range t.children {
		if c := &t.children[i]; c.linked() && (t.placed || !c.backup || c.slots > 0) {
			t.beacon(now, c)
		}
	}
	t.placed, t.newer = false, false
}

func (t *tree) beacon(now time.Duration, c *child) {
	b := wire.Beacon{Tree: uint8(t.index), Place: t.place, Sent: c.lane.next(), Idle: c.backup || t.idle(c, now), Successor: t.planFor(now, c), Warm: c.backup}
	datagram, err := b.Datagram()
	if err != nil {
		panic(err) // plain fields of our own
	}
	c.sentAt, c.saidAt = now, now
	t.emit(Transmit{c.id, datagram})
}
