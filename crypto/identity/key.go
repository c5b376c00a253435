package identity

import (
	"bytes"
	"crypto/ed25519"
	"errors"
	"fmt"
	"io"

	"github.com/libp2p/go-libp2p/core/crypto"
)

// errNoKey meets whoever uses the zero [Key].
var errNoKey = errors.New("there is no key")

// Key is the private half of an identity. The zero Key is nobody's and signs
// nothing.
type Key struct {
	private crypto.PrivKey
	id      ID
}

// Generate makes a new identity from random bytes.
func Generate(random io.Reader) (Key, error) {
	private, _, err := crypto.GenerateEd25519Key(random)
	if err != nil {
		return Key{}, fmt.Errorf("generate identity: %w", err)
	}
	return newKey(private)
}

// ParseKey reads what [Key.Marshal] wrote.
func ParseKey(b []byte) (Key, error) {
	private, err := crypto.UnmarshalPrivateKey(b)
	if err != nil {
		return Key{}, fmt.Errorf("parse identity: %w", err)
	}
	key, err := newKey(private)
	if err != nil {
		return Key{}, fmt.Errorf("parse identity: %w", err)
	}
	// What is stored is the seed and the public key. Signing under a public key that
	// is not the seed's gives the seed away.
	raw, err := private.Raw()
	if err != nil || !bytes.Equal(ed25519.NewKeyFromSeed(raw[:ed25519.SeedSize]), raw) {
		return Key{}, errors.New("parse identity: the public half does not belong to the private half")
	}
	return key, nil
}

func newKey(private crypto.PrivKey) (Key, error) {
	id, err := fromPublic(private.GetPublic())
	if err != nil {
		return Key{}, err
	}
	return Key{private: private, id: id}, nil
}

// Marshal writes the key in libp2p's private key format. The result is secret.
func (k Key) Marshal() ([]byte, error) {
	if k.private == nil {
		return nil, fmt.Errorf("write identity: %w", errNoKey)
	}
	return crypto.MarshalPrivateKey(k.private)
}

// String names the key by its public half; the private half is never printed.
func (k Key) String() string { return "key of " + k.id.String() }

// GoString does as String does.
func (k Key) GoString() string { return k.String() }

// ID returns the public half.
func (k Key) ID() ID { return k.id }

// LibP2P returns the key for a libp2p host.
func (k Key) LibP2P() crypto.PrivKey { return k.private }
