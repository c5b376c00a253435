package mesh

import (
	"slices"
	"time"

	"github.com/banyan-rooms/banyan/crypto/identity"
	"github.com/banyan-rooms/banyan/mesh/wire"
)

// ask asks a peer to feed this one, or to be its backup.
func (t *tree) ask(now time.Duration, s *seeker, id identity.ID) {
	s.phase, s.target, s.dialled, s.at = asking, id, false, now+t.timing.Answer
	j := &wire.Join{Backup: s.backup, Speaker: t.speaking, Slots: t.slots()}
	if s.backup {
		j.Parent = t.parentShort()
	} else {
		j.Seen = t.route.seen()
	}
	t.send(id, j)
}

// parentShort names the parent; zero if there is none.
func (t *tree) parentShort() wire.Short { return wire.ShortOf(t.parent) }

// slots is how many children this peer could feed, as it tells others.
func (t *tree) slots() uint32 {
	if !t.offers() {
		return 0
	}
	return uint32(t.maxChildren)
}

// accepted goes on to wait for the link, which the other side opens: with its answer comes
// its dial, and that saves a round trip.
func (t *tree) accepted(now time.Duration, from identity.ID, a *wire.Accept) {
	if from == t.parent && !a.Backup {
		t.heardAt = now
		t.below(now, a.Place)
		t.queueReplay(now, t.index, from, a.Seen)
		return
	}
	s := &t.seekParent
	if a.Backup {
		s = &t.seekBackup
	}
	if a.Backup && from == t.backup {
		t.backupPlace, t.backupSaid = a.Place, now
		return
	}
	if s.phase != asking || s.target != from {
		if from != t.parent { // else it has been asked for more since
			t.send(from, &wire.Leave{Up: true})
		}
		return
	}
	if a.Place.Path.Has(t.id) || !s.backup && !t.feasible(a.Place) {
		t.letGo(s)
		t.next(now, s)
		return
	}
	s.accept, s.phase, s.at = a, linking, now+t.timing.Answer
	if t.linked(from) {
		t.linkedTo(now, from, s)
	}
}

// dial opens the link that the other side should have opened.
func (t *tree) dial(now time.Duration, s *seeker) {
	s.dialled, s.at = true, now+t.timing.Linking-t.timing.Answer
	t.emit(Dial{s.target})
}

// redirected asks the others that a peer knows.
func (t *tree) redirected(now time.Duration, from identity.ID, r *wire.Redirect) {
	if from == t.backup && from == t.parent {
		return
	}
	if from == t.parent && !r.Backup { // a switch was turned down
		t.orphan(now, false)
		t.seekParent.prefer = r.To
		return
	}
	s := &t.seekParent
	if r.Backup {
		s = &t.seekBackup
		if from == t.backup { // which has no place for one with this parent
			t.dropBackup()
			return
		}
	}
	if s.phase != asking || s.target != from {
		return
	}
	s.target = identity.ID{}
	s.tried = append(s.tried, from)
	if s.redirects++; s.redirects > maxRedirects || len(r.To) == 0 {
		t.next(now, s)
		return
	}
	s.prefer = r.To
	t.probe(now, s)
}

// linkedTo completes a seeker's round when the link it waits for is open.
func (t *tree) linkedTo(now time.Duration, id identity.ID, s *seeker) {
	if s.phase != linking || s.target != id {
		return
	}
	place, seen := s.accept.Place, s.accept.Seen
	if !s.backup && !t.feasible(place) { // somebody came below this peer meanwhile
		s.tried = append(s.tried, id)
		t.letGo(s)
		t.next(now, s)
		return
	}
	s.reset()
	if s.backup {
		if id == t.parent {
			return // it has become that meanwhile
		}
		t.backupPlace, t.backupSaid = place, now
		t.setBackup(id)
		return
	}
	t.attach(now, id, place)
	if t.parent == id {
		t.queueReplay(now, t.index, id, seen) // what was said here in the meantime
	}
}

// attach puts this peer below a parent; the old one, if there is one, is left only now.
func (t *tree) attach(now time.Duration, id identity.ID, place wire.Place) {
	if t.parent.IsZero() || place.Depth()+1 < t.place.Depth() {
		t.looks = 0
	}
	old, oldAt := t.parent, t.parentPlace()
	if id == t.backup {
		t.setBackup(identity.ID{})
	}
	t.isRoot = false
	t.pretendsAt, t.ration, t.blamedAt = 0, ration{}, 0
	t.countAnew(now)
	t.setParent(id)
	t.heardAt, t.askedAt, t.parentIdle, t.strayAt, t.successor = now, 0, false, 0, identity.ID{}
	t.resized(now)
	if !old.IsZero() && old != id {
		t.keepFormer(now, old, oldAt)
	}
	if now >= t.lease.expires {
		t.lease = lease{t.rootOf(place), place.Epoch, now + t.timing.LeaseTTL}
	}
	if len(place.Path) > deep {
		t.improveAt = min(t.improveAt, now+t.timing.Settle+t.jittered(t.timing.Settle))
	}
	t.below(now, place)
	t.placed = true
	t.beaconAll(now)
	if !t.backup.IsZero() && !t.parent.IsZero() {
		t.send(t.backup, &wire.Join{Backup: true, Speaker: t.speaking, Slots: t.slots(), Parent: t.parentShort()})
	}
}

// former is the last parent, which goes on feeding this peer for a moment: the new one may be
// ahead of it, and what is under way from the old one would be missed.
type former struct {
	id    identity.ID
	until time.Duration
	place wire.Place // where it stands
	trial trial      // of the parent, meanwhile
}

// is tells whether a peer is the former parent, if there is one.
func (f *former) is(id identity.ID) bool { return f != nil && f.id == id }

// keepFormer lets the old parent go on feeding for a moment.
func (t *tree) keepFormer(now time.Duration, old identity.ID, at wire.Place) {
	t.endFormer()
	t.former = &former{id: old, until: now + t.timing.Overlap, place: at}
}

// partFormer leaves the old parent when the moment is over; or the new one, if that has
// passed far less on.
func (t *tree) partFormer(now time.Duration) {
	old := t.former
	if old == nil || now < old.until {
		return
	}
	if !old.trial.failed() || !t.linked(old.id) {
		t.endFormer()
		return
	}
	failed := t.parent
	t.former = nil
	t.shun(now, failed)
	if !t.feasible(old.place) {
		t.quit(old.id)
		t.orphan(now, false)
		return
	}
	t.attach(now, old.id, old.place)
	t.endFormer()
}

// parentPlace is where the parent stands, as far as this peer has heard.
func (t *tree) parentPlace() wire.Place {
	p := t.place
	p.Path = slices.Clone(p.Path[:len(p.Path)-1])
	p.Seq = t.parentSeq
	return p
}

func (t *tree) endFormer() {
	if old := t.former; old != nil {
		t.former = nil
		t.quit(old.id)
	}
}
