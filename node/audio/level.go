package audio

import "math"

// Silence is the level of no sound at all.
const Silence = 127

// Level is how loud PCM is, as [Frame.Level] has it: the root of the mean square
// below full scale, in dB (RFC 6464 section 3, RFC 6465 appendix A.1).
func Level(pcm []int16) uint8 {
	var sum float64
	for _, s := range pcm {
		sum += float64(s) * float64(s)
	}
	if sum == 0 {
		return Silence
	}
	mean := sum / float64(len(pcm)) / (1 << 30)
	return uint8(min(Silence, max(0, math.Round(-10*math.Log10(mean)))))
}
