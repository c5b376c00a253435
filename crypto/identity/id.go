// Package identity says who someone is and who signed what.
//
// A person is an Ed25519 key pair (RFC 8032). The public half is the [ID]; its
// text form is the libp2p peer ID, so the name that the network uses and the
// name that a signature proves are one and the same.
//
// A signature is made for one [Purpose] and worthless for any other. Long things
// travel as [Key.Seal]ed envelopes (libp2p's signed envelope, which carries the
// signer's key); the exact signed bytes are kept and passed on, and nothing is
// encoded again before it is verified.
package identity

import (
	"bytes"
	"errors"
	"fmt"

	"github.com/libp2p/go-libp2p/core/crypto"
	"github.com/libp2p/go-libp2p/core/peer"
)

// ID names a peer: its Ed25519 public key. It is comparable, so it can be the key
// of a map. The zero ID names nobody.
type ID [32]byte

// ErrNotEd25519 says that a peer ID or key is of a kind that Banyan does not use.
var ErrNotEd25519 = errors.New("identity is not an Ed25519 key")

// maxText bounds the text form of an ID or RoomID before it is decoded, which
// takes time in the square of its length. The longest form in use has 65 characters.
const maxText = 128

// ParseID reads the text form of an ID ("12D3KooW…").
func ParseID(s string) (ID, error) {
	if len(s) > maxText {
		return ID{}, fmt.Errorf("parse peer ID: %d characters, want at most %d", len(s), maxText)
	}
	p, err := peer.Decode(s)
	if err != nil {
		return ID{}, fmt.Errorf("parse peer ID %q: %w", s, err)
	}
	return FromPeer(p)
}

// FromPeer returns the ID behind a libp2p peer ID.
func FromPeer(p peer.ID) (ID, error) {
	pub, err := p.ExtractPublicKey()
	if err != nil {
		return ID{}, fmt.Errorf("%w: %w", ErrNotEd25519, err)
	}
	return fromPublic(pub)
}

func fromPublic(pub crypto.PubKey) (ID, error) {
	if _, ok := pub.(*crypto.Ed25519PublicKey); !ok {
		return ID{}, ErrNotEd25519
	}
	raw, err := pub.Raw()
	if err != nil || len(raw) != len(ID{}) {
		return ID{}, ErrNotEd25519
	}
	// The zero key is a point of order four: anyone can sign for it.
	if ID(raw).IsZero() {
		return ID{}, fmt.Errorf("%w: the zero key is nobody's", ErrNotEd25519)
	}
	return ID(raw), nil
}

// peerPrefix begins the peer ID of every Ed25519 key, which is the key itself in
// libp2p's key format (type 1, 32 bytes of data) under the identity multihash.
const peerPrefix = "\x00\x24" + "\x08\x01" + "\x12\x20"

// Peer returns the libp2p peer ID, or "" for the zero ID.
func (id ID) Peer() peer.ID {
	if id.IsZero() {
		return ""
	}
	return peer.ID(peerPrefix + string(id[:]))
}

// IsZero tells whether id names nobody.
func (id ID) IsZero() bool { return id == ID{} }

// Compare orders IDs by their bytes, as [bytes.Compare] does.
func (id ID) Compare(other ID) int { return bytes.Compare(id[:], other[:]) }

// String returns the text form, or "nobody" for the zero ID.
func (id ID) String() string {
	if id.IsZero() {
		return "nobody"
	}
	return id.Peer().String()
}

// Short returns the last six characters of the text form: enough to tell people
// apart in a log, never enough to know them by.
func (id ID) Short() string {
	s := id.String()
	return s[max(0, len(s)-6):]
}

// MarshalText writes the text form; the zero ID is empty.
func (id ID) MarshalText() ([]byte, error) {
	if id.IsZero() {
		return nil, nil
	}
	return []byte(id.String()), nil
}

// UnmarshalText reads the text form.
func (id *ID) UnmarshalText(text []byte) error {
	if len(text) == 0 {
		*id = ID{}
		return nil
	}
	parsed, err := ParseID(string(text))
	if err != nil {
		return err
	}
	*id = parsed
	return nil
}
