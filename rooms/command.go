package rooms

import (
	"fmt"
	"time"

	"github.com/banyan-rooms/banyan/crypto/identity"
	"github.com/banyan-rooms/banyan/crypto/invite"
)

// command does what the owner of this node wants, or says why not. What is so already
// needs no doing and is not refused.
func (r *Room) command(now time.Duration, c Command) error {
	if _, leaving := c.(Leave); !leaving {
		if err := r.here(); err != nil {
			return err
		}
		if r.state.closed() {
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
		return r.declineStage(now)
	case SetMuted:
		return r.setMuted(now, c.Muted)
	case MuteOther:
		return r.decide(now, Op{Kind: OpMute, Subject: c.Who, On: c.Locked})
	case UnmuteOther:
		return r.decide(now, Op{Kind: OpUnmute, Subject: c.Who})
	case Set:
		return r.set(now, c)
	case MoveDown:
		if c.Who.IsZero() || c.Who == r.own.Author {
			return r.stepDown(now)
		}
		return r.decide(now, Op{Kind: OpRevoke, Subject: c.Who})
	case Grant:
		return r.decide(now, Op{Kind: OpGrant, Subject: c.Who, Role: c.Role})
	case Ban:
		return r.ban(now, c)
	case Unban:
		return r.decide(now, Op{Kind: OpUnban, Subject: c.Who})
	case SetTitle:
		return r.setTitle(now, c.Title)
	case SetName:
		return r.setName(now, c.Name)
	case RevokeInvite:
		return r.decide(now, Op{Kind: OpRevokeInvite, Invite: c.Invite})
	case NewEpoch:
		if current, _ := r.Epoch(); c.Epoch != current+1 || c.Epoch == 0 {
			return ErrEpoch
		}
		return r.decide(now, Op{Kind: OpEpoch, Epoch: c.Epoch, Commitment: c.Commitment})
	case HandOver:
		return r.bequeath(now, Op{Kind: OpHandOver, Subject: c.Who})
	case NameSuccessor:
		return r.bequeath(now, Op{Kind: OpSuccessor, Subject: c.Who})
	case TakeOver:
		return r.decide(now, Op{Kind: OpTakeOver, Subject: r.log.hosts()})
	case Leave:
		return r.leave(now)
	case Close:
		return r.decide(now, Op{Kind: OpClose})
	}
	return nil
}

func (r *Room) raiseHand(now time.Duration) error {
	switch {
	case r.role(r.own.Author) >= invite.Speaker:
		return ErrOnStage
	case r.isOn(HandsOff):
		return ErrNoHands
	}
	if r.own.Hand == 0 {
		r.own.Hand = max(r.wall(now).UnixMilli(), int64(r.own.Seq)) // not before it was down last, so another hand than that
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
	o := Op{Kind: OpLowerHand, Subject: who}
	p := r.find(who)
	if p != nil {
		o.Hand = p.Hand
	}
	if err := r.decide(now, o); err != nil || p != nil {
		return err
	}
	return ErrNotHere
}

func (r *Room) inviteUp(now time.Duration, who identity.ID) error {
	o := Op{Kind: OpGrant, Subject: who, Role: invite.Speaker}
	if err := r.allowed(o); err != nil {
		return err
	}
	switch {
	case r.find(who) == nil:
		return ErrNotHere
	case r.role(who) >= invite.Moderator:
		return ErrOnStage
	case !r.needless(o) && r.stageFull():
		return ErrStageFull
	}
	return r.decide(now, o)
}

// setMuted opens or mutes the own microphone, as far as moderators let one.
func (r *Room) setMuted(now time.Duration, muted bool) error {
	lifted := r.own.Lifted
	if me := r.people[r.own.Author]; me != nil && !muted {
		mute, silent := r.silenced(me)
		switch {
		case silent && mute.On:
			return ErrMicLocked
		case silent:
			lifted = mute.Hash
		}
	}
	if muted != r.own.Muted || lifted != r.own.Lifted {
		r.own.Muted, r.own.Lifted = muted, lifted
		r.announce(now)
	}
	return nil
}

// set switches something on or off. Before the stage is locked, those are called whom
// only their ticket brought there: the log has to know them.
func (r *Room) set(now time.Duration, c Set) error {
	o := Op{Kind: OpSetting, Setting: c.What, On: c.On}
	if err := r.allowed(o); err != nil {
		return err
	}
	if c.What == StageLocked && c.On && !r.isOn(StageLocked) {
		for _, p := range r.stage() {
			if r.role(p.Author) != invite.Speaker {
				continue
			}
			if err := r.decide(now, Op{Kind: OpGrant, Subject: p.Author, Role: invite.Speaker}); err != nil {
				return err
			}
		}
	}
	return r.decide(now, o)
}

// ban removes somebody and, if asked to, all who came by the invite that let them in,
// which is theirs to pass on.
func (r *Room) ban(now time.Duration, c Ban) error {
	var came []Hash
	if p := r.people[c.Who]; p != nil {
		came = p.path
	}
	if err := r.decide(now, Op{Kind: OpBan, Subject: c.Who}); err != nil {
		return err
	}
	if err := r.withdraw(now, c.Who); err != nil || !c.Branch || len(came) == 0 {
		return err
	}
	return r.decide(now, Op{Kind: OpRevokeInvite, Invite: came[len(came)-1]})
}

// bequeath names who is host after oneself. In a room that asks for tickets they get
// what it takes to invite people: a deed, which follows from one's own. Who was named
// before them loses theirs.
func (r *Room) bequeath(now time.Duration, o Op) error {
	if err := r.allowed(o); err != nil {
		return err
	}
	if r.genesis.Policy.Kind != Open && !o.Subject.IsZero() && o.Subject != r.genesis.Host && r.deedOf(o.Subject) == nil {
		deed, err := r.newDeed(o.Subject)
		if err != nil {
			return err
		}
		o.Deed = deed
	}
	heir := r.log.successor()
	if err := r.decide(now, o); err != nil || heir == o.Subject {
		return err
	}
	return r.withdraw(now, heir)
}

// acceptStage consents to the invitation that stands.
func (r *Room) acceptStage(now time.Duration) error {
	me := r.find(r.own.Author)
	by := r.invitation(me)
	switch {
	case by == Hash{} && r.isOn(StageLocked) && r.role(r.own.Author) == invite.Speaker:
		return ErrLocked
	case by == Hash{}:
		return ErrNotInvited
	case r.consents(me):
		return nil
	case r.stageFull():
		return ErrStageFull
	}
	r.own.Accepted, r.own.Hand, r.own.Muted = by, 0, false
	r.announce(now)
	return nil
}

// declineStage gives up an invitation that was not accepted.
func (r *Room) declineStage(now time.Duration) error {
	me := r.find(r.own.Author)
	if r.invitation(me) == (Hash{}) || r.consents(me) {
		return ErrNotInvited
	}
	return r.stepDown(now)
}

// stepDown gives the own place on the stage up, or the invitation to it.
func (r *Room) stepDown(now time.Duration) error {
	if r.own.Author == r.log.hosts() {
		return fmt.Errorf("%w: leave the room, hand it over, or close it, instead", ErrHostStays)
	}
	if r.role(r.own.Author) < invite.Speaker {
		return ErrNotInvited
	}
	if _, logged := r.state.standing(r.own.Author); logged {
		if err := r.decide(now, Op{Kind: OpRelinquish}); err != nil {
			return err
		}
	}
	r.own.Accepted, r.own.Hand = Hash{}, 0
	r.announce(now)
	return nil
}

func (r *Room) setTitle(now time.Duration, title string) error {
	if err := checkTitle(title); err != nil {
		return err
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
	if r.here() == nil {
		r.own.Gone, r.own.Hand, r.own.Accepted = true, 0, Hash{}
		r.announce(now)
	}
	r.left = true
	return nil
}

// decide signs an op and acts on it at once.
func (r *Room) decide(now time.Duration, o Op) error {
	if err := r.allowed(o); err != nil {
		return err
	}
	if r.needless(o) {
		return nil
	}
	if !r.log.afford([]identity.ID{r.own.Author}) {
		return ErrLogFull
	}
	o.Room, o.Time, o.Parents = r.id, r.wall(now).UnixMilli(), r.log.parents(r.upon(o)...)
	envelope, err := o.sign(r.key)
	if err != nil {
		return err
	}
	i, err := Check(r.id, item(itemOp, envelope))
	if err != nil {
		return err
	}
	added, err := r.log.add(i)
	if err != nil {
		return fmt.Errorf("keep the decision: %w", err)
	}
	for _, next := range added {
		r.effects = append(r.effects, Store{next.raw, next})
	}
	r.effects = append(r.effects, Broadcast{i.raw})
	r.changed()
	return nil
}

// upon is what an op of one's own rests upon: one's last op, what the log says about
// oneself and about its subject, and what it puts an end to.
func (r *Room) upon(o Op) (places []int) {
	if at, ok := r.log.last(r.own.Author); ok {
		places = append(places, at)
	}
	for _, who := range []identity.ID{r.own.Author, o.Subject} {
		if st, ok := r.state.standing(who); ok {
			places = append(places, st.at)
		}
	}
	if at, ok := last(r.state, r.state.mutes, o.Subject); ok {
		places = append(places, at)
	}
	if at, ok := last(r.state, r.state.settings, o.Setting); ok {
		places = append(places, at)
	}
	if by := r.log.latest().by; by >= 0 {
		places = append(places, by)
	}
	if at, ok := r.state.overdue(); ok && o.Kind == OpEpoch {
		places = append(places, at)
	}
	return places
}
