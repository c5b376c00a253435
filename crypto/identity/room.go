package identity

import (
	"bytes"
	"crypto/sha256"
	"fmt"

	"github.com/ipfs/go-cid"
	"github.com/multiformats/go-multihash"
)

// RoomID names a room: the SHA-256 of its signed genesis. Its text form is a CID
// (version 1, raw, base32), which is also the key under which the DHT knows it.
type RoomID [32]byte

// RoomOf returns the name of the room whose genesis envelope is given.
func RoomOf(genesis []byte) RoomID { return sha256.Sum256(genesis) }

// ParseRoomID reads the text form of a RoomID ("bafkrei…").
func ParseRoomID(s string) (RoomID, error) {
	if len(s) > maxText {
		return RoomID{}, fmt.Errorf("parse room ID: %d characters, want at most %d", len(s), maxText)
	}
	c, err := cid.Decode(s)
	if err != nil {
		return RoomID{}, fmt.Errorf("parse room ID %q: %w", s, err)
	}
	h, err := multihash.Decode(c.Hash())
	if err != nil || c.Type() != cid.Raw || h.Code != multihash.SHA2_256 || len(h.Digest) != len(RoomID{}) {
		return RoomID{}, fmt.Errorf("parse room ID %q: want a raw SHA-256 CID", s)
	}
	if r := RoomID(h.Digest); !r.IsZero() {
		return r, nil
	}
	return RoomID{}, fmt.Errorf("parse room ID %q: names no room", s)
}

// CID returns the room's content identifier.
func (r RoomID) CID() cid.Cid {
	h, err := multihash.Encode(r[:], multihash.SHA2_256)
	if err != nil {
		panic(err) // only an unknown code can fail
	}
	return cid.NewCidV1(cid.Raw, h)
}

// IsZero tells whether r names no room.
func (r RoomID) IsZero() bool { return r == RoomID{} }

// Compare orders rooms by their bytes.
func (r RoomID) Compare(other RoomID) int { return bytes.Compare(r[:], other[:]) }

// String returns the text form, or "no room" for the zero RoomID.
func (r RoomID) String() string {
	if r.IsZero() {
		return "no room"
	}
	return r.CID().String()
}

// Short returns the last six characters of the text form, for logs.
func (r RoomID) Short() string {
	s := r.String()
	return s[max(0, len(s)-6):]
}

// MarshalText writes the text form; the zero RoomID is empty.
func (r RoomID) MarshalText() ([]byte, error) {
	if r.IsZero() {
		return nil, nil
	}
	return []byte(r.String()), nil
}

// UnmarshalText reads the text form.
func (r *RoomID) UnmarshalText(text []byte) error {
	if len(text) == 0 {
		*r = RoomID{}
		return nil
	}
	parsed, err := ParseRoomID(string(text))
	if err != nil {
		return err
	}
	*r = parsed
	return nil
}
