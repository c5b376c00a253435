package node

import (
	"encoding/binary"
	"fmt"
	"time"

	"github.com/banyan-rooms/banyan/node/audio"
)

// plainHeader is how many bytes of a frame's plaintext come before the Opus packet.
const plainHeader = 4 + 4 + 1

// plain is what is inside a sealed frame:
//
//	timestamp  4 bytes  media time, 48 kHz clock, big endian
//	captured   4 bytes  the speaker's Unix milliseconds modulo 2^32, big endian
//	flags      1 byte   0; others are for layouts to come
//	packet     the rest, one Opus packet of 20 ms
type plain struct {
	Timestamp uint32
	Captured  uint32
	Packet    []byte
}

// bytes writes it.
func (p plain) bytes() []byte {
	dst := make([]byte, 0, plainHeader+len(p.Packet))
	dst = binary.BigEndian.AppendUint32(dst, p.Timestamp)
	dst = binary.BigEndian.AppendUint32(dst, p.Captured)
	dst = append(dst, 0)
	return append(dst, p.Packet...)
}

// parsePlain reads the bytes; the packet is a part of b.
func parsePlain(b []byte) (plain, error) {
	switch {
	case len(b) <= plainHeader:
		return plain{}, fmt.Errorf("frame's plaintext: %d bytes, want more than %d", len(b), plainHeader)
	case len(b) > plainHeader+audio.MaxPacket:
		return plain{}, fmt.Errorf("frame's plaintext: a packet of %d bytes, at most %d", len(b)-plainHeader, audio.MaxPacket)
	case b[8] != 0:
		return plain{}, fmt.Errorf("frame's plaintext: flags %#x met, this program reads 0", b[8])
	}
	return plain{binary.BigEndian.Uint32(b), binary.BigEndian.Uint32(b[4:]), b[plainHeader:]}, nil
}

// clockMS is a time as frames carry it.
func clockMS(t time.Time) uint32 { return uint32(t.UnixMilli()) }

// capturedAt is the time nearest to now that a frame's clock may mean.
func capturedAt(ms uint32, now time.Time) time.Time {
	since := int32(clockMS(now) - ms)
	return now.Add(-time.Duration(since) * time.Millisecond)
}
