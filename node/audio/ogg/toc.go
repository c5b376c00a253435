package ogg

import "errors"

// maxSamples is the longest packet, 120 ms (RFC 6716 section 3.4, R5).
const maxSamples = 5760

// ErrPacket says that bytes are not an Opus packet.
var ErrPacket = errors.New("not an Opus packet")

// Duration is how many samples at 48 kHz an Opus packet lasts, by its table of
// contents (RFC 6716 section 3.1).
func Duration(packet []byte) (samples int, err error) {
	if len(packet) == 0 {
		return 0, ErrPacket
	}
	frames := 1
	switch packet[0] & 3 {
	case 1, 2:
		frames = 2
	case 3:
		if len(packet) < 2 {
			return 0, ErrPacket
		}
		frames = int(packet[1] & 0x3f)
	}
	samples = frames * frameSamples(packet[0]>>3)
	if samples == 0 || samples > maxSamples {
		return 0, ErrPacket
	}
	return samples, nil
}

// frameSamples is the length of a frame of a configuration, RFC 6716 table 2.
func frameSamples(config byte) int {
	switch {
	case config < 12: // SILK: 10, 20, 40, 60 ms
		return [4]int{480, 960, 1920, 2880}[config%4]
	case config < 16: // hybrid: 10, 20 ms
		return [2]int{480, 960}[config%2]
	default: // CELT: 2.5, 5, 10, 20 ms
		return [4]int{120, 240, 480, 960}[config%4]
	}
}
