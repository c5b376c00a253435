package wire

import (
	"fmt"

	"github.com/banyan-rooms/banyan/crypto/canon"
	"github.com/banyan-rooms/banyan/crypto/identity"
)

// Beacon is what a parent tells those below it, over the link itself: that it lives,
// where it stands, and whom to turn to when it does not live any more.
type Beacon struct {
	Tree      uint8       `cbor:"0,keyasint,omitempty"`
	Version   uint64      `cbor:"1,keyasint"`
	Place     Place       `cbor:"2,keyasint"`
	Idle      bool        `cbor:"3,keyasint,omitempty"` // no media for a while: expect beacons only, and fewer
	Successor identity.ID `cbor:"4,keyasint,omitzero"`  // of a root: the child that takes over
	Warm      bool        `cbor:"5,keyasint,omitempty"` // the receiver is not fed, only warm: the sender is its backup
	Sent      uint16      `cbor:"6,keyasint,omitempty"` // the number of the next frame on this link
}

var beaconPlan = canon.PlanOf(Beacon{})

// Datagram returns the beacon's datagram.
func (b Beacon) Datagram() ([]byte, error) {
	b.Version, b.Place.Root = messageVersion, identity.ID{}
	return beaconPlan.Marshal(&b, KindBeacon)
}

// ParseBeacon reads the body of a beacon's datagram.
func ParseBeacon(body []byte) (Beacon, error) {
	if len(body) > MaxFrame {
		return Beacon{}, fmt.Errorf("beacon: %w: %d bytes, at most %d", ErrMalformed, len(body), MaxFrame)
	}
	v, err := beaconPlan.UnmarshalVersion(body, messageVersion)
	if err != nil {
		return Beacon{}, fmt.Errorf("beacon: %w", err)
	}
	b := *v.(*Beacon)
	if b.Tree >= MaxTrees {
		return Beacon{}, fmt.Errorf("beacon: %w: of tree %d of at most %d", ErrMalformed, b.Tree, MaxTrees)
	}
	if err := b.Place.check(); err != nil {
		return Beacon{}, fmt.Errorf("beacon: %w", err)
	}
	return b, nil
}
