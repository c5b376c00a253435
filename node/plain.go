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
//	flags      1 byte   1 if a proof comes last; others are for layouts to come
//	packet     one Opus packet of 20 ms
//	proof      package proof; it is for all that comes before it
type plain struct {
	Timestamp uint32
	Captured  uint32
	Packet    []byte
}

// The flags, and where they stand.
const (
	flagsAt    = plainHeader - 1
	withProof  = 1
	knownFlags = withProof
)

// bytes writes it, with room for a proof.
func (p plain) bytes() []byte {
	dst := make([]byte, 0, plainHeader+len(p.Packet)+proof.MaxSize)
	dst = binary.BigEndian.AppendUint32(dst, p.Timestamp)
	dst = binary.BigEndian.AppendUint32(dst, p.Captured)
	dst = append(dst, 0)
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
	if n := len(proven) - plainHeader; n < 1 || n > audio.MaxPacket {
		return plain{}, nil, nil, fmt.Errorf("frame's plaintext: a packet of %d bytes, want 1 to %d", n, audio.MaxPacket)
	}
	return plain{binary.BigEndian.Uint32(b), binary.BigEndian.Uint32(b[4:]), proven[plainHeader:]}, proven, attached, nil
}

// clockMS is a time as frames carry it.
func clockMS(t time.Time) uint32 { return uint32(t.UnixMilli()) }

// capturedAt is the time nearest to now that a frame's clock may mean.
func capturedAt(ms uint32, now time.Time) time.Time {
	since := int32(clockMS(now) - ms)
	return now.Add(-time.Duration(since) * time.Millisecond)
}
