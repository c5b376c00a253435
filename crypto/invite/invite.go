// Package invite lets people bring people into a room, without a server.
//
// An invite is an envelope signed by its issuer. It is either named (good for one
// peer, and by itself the ticket that lets that peer in, which anyone can check
// offline) or a bearer invite (good for whoever holds a secret): that one is
// redeemed at its issuer, or at a redeemer whom it names, who counts the uses and
// signs a ticket, which is a named invite that follows the bearer invite.
//
// Invites form a [Chain] from the host's first to the last. Along it,
//
//  1. the first is signed by the host; each further one names its parent by hash and
//     is signed by whom the parent lets in or, after a bearer invite, by that
//     invite's issuer or one of its redeemers;
//  2. a role never rises, and an invite is valid only while all before it are;
//  3. an issuer numbers its invites by [Invite.Serial] below the quota of the invite
//     that let it in, and hands on less than that quota to each. A named invite takes
//     one number; a bearer invite takes one for each use at each redeemer, so it
//     must say how many. The host has no quota and need not count;
//  4. a ticket is numbered too, below the uses of its bearer invite, and grants no
//     more than it;
//  5. the chain has at most [MaxDepth] invites, and no bearer invite at its very end,
//     where its ticket would find no place.
//
// Two invites for different people that take the same number of the same issuer
// under the same parent prove to anyone that the issuer cheated, unless the issuer
// is the host, who need not count.
//
// On the wire a chain is a CBOR array of envelopes, each the canonical CBOR of
// [Invite] under the purpose "banyan/invite/1".
package invite

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/banyan-rooms/banyan/crypto/identity"
)

// Purpose is what an invite's envelope is signed for.
const Purpose identity.Purpose = "banyan/invite/1"

// Bounds on an invite.
const (
	Version      = 1       // of invites, links and proofs
	MaxDepth     = 8       // invites in a chain: enough for any circle of friends of friends
	MaxRedeemers = 4       // peers beside the issuer that redeem a bearer invite
	MaxQuota     = 1 << 16 // further invites by one invitee
	MaxUses      = 1 << 20 // people let in by one bearer invite
	maxEnvelope  = 1024    // bytes of one envelope; the largest honest one has under 500
	maxTime      = 1 << 37 // Unix seconds, in the year 6325: far off and safe to reckon with
)

// What can be wrong with an invite. Every error of this package wraps one of these.
var (
	ErrMalformed   = errors.New("this is not a Banyan invite")
	ErrForged      = errors.New("this invite was changed after it was signed")
	ErrVersion     = errors.New("this invite was made by another version of Banyan")
	ErrExpired     = errors.New("this invite has expired")
	ErrNotYet      = errors.New("this invite is not valid yet")
	ErrRoom        = errors.New("this invite is for another room")
	ErrHolder      = errors.New("this invite is for someone else")
	ErrChain       = errors.New("this invite was not issued by someone who may invite")
	ErrQuota       = errors.New("this invite grants more than its issuer had to give")
	ErrBearer      = errors.New("the secret of this invite is wrong")
	ErrUsed        = errors.New("this invite has been used as often as it may be")
	ErrNotRedeemer = errors.New("this invite cannot be redeemed here")

	errDamaged = fmt.Errorf("%w: part of it is missing or changed, copy it whole", ErrMalformed)
)

// Bearer is the secret of a bearer invite. Whoever holds it may come in.
type Bearer [16]byte

// NewBearer draws a secret.
func NewBearer(random io.Reader) (Bearer, error) {
	var b Bearer
	if _, err := io.ReadFull(random, b[:]); err != nil {
		return Bearer{}, fmt.Errorf("draw the secret of an invite: %w", err)
	}
	return b, nil
}

// Hash is what the invite says about its secret.
func (b Bearer) Hash() [32]byte { return sha256.Sum256(append([]byte("banyan bearer 1"), b[:]...)) }

// String hides the secret from logs.
func (Bearer) String() string { return "invite.Bearer(hidden)" }

// Format hides the secret from every verb of package fmt.
func (b Bearer) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, b.String()) }

