package member

import (
	"encoding/binary"
	"errors"

	"github.com/banyan-rooms/banyan/crypto/identity"
)

// ErrShort says that a message ends too early.
var ErrShort = errors.New("message too short")

// Reader takes a control message apart. After the first failure everything reads as
// zero, and Err says so.
type Reader struct {
	rest []byte
	Err  error
}

// NewReader reads a message's body.
func NewReader(body []byte) *Reader { return &Reader{rest: body} }

func (r *Reader) take(n int) []byte {
	if r.Err != nil || len(r.rest) < n {
		r.Err = ErrShort
		return nil
	}
	b := r.rest[:n]
	r.rest = r.rest[n:]
	return b
}

// More tells whether something is left to read.
func (r *Reader) More() bool { return r.Err == nil && len(r.rest) > 0 }

// Byte reads a byte.
func (r *Reader) Byte() byte {
	if b := r.take(1); b != nil {
		return b[0]
	}
	return 0
}

// Uint64 reads eight bytes, big endian.
func (r *Reader) Uint64() uint64 {
	if b := r.take(8); b != nil {
		return binary.BigEndian.Uint64(b)
	}
	return 0
}

// Uint32 reads four bytes, big endian.
func (r *Reader) Uint32() uint32 {
	if b := r.take(4); b != nil {
		return binary.BigEndian.Uint32(b)
	}
	return 0
}

// ID reads an ID.
func (r *Reader) ID() (id identity.ID) {
	copy(id[:], r.take(len(id)))
	return id
}

// IDs reads a byte that says how many, and so many IDs, of which there may be most.
func (r *Reader) IDs(most int) (ids []identity.ID) {
	n := int(r.Byte())
	if n > most {
		r.Err = ErrShort
	}
	for range n {
		if id := r.ID(); r.Err == nil {
			ids = append(ids, id)
		}
	}
	return ids
}

// AppendIDs appends IDs, 255 at most, as Reader.IDs reads them.
func AppendIDs(b []byte, ids []identity.ID) []byte {
	b = append(b, byte(len(ids)))
	for _, id := range ids {
		b = append(b, id[:]...)
	}
	return b
}
