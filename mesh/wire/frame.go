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
	KindPull   = 3
)

// MaxHops is how often a frame is forwarded at most: twice the depth that a tree of a
// million peers has, up and down.
const MaxHops = 24

// MaxFrame is how many bytes a frame has at most, so that a datagram carries it.
const MaxFrame = 1100

const (
	version     = 0
	frameHeader = 3 // version, way, level
)

// The way of a frame is one byte: the hops it has left, and which trees it takes.
const (
	hopsBits = 6
	hopsMask = 1<<hopsBits - 1
)

// ErrMalformed says that bytes are not what they should be.
var ErrMalformed = errors.New("malformed")

// Trees is a set of a room's trees: bit t is tree t.
type Trees uint8

// Of is the set of one tree.
func Of(tree int) Trees { return 1 << tree }

// Has tells whether a tree is in the set.
func (s Trees) Has(tree int) bool { return s&Of(tree) != 0 }

// allTrees is the set of all that a room can have.
const allTrees Trees = 1<<MaxTrees - 1

// Frame is the clear part of one sealed frame, and the rest.
type Frame struct {
	Hops   uint8
	Trees  Trees  // that it travels on
	Level  uint8  // -dBov (RFC 6464)
	Link   uint16 // its number among the frames of one neighbour; set by [Frames]
	KID    uint64 // names the stream
	CTR    uint64 // the place in it
	Sealed []byte // the SFrame
}

// Metadata is what a frame's seal authenticates beside itself.
func Metadata(level uint8) [2]byte { return [2]byte{version, level} }

// AppendFrame appends a frame that begins its journey, on some trees.
func AppendFrame(dst []byte, trees Trees, level uint8, sealed []byte) []byte {
	return append(append(dst, version, way(trees, MaxHops), level), sealed...)
}

func way(trees Trees, hops uint8) byte { return byte(trees)<<hopsBits | hops&hopsMask }

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
	f := Frame{Hops: b[1] & hopsMask, Trees: Trees(b[1]>>hopsBits) & allTrees, Level: b[2], KID: h.KID, CTR: h.CTR, Sealed: b[frameHeader:]}
	return f, nil
}

// AppendMedia appends a media datagram with one frame that has hops left, and has a
// number on its link.
func AppendMedia(dst, frame []byte, hops uint8, link uint16) []byte {
	return AppendNext(append(dst, KindMedia), frame, hops, link)
}

// AppendNext appends one more frame to a media datagram.
func AppendNext(dst, frame []byte, hops uint8, link uint16) []byte {
	dst = binary.AppendUvarint(dst, uint64(len(frame)))
	dst = binary.BigEndian.AppendUint16(dst, link)
	at := len(dst)
	dst = append(dst, frame...)
	dst[at+1] = dst[at+1]&^hopsMask | hops&hopsMask
	return dst
}

// Overhead is how many bytes a frame takes in a datagram beside itself, at most.
const Overhead = 2 + 2

// Frames calls do for each frame of a media datagram's body, with the frame's bytes.
// It stops at the first that is malformed.
func Frames(body []byte, do func(f Frame, raw []byte)) error {
	for len(body) > 0 {
		n, size := binary.Uvarint(body)
		if size <= 0 || len(body)-size < 2 || n > uint64(len(body)-size-2) {
			return fmt.Errorf("media: %w: a frame's length", ErrMalformed)
		}
		link := binary.BigEndian.Uint16(body[size:])
		body = body[size+2:]
		f, err := ParseFrame(body[:n])
		if err != nil {
			return err
		}
		f.Link = link
		do(f, body[:n])
		body = body[n:]
	}
	return nil
}
