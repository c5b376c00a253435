package rooms

import (
	"fmt"
	"slices"
	"time"

	"github.com/banyan-rooms/banyan/crypto/identity"
	"github.com/banyan-rooms/banyan/crypto/invite"
)

// deedReserve is how many of the numbers of a deed's quota, the last ones, are for further
// deeds, so that they need not be counted with a host's invites.
const deedReserve = 256

// deedOf is the right to invite people that a host gave somebody with the room, if the
// log knows one and it was not taken back.
func (r *Room) deedOf(who identity.ID) invite.Chain {
	for at := range r.log.entries {
		e := &r.log.entries[at]
		if e.op.Subject != who || len(e.op.Deed) == 0 || e.void {
			continue
		}
		_, err := e.op.Deed.VerifyTicket(r.id, r.genesis.Host, who, r.start)
		if err == nil && !slices.ContainsFunc(path(e.op.Deed), func(id Hash) bool { return r.Revoked(id) }) {
			return e.op.Deed
		}
	}
	return nil
}

// withdraw takes the deed of somebody back who was named for host and never was it.
func (r *Room) withdraw(now time.Duration, who identity.ID) error {
	deed := r.deedOf(who)
	if deed == nil || r.log.hosted(who) {
		return nil
	}
	return r.decide(now, Op{Kind: OpRevokeInvite, Invite: Hash(deed.ID())})
}

// newDeed makes one. Invites begin at who made the room, so that everybody can check them
// who has nothing but the room's name; a later host's follow from the deed, which is one
// step of the chain and a little less of the quota for each host who has to come between.
func (r *Room) newDeed(who identity.ID) (invite.Chain, error) {
	next := invite.Invite{
		Room: r.id, Role: invite.Moderator, Invitee: who, Quota: invite.MaxQuota,
		Serial: r.deedsBy(r.own.Author), // so that none is like one that was taken back
	}
	var own invite.Chain
	if r.own.Author != r.genesis.Host {
		own = r.deedOf(r.own.Author)
		mine, _, err := own.Last()
		if err != nil || mine.Quota < 2*deedReserve || next.Serial >= deedReserve {
			return nil, ErrNoDeed
		}
		next.Quota = mine.Quota - deedReserve
		next.Serial = mine.Quota - 1 - next.Serial
	}
	deed, err := invite.Issue(r.key, own, next)
	if err != nil {
		return nil, fmt.Errorf("hand on the right to invite: %w", err)
	}
	return deed, nil
}

// deedsBy is how many deeds somebody has signed.
func (r *Room) deedsBy(who identity.ID) (count uint32) {
	for at := range r.log.entries {
		if o := &r.log.entries[at].op; o.Author == who && len(o.Deed) > 0 {
			count++
		}
	}
	return count
}

// Ticket is by what right one is here: what one came with or, of somebody who has become
// the host, the deed, which does not end. invites is how many one may make by it: they are
// numbered below that. It does not bind who made the room.
func (r *Room) Ticket() (ticket invite.Chain, invites uint32) {
	ticket = r.own.Ticket
	if last, _, err := ticket.Last(); err == nil {
		invites = last.Quota
	}
	if deed := r.deedOf(r.own.Author); deed != nil && deed.ID() == ticket.ID() {
		invites -= min(invites, deedReserve)
	}
	return ticket, invites
}

// adopt makes the deed the ticket of who has become the host.
func (r *Room) adopt() (adopted bool) {
	if r.own.Author == r.genesis.Host || r.own.Author != r.log.hosts() {
		return false
	}
	deed := r.deedOf(r.own.Author)
	if deed == nil || deed.ID() == r.own.Ticket.ID() {
		return false
	}
	r.own.Ticket, r.path = deed, path(deed)
	return true
}
