package sframe

import "fmt"

// Header is the clear part of a sealed frame (RFC 9605 section 4.3): which key
// sealed it and its counter under that key.
type Header struct {
	KID uint64
	CTR uint64
}

// maxHeader is the size of the longest header: the config byte and two values of
// eight bytes.
const maxHeader = 17

// AppendTo appends the header in its one shortest form.
//
//	 0 1 2 3 4 5 6 7
//	+-+-+-+-+-+-+-+-+
//	|X|  K  |Y|  C  |   X, Y: the value follows in K+1, C+1 bytes; else K, C are the value
//	+-+-+-+-+-+-+-+-+
func (h Header) AppendTo(dst []byte) []byte {
	at := len(dst)
	dst = append(dst, 0)
	kid, dst := appendValue(dst, h.KID)
	ctr, dst := appendValue(dst, h.CTR)
	dst[at] = kid<<4 | ctr
	return dst
}

// appendValue appends v unless it fits into the config byte, and returns the four
// bits that stand for it there.
func appendValue(dst []byte, v uint64) (bits byte, _ []byte) {
	if v < 8 {
		return byte(v), dst
	}
	n := valueSize(v)
	for i := n - 1; i >= 0; i-- {
		dst = append(dst, byte(v>>(8*i)))
	}
	return 8 | byte(n-1), dst
}

// valueSize is how many bytes v takes.
func valueSize(v uint64) int {
	n := 1
	for ; v > 0xff; v >>= 8 {
		n++
	}
	return n
}

// ParseHeader reads the header at the start of b and returns how many bytes it
// took. A value in more bytes than it needs is refused, so that a frame has one
// form only.
func ParseHeader(b []byte) (h Header, n int, err error) {
	if len(b) == 0 {
		return Header{}, 0, fmt.Errorf("%w: empty", ErrMalformed)
	}
	n = 1
	if h.KID, n, err = parseValue(b, b[0]>>4, n); err != nil {
		return Header{}, 0, err
	}
	if h.CTR, n, err = parseValue(b, b[0]&0xf, n); err != nil {
		return Header{}, 0, err
	}
	return h, n, nil
}

func parseValue(b []byte, bits byte, at int) (v uint64, next int, err error) {
	if bits&8 == 0 {
		return uint64(bits), at, nil
	}
	size := int(bits&7) + 1
	if len(b) < at+size {
		return 0, 0, fmt.Errorf("%w: header of %d bytes, want %d", ErrMalformed, len(b), at+size)
	}
	for _, c := range b[at : at+size] {
		v = v<<8 | uint64(c)
	}
	if v < 8 || valueSize(v) != size {
		return 0, 0, fmt.Errorf("%w: value %d in %d bytes is not its shortest form", ErrMalformed, v, size)
	}
	return v, at + size, nil
}