// Invite is what an issuer signs.
type Invite struct {
	Version    uint8           `cbor:"1,keyasint"`
	Room       identity.RoomID `cbor:"2,keyasint"`
	Role       Role            `cbor:"3,keyasint"`
	NotBefore  int64           `cbor:"4,keyasint,omitempty"`  // Unix seconds; 0 means always
	NotAfter   int64           `cbor:"5,keyasint,omitempty"`  // Unix seconds, the last valid one; 0 means no end of its own
	Invitee    identity.ID     `cbor:"6,keyasint,omitzero"`   // of a named invite
	BearerHash [32]byte        `cbor:"7,keyasint,omitzero"`   // of a bearer invite: [Bearer.Hash]
	Uses       uint32          `cbor:"8,keyasint,omitempty"`  // of a bearer invite, at each redeemer; 0 means without limit
	Redeemers  []identity.ID   `cbor:"9,keyasint,omitempty"`  // who redeems it, beside the issuer
	Quota      uint32          `cbor:"10,keyasint,omitempty"` // further invites by the invitee
	Serial     uint32          `cbor:"11,keyasint,omitempty"` // first number that it takes of the issuer's quota, or of the uses
	Parent     [32]byte        `cbor:"12,keyasint,omitzero"`  // [Chain.ID] of the invite before it; zero in the host's
}

// Named tells whether the invite is good for one peer only.
func (i Invite) Named() bool { return !i.Invitee.IsZero() }

// check finds what is wrong with an invite by itself.
func (i Invite) check() error {
	bearer := i.BearerHash != [32]byte{}
	switch {
	case i.Room.IsZero():
		return fmt.Errorf("%w: it names no room", ErrMalformed)
	case i.Role < Listener || i.Role > Moderator:
		return fmt.Errorf("%w: nobody can be invited as %v", ErrMalformed, i.Role)
	case i.Named() == bearer:
		return fmt.Errorf("%w: it must name either a person or a secret", ErrMalformed)
	case i.Named() && (i.Uses > 0 || len(i.Redeemers) > 0):
		return fmt.Errorf("%w: it names a person and how to redeem it", ErrMalformed)
	case len(i.Redeemers) > MaxRedeemers:
		return fmt.Errorf("%w: %d redeemers, at most %d", ErrMalformed, len(i.Redeemers), MaxRedeemers)
	case i.Quota > MaxQuota:
		return fmt.Errorf("%w: a quota of %d, at most %d", ErrMalformed, i.Quota, MaxQuota)
	case i.Uses > MaxUses:
		return fmt.Errorf("%w: %d uses, at most %d", ErrMalformed, i.Uses, MaxUses)
	case min(i.NotBefore, i.NotAfter) < 0 || max(i.NotBefore, i.NotAfter) > maxTime:
		return fmt.Errorf("%w: its time is out of bounds", ErrMalformed)
	case i.NotAfter != 0 && i.NotAfter < i.NotBefore:
		return fmt.Errorf("%w: it ends before it begins", ErrMalformed)
	}
	return nil
}

// during tells whether an invite holds at a time.
func (i Invite) during(now time.Time) error {
	switch at := now.Unix(); {
	case at < i.NotBefore:
		return fmt.Errorf("%w (from %s)", ErrNotYet, day(i.NotBefore))
	case i.NotAfter != 0 && at > i.NotAfter:
		return fmt.Errorf("%w (on %s)", ErrExpired, day(i.NotAfter))
	}
	return nil
}

func day(unix int64) string { return time.Unix(unix, 0).UTC().Format("2 January 2006 15:04 MST") }

// Takes is how many numbers of its issuer's quota the invite takes: as many people
// as it can let in.
func (i Invite) Takes() uint64 {
	if i.Named() {
		return 1
	}
	return uint64(i.Uses) * uint64(1+len(i.Redeemers))
}

// redeemable tells whether who may sign tickets for the bearer invite of an issuer.
func (i Invite) redeemable(who, issuer identity.ID) bool {
	return !i.Named() && (who == issuer || slices.Contains(i.Redeemers, who))
}
