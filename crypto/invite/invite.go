// Package invite lets people bring people into a room, without a server.
//
// An invite is an envelope signed by its issuer. It is either named (good for one
// peer, and by itself the ticket that lets that peer in, which anyone can check
// offline) or a bearer invite (good for whoever holds a secret, [Invite.Uses]
// times): that one is redeemed at its issuer, or at a redeemer whom it names, who
// counts the uses and signs a ticket.
//
// Invites form a [Chain] from the host's first to the last. Along it,
//
//  1. the first is signed by the host; each further one by whom the one before lets in,
//     or, after a bearer invite, by its issuer or one of its redeemers;
//  2. a role never rises, an expiry never grows, and an invite is valid when all are;
//  3. an issuer has a quota from the invite that let it in: it numbers its invites by
//     [Invite.Serial] below that quota, and hands on at most quota - 1 to each.
//     The host has no quota. A ticket for a redeemed bearer invite is not counted
//     here: its redeemer counts the uses. It grants what the bearer invite grants;
//  4. the chain has at most [MaxDepth] invites.
//
// On the wire a chain is a CBOR array of envelopes, each the canonical CBOR of
// [Invite] under the purpose "banyan/invite/1". Two invites for different people
// under one issuer and serial prove that the issuer cheated.
package invite

import (
	"crypto/sha256"
	"crypto/subtle"
	"errors"
	"fmt"
	"time"

	"github.com/banyan-rooms/banyan/crypto/canon"
	"github.com/banyan-rooms/banyan/crypto/identity"
)

// Purpose is what an invite's envelope is signed for.
const Purpose identity.Purpose = "banyan/invite/1"

// Bounds on an invite.
const (
	Version      = 1
	MaxDepth     = 8       // invites in a chain: enough for any circle of friends of friends
	MaxRedeemers = 4       // peers beside the issuer that redeem a bearer invite
	MaxQuota     = 1 << 16 // further invites by one invitee
	MaxUses      = 1 << 20 // people let in by one bearer invite
	maxEnvelope  = 2048    // bytes of one envelope; the largest honest one has under 600
)

// What can be wrong with an invite. Every error of this package wraps one of these
// or [identity.ErrPurpose].
var (
	ErrMalformed   = errors.New("this is not a Banyan invite")
	ErrVersion     = errors.New("this invite was made by a newer Banyan")
	ErrExpired     = errors.New("this invite has expired")
	ErrNotYet      = errors.New("this invite is not valid yet")
	ErrRoom        = errors.New("this invite is for another room")
	ErrHolder      = errors.New("this invite is for someone else")
	ErrChain       = errors.New("this invite was not issued by someone who may invite")
	ErrQuota       = errors.New("this invite grants more than its issuer had to give")
	ErrBearer      = errors.New("the secret of this invite is wrong")
	ErrNotRedeemer = errors.New("this invite cannot be redeemed here")
)

// Bearer is the secret of a bearer invite. Whoever holds it may come in.
type Bearer [16]byte

// String hides the secret from logs.
func (Bearer) String() string { return "invite.Bearer(hidden)" }

// Hash is what the invite says about its secret.
func (b Bearer) Hash() [32]byte { return sha256.Sum256(append([]byte("banyan bearer 1"), b[:]...)) }

