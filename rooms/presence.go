package rooms

import (
	"fmt"
	"time"

	"github.com/banyan-rooms/banyan/crypto/canon"
	"github.com/banyan-rooms/banyan/crypto/identity"
	"github.com/banyan-rooms/banyan/crypto/invite"
)

// How long a presence holds after it was received, and how often one's own is
// renewed: two of three renewals may be lost.
const (
	PresenceTTL   = 30 * time.Second
	presenceRenew = 10 * time.Second
)

// Presence is what somebody says of themselves. The one with the highest Seq counts.
type Presence struct {
	Version  uint64          `cbor:"1,keyasint"`
	Room     identity.RoomID `cbor:"2,keyasint"`
	Seq      uint64          `cbor:"3,keyasint"` // rises by one; begins at the Unix milliseconds of the start, so it rises over restarts too
	Name     string          `cbor:"4,keyasint,omitempty"`
	Hand     int64           `cbor:"5,keyasint,omitempty"` // Unix milliseconds at which the hand went up; 0 means it is down
	Accepted Hash            `cbor:"6,keyasint,omitzero"`  // the grant op whose invitation to the stage is accepted
	Muted    bool            `cbor:"7,keyasint,omitempty"`
	Gone     bool            `cbor:"8,keyasint,omitempty"` // has left
	Ticket   invite.Chain    `cbor:"9,keyasint,omitempty"` // by what right, in a room that asks for one

	Author identity.ID `cbor:"-"` // who signed it
}

func (p Presence) sign(key identity.Key) ([]byte, error) {
	p.Version = Version
	payload, err := canon.Marshal(p)
	if err != nil {
		return nil, err
	}
	return key.Seal(PresencePurpose, payload)
}

// OpenPresence verifies a presence's envelope and form.
func OpenPresence(envelope []byte) (Presence, error) {
	if len(envelope) > maxPresence {
		return Presence{}, fmt.Errorf("presence: %w: %d bytes, at most %d", ErrMalformed, len(envelope), maxPresence)
	}
	author, payload, err := identity.Open(PresencePurpose, envelope)
	if err != nil {
		return Presence{}, fmt.Errorf("presence: %w", err)
	}
	var p Presence
	if err := canon.UnmarshalVersion(payload, Version, &p); err != nil {
		return Presence{}, fmt.Errorf("presence: %w", err)
	}
	p.Author = author
	if p.Hand < 0 {
		return Presence{}, fmt.Errorf("presence: %w: hand raised before 1970", ErrMalformed)
	}
	return p, checkText("name", p.Name, MaxName)
}
