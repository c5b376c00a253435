package node

import (
	"encoding/binary"
	"fmt"
	"time"

	"github.com/banyan-rooms/banyan/crypto/proof"
	"github.com/banyan-rooms/banyan/node/audio"
)

// plainHeader is how many bytes of a frame's plaintext come before the Opus packet.
const plainHeader = 4 + 4 + 1

// plain is what is inside a sealed frame:
//
//	timestamp  4 bytes  media time, 48 kHz clock, big endian
//	captured   4 bytes  the speaker's Unix milliseconds modulo 2^32, big endian
//	flags      1 byte   1 if a proof comes last, 2 if there is a cover; others are for
//	                    layouts to come
//	cover      the packet before, so that its loss is not heard (in the manner of RED,
//	           RFC 2198):
//	             earlier  2 bytes  by how much its media time is earlier, big endian
//	             length   2 bytes  of its packet, big endian
//	             packet
//	packet     one Opus packet of 20 ms
//	proof      package proof; it is for all that comes before it
type plain struct {
	Timestamp uint32
	Captured  uint32
	Packet    []byte
	Cover     cover // has no packet if there is none
}

// cover is the packet before another.
type cover struct {
	Earlier uint16 // by 48 kHz ticks
	Packet  []byte
}

// coverHeader is how many bytes of a cover come before its packet.
const coverHeader = 2 + 2

// maxCovered is how long a packet and the one before may be together, so that the frame
// fits into a datagram with a proof.
const maxCovered = 700

// The flags, and where they stand.
const (
	flagsAt    = plainHeader - 1
	withProof  = 1
	withCover  = 2
	knownFlags = withProof | withCover
)

// bytes writes it, with room for a proof.
func (p plain) bytes() []byte {
	dst := make([]byte, 0, plainHeader+coverHeader+len(p.Cover.Packet)+len(p.Packet)+proof.MaxSize)
	dst = binary.BigEndian.AppendUint32(dst, p.Timestamp)
	dst = binary.BigEndian.AppendUint32(dst, p.Captured)
	if len(p.Cover.Packet) == 0 {
		return append(append(dst, 0), p.Packet...)
	}
	dst = append(dst, withCover)
	dst = binary.BigEndian.AppendUint16(dst, p.Cover.Earlier)
	dst = binary.BigEndian.AppendUint16(dst, uint16(len(p.Cover.Packet)))
	dst = append(dst, p.Cover.Packet...)
	return append(dst, p.Packet...)
}

// parsePlain reads the bytes. What is proven, the packet and the proof are parts of b;
// proof is nil if there is none.
func parsePlain(b []byte) (p plain, proven, attached []byte, err error) {
	if len(b) <= plainHeader {
		return plain{}, nil, nil, fmt.Errorf("frame's plaintext: %d bytes, want more than %d", len(b), plainHeader)
	}
	flags := b[flagsAt]
	if flags&^knownFlags != 0 {
		return plain{}, nil, nil, fmt.Errorf("frame's plaintext: flags %#x met, this program reads up to %#x", flags, knownFlags)
	}
	proven = b
	if flags&withProof != 0 {
		if proven, attached, err = proof.Split(b); err != nil {
			return plain{}, nil, nil, fmt.Errorf("frame's plaintext: %w", err)
		}
	}
	p = plain{Timestamp: binary.BigEndian.Uint32(b), Captured: binary.BigEndian.Uint32(b[4:]), Packet: proven[plainHeader:]}
	if flags&withCover != 0 {
		if p.Cover, p.Packet, err = parseCover(p.Packet); err != nil {
			return plain{}, nil, nil, err
		}
	}
	if n := len(p.Packet); n < 1 || n > audio.MaxPacket {
		return plain{}, nil, nil, fmt.Errorf("frame's plaintext: a packet of %d bytes, want 1 to %d", n, audio.MaxPacket)
	}
	return p, proven, attached, nil
}

// parseCover reads a cover; rest is what comes after it.
func parseCover(b []byte) (c cover, rest []byte, err error) {
	if len(b) < coverHeader {
		return cover{}, nil, fmt.Errorf("frame's plaintext: a cover of %d bytes, want more than %d", len(b), coverHeader)
	}
	n := int(binary.BigEndian.Uint16(b[2:]))
	if n < 1 || n > audio.MaxPacket || n > len(b)-coverHeader {
		return cover{}, nil, fmt.Errorf("frame's plaintext: a cover of %d bytes, want 1 to %d of %d", n, audio.MaxPacket, len(b)-coverHeader)
	}
	return cover{Earlier: binary.BigEndian.Uint16(b), Packet: b[coverHeader:][:n]}, b[coverHeader+n:], nil
}

// clockMS is a time as frames carry it.
func clockMS(t time.Time) uint32 { return uint32(t.UnixMilli()) }

// capturedAt is the time nearest to now that a frame's clock may mean.
func capturedAt(ms uint32, now time.Time) time.Time {
	since := int32(clockMS(now) - ms)
	return now.Add(-time.Duration(since) * time.Millisecond)
}
