package wire

import (
	"encoding/binary"
	"fmt"
)

// maxPull is how many runs of numbers a pull names at most.
const maxPull = 8

// pullWidth is how many numbers after the first one item can name.
const pullWidth = 16

// AppendPull appends a datagram that asks a neighbour to send frames again, by their
// numbers on the link, in the order in which it numbered them. Only the first few runs
// are asked for.
func AppendPull(dst []byte, missing []uint16) []byte {
	dst = append(dst, KindPull)
	for n := 0; len(missing) > 0 && n < maxPull; n++ {
		first, after := missing[0], uint16(0)
		missing = missing[1:]
		for len(missing) > 0 && missing[0]-first <= pullWidth && missing[0] != first {
			after |= 1 << (missing[0] - first - 1)
			missing = missing[1:]
		}
		dst = binary.BigEndian.AppendUint16(dst, first)
		dst = binary.BigEndian.AppendUint16(dst, after)
	}
	return dst
}

// Pulled calls do for each number that the body of a pull asks for.
func Pulled(body []byte, do func(link uint16)) error {
	if len(body)%4 != 0 || len(body) > 4*maxPull {
		return fmt.Errorf("pull: %w: %d bytes, want 4 for each of at most %d items", ErrMalformed, len(body), maxPull)
	}
	for ; len(body) > 0; body = body[4:] {
		first, after := binary.BigEndian.Uint16(body), binary.BigEndian.Uint16(body[2:])
		do(first)
		for i := range uint16(pullWidth) {
			if after&(1<<i) != 0 {
				do(first + i + 1)
			}
		}
	}
	return nil
}
