// Package audio is the vocabulary of sound: 20 ms frames of 48 kHz mono, as PCM
// and as Opus packets (RFC 6716).
package audio

import "time"

// The one format that travels in Banyan. Opus decides its own bandwidth inside it.
const (
	SampleRate    = 48000                 // Hz
	FrameDuration = 20 * time.Millisecond // of one Opus packet
	FrameSamples  = 960                   // samples of one frame
	MaxPacket     = 600                   // bytes of one Opus packet: over 200 kbit/s at 20 ms
)

// Frame is one Opus packet of one speaker and where it belongs in time.
type Frame struct {
	Timestamp uint32 // media time, 48 kHz clock, of the first sample (RFC 7587)
	Packet    []byte // one Opus packet of 20 ms
	Level     uint8  // -dBov, 0 loudest, 127 silence (RFC 6464)
}

// Source gives frames in real order, not in real time: who speaks them paces.
type Source interface {
	// Next returns the next frame, or io.EOF after the last one. The packet is
	// the caller's.
	Next() (Frame, error)
}

// Encoder turns PCM into Opus.
type Encoder interface {
	// Encode appends the packet for FrameSamples samples to dst.
	Encode(dst []byte, pcm []int16) ([]byte, error)
}

// Decoder turns one speaker's Opus back into PCM, in order.
type Decoder interface {
	// Decode writes FrameSamples samples of packet to pcm.
	Decode(pcm []int16, packet []byte) error
	// Conceal writes FrameSamples samples for a packet that was lost.
	Conceal(pcm []int16) error
}
