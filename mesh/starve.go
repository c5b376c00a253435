package mesh

import (
	"slices"
	"time"

	"github.com/banyan-rooms/banyan/crypto/identity"
	"github.com/banyan-rooms/banyan/mesh/wire"
)

// A parent may live, answer all that it is asked, and pass no sound on: out of malice, or
// because its own way is broken in a manner that it does not notice. Its silence looks
// like a pause in speech. What tells them apart is the root's word, which says how many
// frames the root has had: who hears less than half of them, for long enough, is starved.
const (
	starved    = 25              // frames that the root must have had at least: half a second of one voice
	shunFor    = 2 * time.Minute // that a parent is not asked again
	maxShunned = 16
	// upFor is for how long after sound went up from here nothing can be said.
	upFor = 3 * time.Second
)

// ration is how many frames the root and this peer have had since the root's last word,
// below one parent.
type ration struct {
	parent identity.ID
	root   wire.Short
	epoch  uint32
	seq    uint32
	theirs uint64
	mine   uint64
	at     time.Duration
	hungry int // words in a row after which far less had come than the root had
}

// shunned is a peer that is not asked to be a parent for a while.
type shunned struct {
	id    identity.ID
	until time.Duration
}

// starves tells whether far less comes from the parent than the root has, now that there
// is newer word of it. Who stands higher decides sooner: mostly that helps all below, who
// then need not move.
func (t *tree) starves(now time.Duration, p wire.Place) bool {
	last := t.ration
	t.ration = ration{parent: t.parent, root: p.Top(), epoch: p.Epoch, theirs: p.Frames, mine: t.fresh, seq: p.Seq, at: now}
	if now < last.at+t.refresh()*time.Duration(min(p.Seq-last.seq, 60))*9/10 || t.upAt != 0 && now < t.upAt+upFor {
		return false // the last word came late, or some of what is counted here came from below
	}
	if last.parent != t.parent || last.root != p.Top() || last.epoch != p.Epoch || p.Frames < last.theirs {
		return false
	}
	if theirs, mine := p.Frames-last.theirs, t.fresh-last.mine; theirs >= starved && 2*mine < theirs {
		t.ration.hungry = last.hungry + 1
	}
	return t.ration.hungry >= max(1, t.place.Depth()-1)
}

// pretends tells whether the parent says that it passes sound on, and does not: for longer
// than it takes an honest one to say that it is idle.
func (t *tree) pretends(now time.Duration, b wire.Beacon) bool {
	long := t.timing.KeepaliveFor * 2
	switch {
	case b.Idle, t.feedsUp(now):
		t.pretendsAt = 0
	case t.pretendsAt == 0:
		t.pretendsAt = now
	}
	return t.pretendsAt != 0 && now >= t.pretendsAt+long
}

// feedsUp tells whether sound went up from here lately: what comes down then may be its
// echo, and what does not says nothing.
func (t *tree) feedsUp(now time.Duration) bool {
	return t.upAt != 0 && now < t.upAt+2*t.timing.KeepaliveFor
}

// shun remembers not to ask a peer for a while.
func (m *Machine) shun(now time.Duration, id identity.ID) {
	m.shunned = slices.DeleteFunc(m.shunned, func(s shunned) bool { return now >= s.until || s.id == id })
	if len(m.shunned) == maxShunned {
		m.shunned = slices.Delete(m.shunned, 0, 1)
	}
	m.shunned = append(m.shunned, shunned{id, now + shunFor})
}

// shuns tells whether a peer is not to be asked.
func (m *Machine) shuns(now time.Duration, id identity.ID) bool {
	return slices.ContainsFunc(m.shunned, func(s shunned) bool { return s.id == id && now < s.until })
}

// trial is how much has come from a new parent and from the old one, while both feed this
// peer.
type trial struct{ next, former int }

// tried is how many frames there must have been for a trial to tell anything.
const tried = 5

func (t *trial) count(next, former bool) {
	if next {
		t.next++
	}
	if former {
		t.former++
	}
}

// failed tells whether the new parent has passed far less on than the old one.
func (t *trial) failed() bool { return t.former >= tried && 2*t.next < t.former }
