package rooms

import (
	"cmp"
	"math"
	"slices"
	"time"

	"github.com/banyan-rooms/banyan/crypto/identity"
	"github.com/banyan-rooms/banyan/crypto/invite"
)

// invitation is what somebody has to accept in order to be on the stage: the op that
// grants it or the ticket that does; none for those who need no invitation.
func (r *Room) invitation(p *person) Hash {
	if p == nil || r.role(p.Author) != invite.Speaker {
		return Hash{}
	}
	by := Hash(p.Ticket.ID())
	if st, ok := r.state.standing(p.Author); ok {
		by = st.by
	}
	if r.lockedOut(by) {
		return Hash{}
	}
	return by
}

// consents tells whether somebody has accepted an invitation that stands.
func (r *Room) consents(p *person) bool {
	if r.role(p.Author) != invite.Speaker || p.Accepted == (Hash{}) || r.lockedOut(p.Accepted) {
		return false
	}
	return p.Accepted == r.invitation(p) || r.state.offers(p.Accepted, p.Author)
}

func (r *Room) isOn(what Setting) bool {
	_, on := r.state.isOn(what)
	return on
}

// lockedOut tells whether the stage is locked for an invitation: whoever locked it did
// not know of it, or it is a ticket, of which the log does not know when it came.
func (r *Room) lockedOut(invitation Hash) bool {
	since, locked := r.state.isOn(StageLocked)
	if !locked {
		return false
	}
	at, logged := r.log.index[invitation]
	return !logged || !r.log.before(at, since)
}

// silenced is the op by which somebody is not heard, unless they lifted it and may.
func (r *Room) silenced(p *person) (mute *Op, ok bool) {
	mute, ok = r.state.muted(p.Author)
	return mute, ok && !r.lifts(p, mute)
}

// lifts tells whether somebody has made an end of being muted.
func (r *Room) lifts(p *person, mute *Op) bool { return p != nil && !mute.On && p.Lifted == mute.Hash }

// stage is who is on the stage: host, moderators, then speakers, each in the order in
// which they were called; as many as it holds (rule 7).
func (r *Room) stage() []*person {
	if r.state.closed() {
		return nil
	}
	var up []*person
	for p := range r.present() {
		if r.role(p.Author) >= invite.Moderator || r.consents(p) {
			up = append(up, p)
		}
	}
	slices.SortFunc(up, func(a, b *person) int {
		return cmp.Or(
			cmp.Compare(r.role(b.Author), r.role(a.Author)),
			cmp.Compare(r.called(a.Author), r.called(b.Author)),
			a.Author.Compare(b.Author),
		)
	})
	return up[:min(len(up), r.genesis.Policy.stage())]
}

// called is how far down the log somebody was called to the stage. A ticket does not
// call; it lets one come.
func (r *Room) called(who identity.ID) int {
	if st, ok := r.state.standing(who); ok {
		return r.log.entries[st.at].depth
	}
	return math.MaxInt
}

func (r *Room) onStage(who identity.ID) bool {
	return slices.ContainsFunc(r.stage(), func(p *person) bool { return p.Author == who })
}

func (r *Room) stageFull() bool { return len(r.stage()) >= r.genesis.Policy.stage() }

// Speakers are those who may be heard now, by ID: the stage, but for those whom a
// moderator muted.
func (r *Room) Speakers() []identity.ID {
	var ids []identity.ID
	for _, p := range r.stage() {
		if _, silent := r.silenced(p); !silent {
			ids = append(ids, p.Author)
		}
	}
	slices.SortFunc(ids, identity.ID.Compare)
	return ids
}

// raised is when a hand went up, by its owner's clock: what they say, but not before
// they last said that it was down, and not long before they were first seen by one who
// has been here longer.
func (r *Room) raised(now time.Duration, old *person, p Presence) int64 {
	switch {
	case p.Hand == 0:
		return 0
	case old != nil && old.Hand == p.Hand:
		return old.raised
	case old != nil:
		return max(p.Hand, int64(old.Seq))
	case now-r.entered > PresenceTTL:
		return max(p.Hand, int64(p.Seq)-PresenceTTL.Milliseconds())
	default:
		return p.Hand
	}
}

// handUp is when somebody's hand went up, or 0 when it is down.
func (r *Room) handUp(p *person) int64 {
	if r.role(p.Author) >= invite.Speaker || r.state.closed() || r.isOn(HandsOff) || r.state.isLowered(hand{p.Author, p.Hand}) {
		return 0
	}
	return p.raised
}
