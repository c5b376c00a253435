package wire

import (
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/banyan-rooms/banyan/crypto/sframe"
)

// Kinds of datagram.
const (
	KindMedia  = 1
	KindBeacon = 2
)

// MaxHops is how often a frame is forwarded at most: twice the depth that a tree of a
// million peers has, up and down.
const MaxHops = 24

// MaxFrame is how many bytes a frame has at most, so that a datagram carries it.
const MaxFrame = 1100

const (
	version     = 0
	frameHeader = 3 // version, hops, level
)

// ErrMalformed says that bytes are not what they should be.
var ErrMalformed = errors.New("malformed")

// Frame is the clear part of one sealed frame, and the rest.
type Frame struct {
	Hops   uint8
	Level  uint8
	KID    uint64 // names the stream
	CTR    uint64 // the place in it
	Sealed []byte // the SFrame
}

// Metadata is what a frame's seal authenticates beside itself.
func Metadata(level uint8) [2]byte { return [2]byte{version, level} }

// AppendFrame appends a frame that begins its journey.
func AppendFrame(dst []byte, level uint8, sealed []byte) []byte {
	return append(append(dst, version, MaxHops, level), sealed...)
}

// ParseFrame reads a frame. Sealed is a part of b.
func ParseFrame(b []byte) (Frame, error) {
	if len(b) < frameHeader || len(b) > MaxFrame {
		return Frame{}, fmt.Errorf("frame: %w: %d bytes, want %d to %d", ErrMalformed, len(b), frameHeader, MaxFrame)
	}
	if b[0] != version {
		return Frame{}, fmt.Errorf("frame: %w: version %d, want %d", ErrMalformed, b[0], version)
	}
	h, _, err := sframe.ParseHeader(b[frameHeader:])
	if err != nil {
		return Frame{}, fmt.Errorf("frame: %w", err)
	}
	return Frame{Hops: b[1], Level: b[2], KID: h.KID, CTR: h.CTR, Sealed: b[frameHeader:]}, nil
}

// AppendMedia appends a media datagram with one frame that has hops left.
func AppendMedia(dst, frame []byte, hops uint8) []byte {
	dst = append(dst, KindMedia)
	dst = binary.AppendUvarint(dst, uint64(len(frame)))
	at := len(dst)
	dst = append(dst, frame...)
	dst[at+1] = hops
	return dst
}

// Frames calls do for each frame of a media datagram's body, with the frame's bytes.
// It stops at the first that is malformed.
func Frames(body []byte, do func(f Frame, raw []byte)) error {
	for len(body) > 0 {
		n, size := binary.Uvarint(body)
		if size <= 0 || n > uint64(len(body)-size) {
			return fmt.Errorf("media: %w: a frame's length", ErrMalformed)
		}
		raw := body[size : size+int(n)]
		f, err := ParseFrame(raw)
		if err != nil {
			return err
		}
		do(f, raw)
		body = body[size+int(n):]
	}
	return nil
}
