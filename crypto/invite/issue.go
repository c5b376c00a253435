package invite

import (
	"crypto/subtle"
	"fmt"
	"slices"
	"time"

	"github.com/banyan-rooms/banyan/crypto/canon"
	"github.com/banyan-rooms/banyan/crypto/identity"
)

// Issue signs an invite as the next of a chain: nil for the host's own. Version and
// Parent are filled in. It refuses what [Chain.Verify] would refuse at any time: a
// chain that key does not hold, a higher role, more than the quota.
func Issue(key identity.Key, parent Chain, i Invite) (Chain, error) {
	i.Version, i.Parent = Version, parent.ID()
	if err := i.check(); err != nil {
		return nil, err
	}
	if len(parent) > 0 {
		steps, err := parent.steps()
		if err != nil {
			return nil, err
		}
		if err := steps[len(steps)-1].follow(step{Invite: i, issuer: key.ID()}, len(steps)); err != nil {
			return nil, err
		}
	}
	return sign(key, parent, i)
}

// sign adds an invite to a chain without looking at it.
func sign(key identity.Key, parent Chain, i Invite) (Chain, error) {
	payload, err := canon.Marshal(i)
	if err != nil {
		return nil, err
	}
	envelope, err := key.Seal(Purpose, payload)
	if err != nil {
		return nil, err
	}
	return append(slices.Clip(parent), envelope), nil
}

// Redemption is somebody's wish to come in by a bearer invite.
type Redemption struct {
	Chain  Chain // ends in the bearer invite
	Secret Bearer
	Room   identity.RoomID
	Host   identity.ID
	Holder identity.ID // who wishes to come in
	Use    uint32      // how many others this redeemer has let in by this invite
}

// Redeem turns a bearer invite into a ticket for its holder, signed by key, which
// must be the invite's issuer's or a redeemer's. The caller counts the uses, by
// [Chain.ID], and durably, before it hands the ticket out; to somebody who was let
// in before it gives the same use again.
func Redeem(key identity.Key, r Redemption, now time.Time) (Chain, error) {
	if _, err := r.Chain.Verify(r.Room, r.Host, now); err != nil {
		return nil, err
	}
	last, issuer, err := r.Chain.Last()
	if err != nil {
		return nil, err
	}
	hash := r.Secret.Hash()
	switch {
	case last.Named():
		return nil, fmt.Errorf("%w: it is not a bearer invite", ErrNotRedeemer)
	case !last.redeemable(key.ID(), issuer):
		return nil, ErrNotRedeemer
	case subtle.ConstantTimeCompare(hash[:], last.BearerHash[:]) != 1:
		return nil, ErrBearer
	case last.Uses > 0 && r.Use >= last.Uses:
		return nil, fmt.Errorf("%w: %d times", ErrUsed, last.Uses)
	}
	return Issue(key, r.Chain, Invite{
		Room: last.Room, Role: last.Role, NotAfter: last.NotAfter, Invitee: r.Holder, Quota: last.Quota, Serial: r.Use,
	})
}
