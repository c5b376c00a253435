package rooms

import (
	"fmt"
	"time"

	"github.com/banyan-rooms/banyan/crypto/identity"
	"github.com/banyan-rooms/banyan/crypto/invite"
)

// command does what the owner of this node wants, or says why not.
func (r *Room) command(now time.Duration, c Command) error {
	if _, leaving := c.(Leave); !leaving {
		switch {
		case r.left:
			return ErrLeft
		case !r.here():
			return ErrBanned
		case r.state.closed:
			return ErrClosed
		}
	}
	switch c := c.(type) {
	case RaiseHand:
		return r.raiseHand(now)
	case LowerHand:
		return r.lowerHand(now, c.Who)
	case InviteUp:
		return r.inviteUp(now, c.Who)
	case AcceptStage:
		return r.acceptStage(now)
	case DeclineStage:
		return r.stepDown(now)
	case SetMuted:
		r.own.Muted = c.Muted
		r.announce(now)
		return nil
	case MoveDown:
		if c.Who.IsZero() || c.Who == r.own.Author {
			return r.stepDown(now)
		}
		return r.decide(now, Op{Kind: OpRevoke, Subject: c.Who})
	case Grant:
		return r.decide(now, Op{Kind: OpGrant, Subject: c.Who, Role: c.Role})
	case Ban:
		return r.decide(now, Op{Kind: OpBan, Subject: c.Who})
	case Unban:
		return r.decide(now, Op{Kind: OpUnban, Subject: c.Who})
	case SetTitle:
		return r.setTitle(now, c.Title)
	case SetName:
		return r.setName(now, c.Name)
	case RevokeInvite:
		return r.decide(now, Op{Kind: OpRevokeInvite, Invite: c.Invite})
	case Leave:
		return r.leave(now)
	case Close:
		return r.decide(now, Op{Kind: OpClose})
	}
	return nil
}

func (r *Room) raiseHand(now time.Duration) error {
	if r.role(r.own.Author) >= invite.Speaker {
		return fmt.Errorf("you are on the stage or invited to it already: %w", ErrNotAllowed)
	}
	if r.own.Hand == 0 || r.own.Hand <= r.state.lowered[r.own.Author] {
		r.own.Hand = r.wall(now).UnixMilli()
		r.announce(now)
	}
	return nil
}

func (r *Room) lowerHand(now time.Duration, who identity.ID) error {
	if who.IsZero() || who == r.own.Author {
		if r.own.Hand != 0 {
			r.own.Hand = 0
			r.announce(now)
		}
		return nil
	}
	p := r.people[who]
	if p == nil || p.Gone {
		return ErrNotHere
	}
	// The time is the hand's own, so that a clock that goes wrong lowers no later hand.
	return r.decideAt(Op{Kind: OpLowerHand, Subject: who, Time: p.Hand})
}

func (r *Room) inviteUp(now time.Duration, who identity.ID) error {
	p := r.people[who]
	if p == nil || p.Gone {
		return ErrNotHere
	}
	if r.role(who) >= invite.Moderator {
		return fmt.Errorf("a moderator is on the stage anyway: %w", ErrNotAllowed)
	}
	if r.onStage() >= r.genesis.Policy.stage() {
		return ErrStageFull
	}
	return r.decide(now, Op{Kind: OpGrant, Subject: who, Role: invite.Speaker})
}

// acceptStage consents to the invitation that stands.
func (r *Room) acceptStage(now time.Duration) error {
	by := r.invitation(r.people[r.own.Author])
	if by == (Hash{}) {
		return ErrNotInvited
	}
	r.own.Accepted, r.own.Hand, r.own.Muted = by, 0, false
	r.announce(now)
	return nil
}

// stepDown gives the own place on the stage up, or the invitation to it.
func (r *Room) stepDown(now time.Duration) error {
	if r.own.Author == r.genesis.Host {
		return fmt.Errorf("the host stays on the stage: %w", ErrNotAllowed)
	}
	role := r.role(r.own.Author)
	if role < invite.Speaker {
		return ErrNotInvited
	}
	r.own.Accepted, r.own.Hand = Hash{}, 0
	if _, logged := r.state.people[r.own.Author]; logged {
		if err := r.decideAt(Op{Kind: OpRelinquish, Time: r.wall(now).UnixMilli()}); err != nil {
			return err
		}
	}
	r.announce(now)
	return nil
}

func (r *Room) setTitle(now time.Duration, title string) error {
	if err := checkText("title", title, MaxTitle); err != nil {
		return err
	}
	if title == "" {
		return fmt.Errorf("%w: a room needs a title", ErrMalformed)
	}
	return r.decide(now, Op{Kind: OpTitle, Text: title})
}

func (r *Room) setName(now time.Duration, name string) error {
	if err := checkText("name", name, MaxName); err != nil {
		return err
	}
	if name != r.own.Name {
		r.own.Name = name
		r.announce(now)
	}
	return nil
}

func (r *Room) leave(now time.Duration) error {
	if r.here() {
		r.own.Gone, r.own.Hand, r.own.Accepted = true, 0, Hash{}
		r.announce(now)
	}
	r.left = true
	return nil
}

// decide signs an op that takes authority, and acts on it at once.
func (r *Room) decide(now time.Duration, o Op) error {
	o.Time = r.wall(now).UnixMilli()
	return r.decideAt(o)
}

func (r *Room) decideAt(o Op) error {
	if err := r.allowed(o); err != nil {
		return err
	}
	o.Room, o.Parents = r.id, r.log.parents()
	envelope, err := o.sign(r.key)
	if err != nil {
		return err
	}
	i, err := Check(r.id, item(itemOp, envelope))
	if err != nil {
		return err
	}
	if _, err := r.log.add(i); err != nil {
		return fmt.Errorf("keep the decision: %w", err)
	}
	r.effects = append(r.effects, Store{i.raw}, Broadcast{i.raw})
	r.logChanged()
	return nil
}

// allowed applies the rules (doc.go) to an op of one's own, as the log stands now.
func (r *Room) allowed(o Op) error {
	if o.Kind == OpRelinquish {
		return nil
	}
	mine := r.role(r.own.Author)
	switch {
	case mine < invite.Moderator:
		return ErrNotAllowed
	case mine == invite.Host && o.Subject == r.genesis.Host:
		return fmt.Errorf("the host stays the host: %w", ErrNotAllowed)
	case mine == invite.Moderator && (o.Kind == OpGrant && o.Role > invite.Speaker || r.role(o.Subject) >= invite.Moderator):
		return ErrHostOnly
	case o.Kind == OpGrant && o.Role != invite.Speaker && o.Role != invite.Moderator:
		return fmt.Errorf("%w: nobody can be made %v", ErrMalformed, o.Role)
	}
	return nil
}
