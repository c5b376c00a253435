package node

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/banyan-rooms/banyan/crypto/canon"
	"github.com/banyan-rooms/banyan/crypto/identity"
	"github.com/banyan-rooms/banyan/crypto/invite"
	"github.com/banyan-rooms/banyan/node/transport"
	"github.com/banyan-rooms/banyan/rooms"
)

// Join enters a room, by an invite link, or by the ID of a room that is in the lobby
// or was entered before. What it needs to come back is kept durably when it returns.
// Its errors are sentences for people.
func (n *Node) Join(ctx context.Context, text string) (identity.RoomID, error) {
	if room, err := identity.ParseRoomID(strings.TrimSpace(text)); err == nil {
		return room, n.Enter(ctx, room)
	}
	link, err := invite.ParseLink(text)
	if err != nil {
		return identity.RoomID{}, advised(err)
	}
	return link.Room, advised(n.visit(ctx, link))
}

// Enter enters a room of the lobby, or one entered before.
func (n *Node) Enter(ctx context.Context, room identity.RoomID) error {
	link := invite.Link{Room: room}
	if c, ok := n.lobby.find(room); ok {
		link.Addrs = c.Addrs
	}
	return n.visit(ctx, link)
}

// visit enters the room of a link.
func (n *Node) visit(ctx context.Context, link invite.Link) error {
	if n.cfg.Community {
		return ErrRelay
	}
	n.cfg.Network.Know(link.Addrs)
	if n.session(link.Room) != nil {
		return nil
	}
	select {
	case <-n.up:
	case <-ctx.Done():
		return context.Cause(ctx)
	}
	release, err := n.claim(link.Room)
	if err != nil {
		return err
	}
	defer release()
	ctx, cancel := context.WithTimeoutCause(ctx, startTimeout, ErrUnreachable)
	defer cancel()
	began := time.Now()
	e, err := n.prepare(ctx, link)
	if err != nil {
		return err
	}
	if err := n.enter(ctx, e); err != nil {
		return err
	}
	n.log.Info("entered a room", "room", link.Room.Short(), "after", time.Since(began).Round(time.Millisecond))
	return nil
}

// prepare gathers what one comes into a room with: the genesis, a ticket where the
// room asks for one, and the room's log.
func (n *Node) prepare(ctx context.Context, link invite.Link) (entry, error) {
	stored, err := n.cfg.Store.Genesis(link.Room)
	if err != nil {
		return entry{}, fmt.Errorf("read what is known of the room: %w", err)
	}
	e := entry{genesis: stored}
	if e.ticket, err = n.ticketOf(link, time.Now()); err != nil {
		return entry{}, err
	}
	if stored != nil {
		if g, _, err := rooms.OpenGenesis(stored); err == nil && g.Host == n.ID() {
			return e, nil // the host needs nobody's leave
		}
	}
	unredeemed := link.Bearer != nil && e.ticket == nil
	right := e.ticket
	if unredeemed && link.Hidden {
		right = link.Chain // it opens nothing, and shows that one may ask
	}
	found, err := n.look(ctx, link, right, unredeemed, stored)
	if err == nil && unredeemed {
		found, err = n.redeem(ctx, link, found, &e)
	}
	if errors.Is(err, ErrUnreachable) && stored != nil {
		n.log.Info("nobody else is in the room now", "room", link.Room.Short())
		return e, nil // whoever was here before may wait for the others here
	}
	e.genesis, e.items, e.met = found.genesis, found.items, found.met
	return e, err
}

// ticketOf is the ticket that a person has for the room of a link: the one that was
// kept, else the link's own. A link that is no good is refused before anyone is asked.
func (n *Node) ticketOf(link invite.Link, now time.Time) (invite.Chain, error) {
	kept, err := n.cfg.Store.Ticket(link.Room)
	if err != nil {
		return nil, fmt.Errorf("read your ticket: %w", err)
	}
	if len(kept) > 0 {
		if _, host, err := invite.Chain(kept[:1]).Last(); err == nil {
			if _, err := invite.Chain(kept).VerifyTicket(link.Room, host, n.ID(), now); err == nil {
				return kept, nil
			}
		}
	}
	if len(link.Chain) == 0 {
		return nil, nil
	}
	_, host, err := link.Chain[:1].Last()
	if err != nil {
		return nil, err
	}
	if link.Bearer != nil {
		_, err = link.Chain.Verify(link.Room, host, now)
		return nil, err
	}
	if _, err := link.Chain.VerifyTicket(link.Room, host, n.ID(), now); err != nil {
		return nil, err
	}
	return link.Chain, nil
}

