package identity

import (
	"crypto/ed25519"
	"encoding/binary"
	"fmt"
)

// Sign returns a bare signature (Ed25519, RFC 8032) for a purpose, for where an envelope
// would be too large: both sides know who signs what. It is over the length of the
// purpose as a varint (which envelopes begin with, too), the purpose, and the message. A
// purpose serves for envelopes or for bare signatures, never for both.
func (k Key) Sign(p Purpose, message []byte) ([]byte, error) {
	if k.private == nil {
		return nil, fmt.Errorf("sign for %q: %w", p, errNoKey)
	}
	if p == "" {
		return nil, errEmpty
	}
	sig, err := k.private.Sign(bare(p, message))
	if err != nil {
		return nil, fmt.Errorf("sign for %q: %w", p, err)
	}
	return sig, nil
}

// Verify tells whether a bare signature is the ID's, for a purpose.
func (id ID) Verify(p Purpose, message, sig []byte) bool {
	return p != "" && !id.IsZero() && ed25519.Verify(ed25519.PublicKey(id[:]), bare(p, message), sig)
}

func bare(p Purpose, message []byte) []byte {
	b := binary.AppendUvarint(make([]byte, 0, 1+len(p)+len(message)), uint64(len(p)))
	b = append(b, p...)
	return append(b, message...)
}