// Invite is what an issuer signs.
type Invite struct {
	Version    uint8           `cbor:"1,keyasint"`
	Room       identity.RoomID `cbor:"2,keyasint"`
	Role       Role            `cbor:"3,keyasint"`
	NotBefore  int64           `cbor:"4,keyasint,omitempty"`  // Unix seconds; 0 means always
	NotAfter   int64           `cbor:"5,keyasint,omitempty"`  // Unix seconds, the last valid one; 0 means no end of its own
	Invitee    identity.ID     `cbor:"6,keyasint,omitzero"`   // a named invite
	BearerHash [32]byte        `cbor:"7,keyasint,omitzero"`   // a bearer invite: [Bearer.Hash]
	Uses       uint32          `cbor:"8,keyasint,omitempty"`  // of a bearer invite; 0 means without limit
	Redeemers  []identity.ID   `cbor:"9,keyasint,omitempty"`  // who redeems it, beside the issuer
	Quota      uint32          `cbor:"10,keyasint,omitempty"` // further invites by the invitee
	Serial     uint32          `cbor:"11,keyasint,omitempty"` // of the issuer's invites in this room
	Redeemed   bool            `cbor:"12,keyasint,omitempty"` // a ticket for the bearer invite before it
}

// Named tells whether the invite is good for one peer only.
func (i Invite) Named() bool { return !i.Invitee.IsZero() }

// check finds what is wrong with an invite by itself.
func (i Invite) check() error {
	bearer := i.BearerHash != [32]byte{}
	switch {
	case i.Version != Version:
		return fmt.Errorf("%w (version %d, this one reads %d)", ErrVersion, i.Version, Version)
	case i.Role < Listener || i.Role > Moderator:
		return fmt.Errorf("%w: nobody can be invited as %v", ErrMalformed, i.Role)
	case i.Named() == bearer:
		return fmt.Errorf("%w: it names neither a person nor a secret, or both", ErrMalformed)
	case len(i.Redeemers) > MaxRedeemers, i.Quota > MaxQuota, i.Uses > MaxUses:
		return fmt.Errorf("%w: beyond its bounds", ErrMalformed)
	case i.Named() && (i.Uses > 0 || len(i.Redeemers) > 0), bearer && i.Redeemed:
		return fmt.Errorf("%w: it is both named and a bearer's", ErrMalformed)
	}
	return nil
}

// during tells whether an invite holds at a time.
func (i Invite) during(now time.Time) error {
	switch at := now.Unix(); {
	case i.NotBefore != 0 && at < i.NotBefore:
		return fmt.Errorf("%w (from %v)", ErrNotYet, time.Unix(i.NotBefore, 0).UTC())
	case i.NotAfter != 0 && at > i.NotAfter:
		return fmt.Errorf("%w (on %v)", ErrExpired, time.Unix(i.NotAfter, 0).UTC())
	}
	return nil
}

// Issue signs an invite as the next of a chain: nil for the host's own. It does not
// check that the issuer may; [Chain.Verify] by anyone does.
func Issue(key identity.Key, parent Chain, i Invite) (Chain, error) {
	i.Version = Version
	if err := i.check(); err != nil {
		return nil, err
	}
	payload, err := canon.Marshal(i)
	if err != nil {
		return nil, err
	}
	envelope, err := key.Seal(Purpose, payload)
	if err != nil {
		return nil, err
	}
	return append(parent[:len(parent):len(parent)], envelope), nil
}

// Redeem turns a bearer invite into a ticket for holder, signed by key, which must
// be its issuer's or a redeemer's. The caller counts the uses, by [Chain.ID], and
// durably, before it hands the ticket out.
func Redeem(key identity.Key, c Chain, secret Bearer, room identity.RoomID, host, holder identity.ID, now time.Time) (Chain, error) {
	grant, err := c.Verify(room, host, now)
	if err != nil {
		return nil, err
	}
	last := grant.last
	if last.Named() {
		return nil, fmt.Errorf("%w: it is not a bearer invite", ErrNotRedeemer)
	}
	if !mayRedeem(key.ID(), grant.Issuer, last) {
		return nil, ErrNotRedeemer
	}
	hash := secret.Hash()
	if subtle.ConstantTimeCompare(hash[:], last.BearerHash[:]) != 1 {
		return nil, ErrBearer
	}
	return Issue(key, c, Invite{
		Room: room, Role: last.Role, NotAfter: last.NotAfter, Invitee: holder, Quota: last.Quota, Redeemed: true,
	})
}
