package web

import "time"

// opusDuration reads how much sound an Opus packet holds from its first bytes (RFC
// 6716, section 3.1), without decoding it. Zero is not a packet.
func opusDuration(packet []byte) time.Duration {
	if len(packet) == 0 {
		return 0
	}
	frame := opusFrame(packet[0] >> 3)
	switch packet[0] & 3 {
	case 0:
		return frame
	case 1, 2:
		return 2 * frame
	}
	if len(packet) < 2 {
		return 0
	}
	return time.Duration(packet[1]&63) * frame
}

// opusFrame is the length of one frame in each of the 32 configurations.
func opusFrame(config byte) time.Duration {
	const ms = time.Millisecond
	switch {
	case config < 12: // SILK
		return []time.Duration{10 * ms, 20 * ms, 40 * ms, 60 * ms}[config&3]
	case config < 16: // hybrid
		return []time.Duration{10 * ms, 20 * ms}[config&1]
	}
	return []time.Duration{2500 * time.Microsecond, 5 * ms, 10 * ms, 20 * ms}[config&3] // CELT
}
