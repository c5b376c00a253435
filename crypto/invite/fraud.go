package invite

import (
	"bytes"
	"fmt"

	"github.com/banyan-rooms/banyan/crypto/canon"
	"github.com/banyan-rooms/banyan/crypto/identity"
)

// MaxFraud is how many bytes a proof of cheating has at most.
const MaxFraud = (MaxDepth+2)*maxEnvelope + 128

// Fraud is the proof that somebody gave the same invite to two: two invites that follow
// the same chain, signed by one issuer, and that take the same place of what the issuer
// had to give. Nobody needs to sign it. Both invites are void, with all that follows
// them: nobody can tell which was the one too many.
type Fraud struct {
	Version uint64 `cbor:"1,keyasint"`
	Chain   Chain  `cbor:"2,keyasint"` // that both follow
	First   []byte `cbor:"3,keyasint"` // the envelopes, in rising order
	Second  []byte `cbor:"4,keyasint"`
}

// Cheat is what a proof shows.
type Cheat struct {
	Who     identity.ID    // signed both invites
	Invites [2][32]byte    // their IDs, in the order of the proof
	For     [2]identity.ID // whom they let in; zero for a bearer invite
}

// FindFraud looks whether two chains prove that somebody cheated. Both must have been
// verified for the same room and host.
func FindFraud(a, b Chain) (Fraud, bool) {
	for n := range min(len(a), len(b)) {
		if bytes.Equal(a[n], b[n]) {
			continue
		}
		if n == 0 {
			return Fraud{}, false // the host gives as it likes
		}
		f := Fraud{Version: Version, Chain: a[:n:n], First: a[n], Second: b[n]}
		if bytes.Compare(f.First, f.Second) > 0 {
			f.First, f.Second = f.Second, f.First
		}
		_, err := f.cheat()
		return f, err == nil
	}
	return Fraud{}, false
}

// Verify checks a proof. What ended since it was signed proves as much as before. The
// host is never proven to cheat: what it gives is without limit.
func (f Fraud) Verify(room identity.RoomID, host identity.ID) (Cheat, error) {
	steps, err := f.Chain.steps()
	if err != nil {
		return Cheat{}, err
	}
	if steps[0].Room != room {
		return Cheat{}, ErrRoom
	}
	if steps[0].issuer != host {
		return Cheat{}, fmt.Errorf("%w: it does not begin at the room's host", ErrChain)
	}
	c, err := f.cheat()
	if err == nil && c.Who == host {
		return Cheat{}, fmt.Errorf("%w: the host gives as it likes", ErrMalformed)
	}
	return c, err
}

// cheat looks at the two invites and the one before them.
func (f Fraud) cheat() (Cheat, error) {
	if bytes.Compare(f.First, f.Second) >= 0 {
		return Cheat{}, fmt.Errorf("%w: the invites of a proof are not in order", ErrMalformed)
	}
	parent, err := open(f.Chain[len(f.Chain)-1])
	if err != nil {
		return Cheat{}, err
	}
	var two [2]step
	for n, envelope := range [2][]byte{f.First, f.Second} {
		if two[n], err = open(envelope); err != nil {
			return Cheat{}, err
		}
		if err := parent.follow(two[n], len(f.Chain)); err != nil {
			return Cheat{}, err
		}
	}
	a, b := two[0].signed(), two[1].signed()
	switch {
	case !parent.Named() && parent.Uses == 0:
		return Cheat{}, fmt.Errorf("%w: what is without limit cannot be overdrawn", ErrMalformed)
	case !a.Clashes(b):
		return Cheat{}, fmt.Errorf("%w: the two invites go together", ErrMalformed)
	}
	return Cheat{Who: a.Issuer, Invites: [2][32]byte{a.ID, b.ID}, For: [2]identity.ID{a.Invitee, b.Invitee}}, nil
}

// Clashes tells whether two invites that follow the same one are of one issuer, for
// different people, and take the same place: unless what they follow is without limit,
// that is cheating.
func (s Signed) Clashes(other Signed) bool {
	sameGuest := s.Invitee == other.Invitee && s.BearerHash == other.BearerHash
	from, to := max(s.Serial, other.Serial), min(uint64(s.Serial)+s.Takes(), uint64(other.Serial)+other.Takes())
	return s.Issuer == other.Issuer && s.Parent == other.Parent && !sameGuest && uint64(from) < to
}

// Marshal returns the proof's bytes.
func (f Fraud) Marshal() ([]byte, error) {
	f.Version = Version
	return canon.Marshal(f)
}

// ParseFraud reads a proof; it is still to be verified.
func ParseFraud(b []byte) (Fraud, error) {
	if len(b) > MaxFraud {
		return Fraud{}, fmt.Errorf("%w: a proof of %d bytes, at most %d", ErrMalformed, len(b), MaxFraud)
	}
	var f Fraud
	if err := read(b, &f); err != nil {
		return Fraud{}, err
	}
	return f, nil
}
