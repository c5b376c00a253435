// Package opus turns PCM into Opus packets and back by libopus. It is the only
// package of sound that needs cgo; build with -tags nolibopusfile, because the
// file format is ours (package ogg) and libopusfile is not used.
package opus

import (
	"errors"
	"fmt"

	libopus "gopkg.in/hraban/opus.v2"

	"github.com/banyan-rooms/banyan/node/audio"
)

// DefaultBitrate is what mono speech needs to sound full band (RFC 7587 section
// 3.1.1 recommends 28 to 40 kbit/s for it).
const DefaultBitrate = 32000

const (
	minBitrate = 6000   // least that libopus takes for speech (RFC 7587 section 3.1.1)
	maxBitrate = 200000 // what still fits in audio.MaxPacket
)

// ErrPCM says that the PCM handed in is not one frame long.
var ErrPCM = fmt.Errorf("a frame has %d samples", audio.FrameSamples)

// Config is how to encode. The zero Config is right for a live voice without loss.
type Config struct {
	Bitrate int // bits per second; 0 means DefaultBitrate
	Loss    int // percent of packets that may be lost; over 0 adds in-band FEC
}

// Encoder is an [audio.Encoder]. It is not safe for concurrent use.
type Encoder struct {
	lib    *libopus.Encoder
	packet [audio.MaxPacket]byte // libopus writes here, so that Encode allocates nothing
}

// NewEncoder returns an encoder for one speaker.
func NewEncoder(cfg Config) (audio.Encoder, error) {
	if cfg.Bitrate == 0 {
		cfg.Bitrate = DefaultBitrate
	}
	if cfg.Bitrate < minBitrate || cfg.Bitrate > maxBitrate {
		return nil, fmt.Errorf("opus bit rate of %d: want %d to %d bit/s", cfg.Bitrate, minBitrate, maxBitrate)
	}
	if cfg.Loss < 0 || cfg.Loss > 100 {
		return nil, fmt.Errorf("expected loss of %d %%: want 0 to 100", cfg.Loss)
	}
	lib, err := libopus.NewEncoder(audio.SampleRate, 1, libopus.AppVoIP)
	if err != nil {
		return nil, fmt.Errorf("create opus encoder: %w", err)
	}
	err = errors.Join(
		lib.SetBitrate(cfg.Bitrate),
		lib.SetInBandFEC(cfg.Loss > 0),
		lib.SetPacketLossPerc(cfg.Loss),
	)
	if err != nil {
		return nil, fmt.Errorf("set up opus encoder: %w", err)
	}
	return &Encoder{lib: lib}, nil
}

// Encode implements [audio.Encoder].
func (e *Encoder) Encode(dst []byte, pcm []int16) ([]byte, error) {
	if len(pcm) != audio.FrameSamples {
		return dst, fmt.Errorf("encode %d samples: %w", len(pcm), ErrPCM)
	}
	n, err := e.lib.Encode(pcm, e.packet[:])
	if err != nil {
		return dst, fmt.Errorf("encode opus: %w", err)
	}
	return append(dst, e.packet[:n]...), nil
}

// Decoder is an [audio.Decoder]. It is not safe for concurrent use.
type Decoder struct{ lib *libopus.Decoder }

// NewDecoder returns a decoder for one speaker.
func NewDecoder() (audio.Decoder, error) {
	lib, err := libopus.NewDecoder(audio.SampleRate, 1)
	if err != nil {
		return nil, fmt.Errorf("create opus decoder: %w", err)
	}
	return &Decoder{lib}, nil
}

// Decode implements [audio.Decoder]. A packet that is not 20 ms long is an error.
func (d *Decoder) Decode(pcm []int16, packet []byte) error {
	if len(pcm) != audio.FrameSamples {
		return fmt.Errorf("decode to %d samples: %w", len(pcm), ErrPCM)
	}
	if len(packet) == 0 {
		return errors.New("decode opus: packet is empty")
	}
	n, err := d.lib.Decode(packet, pcm)
	if err != nil {
		return fmt.Errorf("decode opus: %w", err)
	}
	if n != audio.FrameSamples {
		return fmt.Errorf("decode opus packet of %d samples: %w", n, ErrPCM)
	}
	return nil
}

// Conceal implements [audio.Decoder] by the packet loss concealment of libopus,
// which fades out over some frames.
func (d *Decoder) Conceal(pcm []int16) error {
	if len(pcm) != audio.FrameSamples {
		return fmt.Errorf("conceal %d samples: %w", len(pcm), ErrPCM)
	}
	if err := d.lib.DecodePLC(pcm); err != nil {
		return fmt.Errorf("conceal a lost opus packet: %w", err)
	}
	return nil
}
