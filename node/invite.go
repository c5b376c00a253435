package node

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/banyan-rooms/banyan/crypto/invite"
	"github.com/banyan-rooms/banyan/rooms"
)

// defaultExpiry is how long an invite holds of which nothing else is said.
const defaultExpiry = 24 * time.Hour

// invite makes a link to the room.
func (m *member) invite(ctx context.Context, o InviteOptions) (invite.Link, error) {
	now := m.shown.Load()
	if err := m.mayInvite(now); err != nil {
		return invite.Link{}, err
	}
	v := now.view
	link := invite.Link{Room: m.id, Title: v.Title, Addrs: m.linkAddrs(), Hidden: v.Policy.Kind == rooms.Secret}
	if v.Policy.Kind == rooms.Open {
		return link, nil
	}
	next, bearer, err := m.draft(v, o)
	if err != nil {
		return invite.Link{}, err
	}
	if err := m.number(&next); err != nil {
		return invite.Link{}, err
	}
	if link.Chain, err = invite.Issue(m.n.cfg.Key, m.shown.Load().right.ticket, next); err != nil {
		return invite.Link{}, fmt.Errorf("make an invite: %w", err)
	}
	link.Bearer = bearer
	if err := m.keepIssued(link, issuedRecord{Made: time.Now().Unix()}); err != nil {
		return invite.Link{}, err
	}
	return link, context.Cause(ctx)
}

// draft is an invite without its number.
func (m *member) draft(v rooms.View, o InviteOptions) (next invite.Invite, bearer *invite.Bearer, err error) {
	next = invite.Invite{Room: m.id, Role: max(o.Role, invite.Listener), Quota: o.Quota, Invitee: o.Named}
	next.NotAfter = time.Now().Add(max(o.Expires, 0)).Unix()
	if o.Expires == 0 {
		next.NotAfter = time.Now().Add(defaultExpiry).Unix()
	}
	if !o.Named.IsZero() {
		if o.Bearer {
			err = errors.New("an invite is either for one person or for whoever has the link")
		}
		return next, nil, err
	}
	secret, err := invite.NewBearer(rand.Reader)
	if err != nil {
		return next, nil, err
	}
	next.BearerHash, next.Uses = secret.Hash(), o.Uses
	for _, p := range v.People {
		if p.Role == invite.Moderator && p.ID != v.Self && len(next.Redeemers) < invite.MaxRedeemers {
			next.Redeemers = append(next.Redeemers, p.ID)
		}
	}
	return next, &secret, nil
}

// mayInvite tells whether this person can make invites: to an open room anybody can, else
// who was granted some, and who made the room as long as they keep order in it.
func (m *member) mayInvite(now *shown) error {
	v := now.view
	switch me, _ := v.Me(); {
	case v.Closed:
		return rooms.ErrClosed
	case v.Policy.Kind == rooms.Open, now.right.invites > 0:
		return nil
	case m.n.ID() == m.genesis.Host && (v.Host == v.Self || me.Role >= invite.Moderator):
		return nil
	}
	return ErrMayNotInvite
}

// number takes the numbers that an invite needs from the quota of one's own. Who made the
// room needs none.
func (m *member) number(next *invite.Invite) error {
	if m.n.ID() == m.genesis.Host {
		return nil
	}
	now := m.shown.Load()
	takes := next.Takes()
	own := now.right.ticket.ID()
	first, err := m.n.cfg.Store.Reserve(append([]byte("invite"), own[:]...), takes)
	if err != nil {
		return fmt.Errorf("number an invite: %w", err)
	}
	if takes == 0 || first+takes > uint64(now.right.invites) {
		return fmt.Errorf("%w: you have %d in all", invite.ErrQuota, now.right.invites)
	}
	next.Serial = uint32(first)
	return nil
}

// linkAddrs are where somebody of the room can be found: oneself, then relays, then
// others, and at last who may know of somebody: the bootstrap peers.
func (m *member) linkAddrs() []string {
	network := m.n.cfg.Network
	all := firsts(network.Addrs(), invite.MaxAddrs/2)
	add := func(addrs []string) {
		for _, a := range firsts(addrs, 2) {
			if len(a) <= maxAddr && len(all) < invite.MaxAddrs && !slices.Contains(all, a) {
				all = append(all, a)
			}
		}
	}
	place := m.place.Load()
	others := slices.Clone(place.Relays)
	for _, b := range place.Trees {
		others = append(others, b.Root, b.Parent)
	}
	for _, id := range append(others, m.company()...) {
		if id != m.n.ID() && !id.IsZero() {
			add(network.AddrsOf(id))
		}
	}
	for _, addrs := range peersOf(m.n.cfg.Bootstrap) {
		add(addrs)
	}
	return slices.DeleteFunc(all, func(a string) bool { return len(a) > maxAddr })
}
