package rooms

import (
	"crypto/sha256"
	"fmt"
	"slices"
	"time"

	"github.com/banyan-rooms/banyan/crypto/identity"
	"github.com/banyan-rooms/banyan/crypto/invite"
)

// role is what somebody may do now: by the log or, where it says nothing about them,
// by their ticket, which makes a speaker at most: authority is the log's to give.
func (r *Room) role(who identity.ID) invite.Role {
	if who == r.log.hosts() {
		return invite.Host
	}
	if st, ok := r.state.standing(who); ok {
		return st.role
	}
	if p := r.people[who]; p != nil {
		return max(invite.Listener, min(p.right.Role, invite.Speaker))
	}
	return invite.Listener
}

// allowed applies the rules (doc.go) to an op of one's own, as the log stands now.
func (r *Room) allowed(o Op) error {
	switch o.Kind {
	case OpRelinquish:
		return nil
	case OpTakeOver:
		return r.mayTakeOver()
	default: // as the role says
	}
	mine, theirs := r.role(r.own.Author), r.role(o.Subject)
	switch {
	case mine < invite.Moderator:
		return ErrNotAllowed
	case mine < invite.Host && (o.Kind == OpHandOver || o.Kind == OpSuccessor):
		return ErrHostOnly
	case o.Kind == OpHandOver && o.Subject != r.own.Author:
		return r.mayHost(o.Subject)
	case r.protected(o.Subject):
		return ErrHostStays
	case o.Kind == OpSuccessor && !o.Subject.IsZero():
		return r.mayHost(o.Subject)
	case o.Kind == OpGrant && o.Role != invite.Speaker && o.Role != invite.Moderator:
		return fmt.Errorf("%w: nobody can be made %v", ErrMalformed, o.Role)
	case mine == invite.Moderator && (o.makesModerator() || theirs >= invite.Moderator):
		return ErrHostOnly
	case o.Kind == OpGrant && r.state.banned(o.Subject):
		return fmt.Errorf("%w: let them come back first", ErrBanned)
	case o.Kind == OpGrant && !o.makesModerator() && r.isOn(StageLocked):
		return ErrLocked
	}
	return nil
}

// protected tells whether nobody takes anything from somebody: the host, and whose the
// room is while another is its host.
func (r *Room) protected(who identity.ID) bool {
	t := r.log.latest()
	return who == t.host || who == t.owner
}

// mayHost tells whether somebody can be made the host, or named for it.
func (r *Room) mayHost(who identity.ID) error {
	switch _, known := r.state.standing(who); {
	case r.state.banned(who):
		return fmt.Errorf("%w: let them come back first", ErrBanned)
	case !known && !r.protected(who) && r.find(who) == nil:
		return ErrNotHere
	}
	return nil
}

// mayTakeOver tells whether one can make oneself the host: the owner at any time, the
// successor while the host is not here.
func (r *Room) mayTakeOver() error {
	t := r.log.latest()
	switch me := r.own.Author; {
	case me == t.owner:
		return nil
	case me != r.log.successor():
		return ErrNoHeir
	case r.find(t.host) != nil:
		return ErrHostHere
	}
	return nil
}

// needless tells whether an op would change nothing.
func (r *Room) needless(o Op) bool {
	switch o.Kind {
	case OpGrant:
		st, _ := r.state.standing(o.Subject) // a ticket's role is not the log's word
		return st.role == o.Role
	case OpRevoke:
		return r.role(o.Subject) < invite.Speaker
	case OpBan:
		return r.state.banned(o.Subject)
	case OpUnban:
		return !r.state.banned(o.Subject)
	case OpTitle:
		return r.state.title() == o.Text
	case OpRevokeInvite:
		return r.state.isRevoked(o.Invite)
	case OpSetting:
		return r.isOn(o.Setting) == o.On
	case OpMute:
		m, ok := r.state.muted(o.Subject)
		return ok && m.On == o.On && !r.lifts(r.people[o.Subject], m)
	case OpUnmute:
		_, ok := r.state.muted(o.Subject)
		return !ok
	case OpSuccessor:
		return r.log.successor() == o.Subject
	case OpTakeOver:
		return r.log.hosts() == r.own.Author
	case OpLowerHand:
		return o.Hand == 0 || r.state.isLowered(hand{o.Subject, o.Hand})
	default:
		return false
	}
}