// redeem turns a bearer invite into a ticket, keeps it, and looks again with it.
func (n *Node) redeem(ctx context.Context, link invite.Link, found found, e *entry) (_ found, err error) {
	g, _, err := rooms.OpenGenesis(found.genesis)
	if err != nil {
		return found, err
	}
	if _, err := link.Chain.Verify(link.Room, g.Host, time.Now()); err != nil {
		return found, err
	}
	last, issuer, err := link.Chain.Last()
	if err != nil {
		return found, err
	}
	request, err := canon.Marshal(redeemRequest{Kind: admitRedeem, Room: link.Room, Chain: link.Chain, Bearer: *link.Bearer})
	if err != nil {
		return found, err
	}
	redeemers := append([]identity.ID{issuer}, last.Redeemers...)
	ticket, err := race(ctx, redeemers, func(ctx context.Context, who identity.ID) (invite.Chain, error) {
		answer, err := n.cfg.Network.Request(ctx, who, AdmitProtocol, request)
		if err != nil {
			return nil, err
		}
		a, err := parseRedeemAnswer(answer)
		if err != nil {
			return nil, err
		}
		_, err = a.Ticket.VerifyTicket(link.Room, g.Host, n.ID(), time.Now())
		return a.Ticket, err
	})
	if err != nil {
		return found, redeemError(err)
	}
	e.ticket = ticket
	if err := n.keepRoom(link.Room, entry{genesis: found.genesis, ticket: ticket}, nil); err != nil {
		return found, fmt.Errorf("keep your ticket: %w", err)
	}
	link.Addrs = nil // they are connected by now
	return n.look(ctx, link, ticket, false, found.genesis, append(found.met, redeemers...)...)
}

// redeemError is what a person is told whose invite was not redeemed.
func redeemError(err error) error {
	if refusal, ok := errors.AsType[*transport.Refusal](err); ok && refusal.Words != errNotHere.Error() {
		return errors.New(refusal.Words)
	}
	return fmt.Errorf("%w (%w)", ErrNoRedeemer, err)
}

// enter begins to be in a room.
func (n *Node) enter(ctx context.Context, e entry) error {
	m, err := n.newMember(e)
	if err != nil {
		return err
	}
	e.ticket = m.shown.Load().right.ticket
	if err := n.keepRoom(m.id, e, m.unkept); err != nil {
		return fmt.Errorf("keep the room: %w", err)
	}
	if want, missing := m.needs(); missing {
		secret, err := n.findSecret(ctx, m.id, want, e.ticket, m.acquainted(e.met))
		if err != nil {
			return err
		}
		m.secrets[want.epoch] = secret
	}
	m.met, m.unkept = e.met, nil
	return n.begin(ctx, m.session, maxRooms, ErrTooManyRooms)
}

// keepRoom keeps what it takes to come back.
func (n *Node) keepRoom(room identity.RoomID, e entry, ops [][]byte) error {
	if err := n.cfg.Store.PutGenesis(room, e.genesis); err != nil {
		return err
	}
	if len(e.ticket) > 0 {
		if err := n.cfg.Store.PutTicket(room, e.ticket); err != nil {
			return err
		}
	}
	for _, op := range ops {
		if err := n.cfg.Store.PutItem(room, op); err != nil {
			return err
		}
	}
	return nil
}

// acquainted are all who may have the room's secret: who answered, then who is there.
func (m *member) acquainted(met []identity.ID) []identity.ID {
	all := slices.Clone(met)
	for _, p := range m.room.View().People {
		if p.ID != m.n.ID() && !slices.Contains(all, p.ID) {
			all = append(all, p.ID)
		}
	}
	return firsts(all, maxAsking)
}
