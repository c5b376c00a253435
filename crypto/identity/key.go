package identity

import (
	"bytes"
	"errors"
	"fmt"
	"io"

	"github.com/libp2p/go-libp2p/core/crypto"
	"github.com/libp2p/go-libp2p/core/record"

	"github.com/banyan-rooms/banyan/crypto/canon"
)

// Purpose is what a signature is for: the domain string of its envelope. The
// purposes in use are declared by the packages that use them.
type Purpose string

// codec marks the envelopes that carry canonical CBOR (multicodec 0x51).
var codec = []byte{0x51}

// ErrPurpose says that a signature is missing, broken or made for something else.
var ErrPurpose = errors.New("signature does not hold for this purpose")

// Key is the private half of an identity.
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
	return newKey(private)
}

func newKey(private crypto.PrivKey) (Key, error) {
	id, err := fromPublic(private.GetPublic())
	if err != nil {
		return Key{}, err
	}
	return Key{private: private, id: id}, nil
}

// Marshal writes the key in libp2p's private key format. The result is secret.
func (k Key) Marshal() ([]byte, error) { return crypto.MarshalPrivateKey(k.private) }

// ID returns the public half.
func (k Key) ID() ID { return k.id }

// LibP2P returns the key for a libp2p host.
func (k Key) LibP2P() crypto.PrivKey { return k.private }

// Seal signs payload for one purpose and returns the envelope.
func (k Key) Seal(p Purpose, payload []byte) ([]byte, error) {
	e, err := record.Seal(&sealed{purpose: p, payload: payload}, k.private)
	if err != nil {
		return nil, fmt.Errorf("sign for %q: %w", p, err)
	}
	return e.Marshal()
}

// Open verifies an envelope made for a purpose and returns who signed it and what
// it carries. Every failure is an [ErrPurpose].
func Open(p Purpose, envelope []byte) (ID, []byte, error) {
	if len(envelope) > canon.MaxSize {
		return ID{}, nil, fmt.Errorf("%w %q: %d bytes, at most %d", ErrPurpose, p, len(envelope), canon.MaxSize)
	}
	into := &sealed{purpose: p}
	e, err := record.ConsumeTypedEnvelope(envelope, into)
	if err != nil {
		return ID{}, nil, fmt.Errorf("%w %q: %w", ErrPurpose, p, err)
	}
	signer, err := fromPublic(e.PublicKey)
	if err != nil {
		return ID{}, nil, fmt.Errorf("%w %q: %w", ErrPurpose, p, err)
	}
	// Protobuf lets one message be written in many ways; things are named by the
	// hash of their envelope, so only the one that Seal writes is good.
	if again, err := e.Marshal(); err != nil || !bytes.Equal(again, envelope) || !bytes.Equal(e.PayloadType, codec) {
		return ID{}, nil, fmt.Errorf("%w %q: not in canonical form", ErrPurpose, p)
	}
	return signer, into.payload, nil
}

// sealed lets bytes of ours travel as a libp2p record.
type sealed struct {
	purpose Purpose
	payload []byte
}

func (s *sealed) Domain() string                 { return string(s.purpose) }
func (s *sealed) Codec() []byte                  { return codec }
func (s *sealed) MarshalRecord() ([]byte, error) { return s.payload, nil }
func (s *sealed) UnmarshalRecord(b []byte) error { s.payload = b; return nil }