// MayEnter tells whether somebody may be in the room, by the log and, where the room
// asks for one, by a ticket. nil is yes; an error says why not.
func (r *Room) MayEnter(now time.Duration, who identity.ID, chain invite.Chain) error {
	_, err := r.right(now, who, chain)
	return err
}

// right is by what right somebody is in the room.
func (r *Room) right(now time.Duration, who identity.ID, chain invite.Chain) (invite.Grant, error) {
	if len(chain) > invite.MaxDepth { // before work is done for it
		return invite.Grant{}, fmt.Errorf("%w: %d steps, at most %d", invite.ErrChain, len(chain), invite.MaxDepth)
	}
	steps := path(chain)
	if err := r.barred(who, steps); err != nil || who == r.genesis.Host || who == r.log.hosts() {
		return invite.Grant{}, err
	}
	if len(chain) == 0 {
		if r.genesis.Policy.Kind == Open {
			return invite.Grant{}, nil
		}
		return invite.Grant{}, ErrNoTicket
	}
	return r.verified(now, who, chain, steps)
}

// Revoked tells whether an invite lets nobody in any more: it was taken back, or its
// issuer gave it to two.
func (r *Room) Revoked(id [32]byte) bool { return r.state.isRevoked(id) || r.frauds.fallen[id] }

// Barred are those whom the log keeps out, by ID: the banned, and whoever was here by an
// invite that was taken back.
func (r *Room) Barred() []identity.ID {
	var out []identity.ID
	for who := range r.state.bans {
		if r.state.banned(who) {
			out = append(out, who)
		}
	}
	for who := range r.people {
		if r.Bars(who) && !r.state.banned(who) {
			out = append(out, who)
		}
	}
	slices.SortFunc(out, identity.ID.Compare)
	return out
}

// Bars tells whether the log keeps somebody out.
func (r *Room) Bars(who identity.ID) bool {
	p := r.people[who]
	if p == nil {
		return r.barred(who, nil) != nil || r.frauds.guests[who]
	}
	return r.barred(who, p.path) != nil
}

// barred tells whether the log keeps somebody out who comes by these invites.
func (r *Room) barred(who identity.ID, steps []Hash) error {
	if r.protected(who) {
		return nil
	}
	if r.state.banned(who) {
		return ErrBanned
	}
	if slices.ContainsFunc(steps, func(id Hash) bool { return r.frauds.fallen[id] }) {
		return fmt.Errorf("%w: %w", ErrNoTicket, ErrFraud)
	}
	if slices.ContainsFunc(steps, r.state.isRevoked) {
		return fmt.Errorf("%w: the invite was taken back", ErrNoTicket)
	}
	return nil
}

// path names each invite of a chain.
func path(chain invite.Chain) []Hash {
	if len(chain) == 0 {
		return nil
	}
	steps := make([]Hash, len(chain))
	for n, envelope := range chain {
		steps[n] = sha256.Sum256(envelope)
	}
	return steps
}

// ticketKey names a ticket in somebody's hands.
type ticketKey struct {
	holder identity.ID
	chain  Hash // of all its invites
}

// verified checks a ticket, and remembers a good one until it ends.
func (r *Room) verified(now time.Duration, who identity.ID, chain invite.Chain, steps []Hash) (invite.Grant, error) {
	whole := sha256.New()
	for _, id := range steps {
		whole.Write(id[:])
	}
	key := ticketKey{who, Hash(whole.Sum(nil))}
	if g, known := r.tickets[key]; known && (g.NotAfter.IsZero() || r.wall(now).Unix() <= g.NotAfter.Unix()) {
		return g, nil
	}
	g, err := chain.VerifyTicket(r.id, r.genesis.Host, who, r.wall(now))
	if err != nil {
		return invite.Grant{}, err
	}
	if len(r.tickets) >= 2*maxPeople {
		clear(r.tickets)
	}
	r.tickets[key] = g
	return g, nil
}
