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

// maxSeq is the highest number of a presence: safe to reckon with, and not reached by
// counting.
const maxSeq = 1 << 62

// Presence is what somebody says of themselves. The one with the highest Seq counts.
type Presence struct {
	Version  uint64          `cbor:"1,keyasint"`
	Room     identity.RoomID `cbor:"2,keyasint"`
	Seq      uint64          `cbor:"3,keyasint"` // Unix milliseconds by the author's clock, or one more than the last: it rises over restarts too
	Name     string          `cbor:"4,keyasint,omitempty"`
	Hand     int64           `cbor:"5,keyasint,omitempty"` // Unix milliseconds at which the hand went up, at most Seq; 0 means it is down
	Accepted Hash            `cbor:"6,keyasint,omitzero"`  // the grant op whose invitation to the stage is accepted
	Muted    bool            `cbor:"7,keyasint,omitempty"`
	Gone     bool            `cbor:"8,keyasint,omitempty"` // has left
	Ticket   invite.Chain    `cbor:"9,keyasint,omitempty"` // by what right, in a room that asks for one
	Lifted   Hash            `cbor:"10,keyasint,omitzero"` // the mute op that the author has made an end of

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
	if p.Seq > maxSeq || p.Hand < 0 || uint64(p.Hand) > p.Seq {
		return Presence{}, fmt.Errorf("presence: %w: number %d with a hand raised at %d", ErrMalformed, p.Seq, p.Hand)
	}
	if err := checkText("name", p.Name, MaxName); err != nil {
		return Presence{}, fmt.Errorf("presence: %w", err)
	}
	p.Author = author
	return p, nil
}

// within tells whether a presence was made about now, as far as clocks can tell.
func (p *Presence) within(skew time.Duration, wall time.Time) bool {
	return wall.Sub(time.UnixMilli(int64(p.Seq))).Abs() <= skew
}
