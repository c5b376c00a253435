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
	if st, ok := r.state.standing(p.Author); ok {
		return st.by
	}
	return Hash(p.Ticket.ID())
}

// consents tells whether somebody has accepted an invitation that stands.
func (r *Room) consents(p *person) bool {
	by := r.invitation(p)
	return by != Hash{} && (p.Accepted == by || r.state.offers(p.Accepted, p.Author))
}

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

// Speakers are those who may be heard now, by ID.
func (r *Room) Speakers() []identity.ID {
	var ids []identity.ID
	for _, p := range r.stage() {
		ids = append(ids, p.Author)
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
	if r.role(p.Author) >= invite.Speaker || r.state.closed() || r.state.isLowered(hand{p.Author, p.Hand}) {
		return 0
	}
	return p.raised
}
