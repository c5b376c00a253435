package invite

import (
	"crypto/sha256"
	"fmt"
	"slices"
	"time"

	"github.com/banyan-rooms/banyan/crypto/canon"
	"github.com/banyan-rooms/banyan/crypto/identity"
)

// Chain is the envelopes of invites, from the host's first to the last.
type Chain [][]byte

// Grant is what a chain amounts to.
type Grant struct {
	Room     identity.RoomID
	Role     Role
	Holder   identity.ID // whom it lets in; zero for a bearer invite
	Issuer   identity.ID // who signed the last invite
	NotAfter time.Time   // zero when nothing ends it
	Quota    uint32      // further invites by the holder
	Uses     uint32      // of a bearer invite; 0 means without limit
	Depth    int         // invites in the chain

	last Invite
}

// ID names the last invite: the hash of its envelope. Uses are counted by it.
func (c Chain) ID() [32]byte {
	if len(c) == 0 {
		return [32]byte{}
	}
	return sha256.Sum256(c[len(c)-1])
}

// Verify checks every step of the chain, from the room's host to the last invite,
// at a time. It says nothing about revoked invites and banned people: the room's
// log does.
func (c Chain) Verify(room identity.RoomID, host identity.ID, now time.Time) (Grant, error) {
	switch {
	case len(c) == 0:
		return Grant{}, fmt.Errorf("%w: it is empty", ErrMalformed)
	case len(c) > MaxDepth:
		return Grant{}, fmt.Errorf("%w: %d steps, at most %d", ErrChain, len(c), MaxDepth)
	}
	var g Grant
	for depth, envelope := range c {
		issuer, next, err := open(envelope)
		if err != nil {
			return Grant{}, err
		}
		if next.Room != room {
			return Grant{}, ErrRoom
		}
		if depth == 0 {
			err = first(issuer, host, next)
		} else {
			err = g.follow(issuer, next)
		}
		if err != nil {
			return Grant{}, err
		}
		if err := next.during(now); err != nil {
			return Grant{}, err
		}
		g.take(issuer, next, depth+1)
	}
	return g, nil
}

// VerifyTicket checks that the chain lets holder in.
func (c Chain) VerifyTicket(room identity.RoomID, host, holder identity.ID, now time.Time) (Grant, error) {
	g, err := c.Verify(room, host, now)
	if err != nil {
		return Grant{}, err
	}
	if g.Holder != holder || holder.IsZero() {
		return Grant{}, ErrHolder
	}
	return g, nil
}

// open reads one envelope.
func open(envelope []byte) (issuer identity.ID, i Invite, err error) {
	if len(envelope) > maxEnvelope {
		return identity.ID{}, Invite{}, fmt.Errorf("%w: %d bytes, at most %d", ErrMalformed, len(envelope), maxEnvelope)
	}
	issuer, payload, err := identity.Open(Purpose, envelope)
	if err != nil {
		return identity.ID{}, Invite{}, err
	}
	if err := canon.Unmarshal(payload, &i); err != nil {
		return identity.ID{}, Invite{}, fmt.Errorf("%w: %w", ErrMalformed, err)
	}
	return issuer, i, i.check()
}

// first checks the step that the host takes.
func first(issuer, host identity.ID, i Invite) error {
	if issuer != host || i.Redeemed {
		return ErrChain
	}
	return nil
}

// follow checks the step after g.
func (g Grant) follow(issuer identity.ID, next Invite) error {
	if next.Role > g.Role {
		return fmt.Errorf("%w: %v after %v", ErrQuota, next.Role, g.Role)
	}
	if next.Redeemed {
		return g.redeemed(issuer, next)
	}
	switch {
	case g.Holder.IsZero() || issuer != g.Holder:
		return ErrChain
	case next.Serial >= g.Quota:
		return fmt.Errorf("%w: invite number %d of %d", ErrQuota, next.Serial+1, g.Quota)
	case next.Quota >= g.Quota:
		return fmt.Errorf("%w: hands on %d invites of %d", ErrQuota, next.Quota, g.Quota)
	}
	return nil
}

// redeemed checks the ticket for a bearer invite.
func (g Grant) redeemed(issuer identity.ID, ticket Invite) error {
	switch {
	case g.last.Named() || !mayRedeem(issuer, g.Issuer, g.last):
		return ErrChain
	case ticket.Quota > g.Quota:
		return fmt.Errorf("%w: hands on %d invites of %d", ErrQuota, ticket.Quota, g.Quota)
	}
	return nil
}

func mayRedeem(who, issuer identity.ID, i Invite) bool {
	return who == issuer || slices.Contains(i.Redeemers, who)
}

// take makes g what it is after one more step.
func (g *Grant) take(issuer identity.ID, next Invite, depth int) {
	g.Room, g.Role, g.Holder, g.Issuer = next.Room, next.Role, next.Invitee, issuer
	g.Quota, g.Uses, g.Depth, g.last = next.Quota, next.Uses, depth, next
	if end := time.Unix(next.NotAfter, 0); next.NotAfter != 0 && (g.NotAfter.IsZero() || end.Before(g.NotAfter)) {
		g.NotAfter = end
	}
}
