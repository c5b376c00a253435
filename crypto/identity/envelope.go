package identity

import (
	"bytes"
	"errors"
	"fmt"

	"github.com/libp2p/go-libp2p/core/record"
)

// Purpose is what a signature is for: the domain string of its envelope. The
// purposes in use are declared by the packages that use them.
type Purpose string

// MaxEnvelope bounds an envelope in bytes. The longest one in use is a presence
// that carries a ticket with a full chain of invites (10 KiB).
const MaxEnvelope = 64 << 10

// codec marks the envelopes that carry canonical CBOR (multicodec 0x51).
var codec = []byte{0x51}

// ErrPurpose says that a signature is missing, broken or made for something else.
var ErrPurpose = errors.New("signature does not hold for this purpose")

// Why an envelope is refused although its signature may hold.
var (
	errSize  = fmt.Errorf("larger than %d bytes", MaxEnvelope)
	errCodec = errors.New("payload is not marked as canonical CBOR")
	errForm  = errors.New("envelope is not in its canonical form")
	errEmpty = errors.New("a signature must have a purpose")
)

// Seal signs payload for one purpose and returns the envelope.
func (k Key) Seal(p Purpose, payload []byte) ([]byte, error) {
	if k.private == nil {
		return nil, fmt.Errorf("sign for %q: %w", p, errNoKey)
	}
	e, err := record.Seal(&sealed{purpose: p, payload: payload}, k.private)
	if err != nil {
		return nil, fmt.Errorf("sign for %q: %w", p, err)
	}
	envelope, err := e.Marshal()
	if err != nil {
		return nil, fmt.Errorf("sign for %q: %w", p, err)
	}
	if len(envelope) > MaxEnvelope {
		return nil, fmt.Errorf("sign for %q: envelope of %d bytes is %w", p, len(envelope), errSize)
	}
	return envelope, nil
}

// Open verifies an envelope made for a purpose and returns who signed it and what
// it carries. Every failure is an [ErrPurpose].
//
// An envelope has one form only, byte for byte: protobuf would let anyone reorder
// its fields or add some without breaking the signature, and give one signed thing
// many hashes. Only the signer can make a second envelope of the same payload.
func Open(p Purpose, envelope []byte) (ID, []byte, error) {
	signer, payload, err := open(p, envelope)
	if err != nil {
		return ID{}, nil, fmt.Errorf("%w %q: %w", ErrPurpose, p, err)
	}
	return signer, payload, nil
}

func open(p Purpose, envelope []byte) (ID, []byte, error) {
	if p == "" {
		return ID{}, nil, errEmpty
	}
	if len(envelope) > MaxEnvelope {
		return ID{}, nil, errSize
	}
	into := &sealed{purpose: p}
	e, err := record.ConsumeTypedEnvelope(envelope, into)
	if err != nil {
		return ID{}, nil, err
	}
	signer, err := fromPublic(e.PublicKey)
	if err != nil {
		return ID{}, nil, err
	}
	if !bytes.Equal(e.PayloadType, codec) {
		return ID{}, nil, errCodec
	}
	if again, err := e.Marshal(); err != nil || !bytes.Equal(again, envelope) {
		return ID{}, nil, errForm
	}
	return signer, into.payload, nil
}

// sealed lets bytes of ours travel as a libp2p record.
type sealed struct {
	purpose Purpose
	payload []byte
}

// Domain says what the signature is for.
func (s *sealed) Domain() string { return string(s.purpose) }

// Codec says what the payload is.
func (s *sealed) Codec() []byte { return codec }

// MarshalRecord gives the payload as it is.
func (s *sealed) MarshalRecord() ([]byte, error) { return s.payload, nil }

// UnmarshalRecord takes the payload as it is.
func (s *sealed) UnmarshalRecord(b []byte) error { s.payload = b; return nil }
