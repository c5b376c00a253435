package web

import (
	"time"

	"github.com/banyan-rooms/banyan/crypto/identity"
	"github.com/banyan-rooms/banyan/node"
	"github.com/banyan-rooms/banyan/node/audio"
)

const (
	// maxJump is how far a speaker's counter may move and still be the same run of
	// sound: 10 s of frames. Beyond it, a slot's numbers start from a new base.
	maxJump = 500
	// maxDrift is how far a speaker's clock may be from ours, counted from the
	// frame before: more than the mesh ever replays, less than a person waits.
	maxDrift = 5 * time.Second
)

// rewriter gives one slot's RTP packets numbers without a seam, whoever speaks in
// it. A frame that was lost leaves a gap, so that the browser conceals it; a change
// of speaker, of key or of clock leaves none.
type rewriter struct {
	started bool
	speaker identity.ID
	key     uint64

	counter   uint64 // the newest frame, as it came
	timestamp uint32

	seq uint16 // the newest frame, as it left
	out uint32
	at  time.Time // when it left
}

// next returns sequence number, timestamp and marker of a frame. The marker is set
// at the start of a talk spurt (RFC 3551, section 4.1).
func (r *rewriter) next(h node.Heard, now time.Time) (seq uint16, timestamp uint32, marker bool) {
	frames := int64(h.CTR - r.counter)
	samples := int32(h.Frame.Timestamp - r.timestamp) // wraps with the clock
	if !r.started || !r.follows(h, frames, samples, now) {
		r.rebase(h, now)
		return r.seq, r.out, true
	}
	seq, timestamp = r.seq+uint16(frames), r.out+uint32(samples)
	if frames <= 0 { // late: what is newest stays
		return seq, timestamp, false
	}
	marker = int64(samples) > frames*audio.FrameSamples
	r.counter, r.timestamp = h.CTR, h.Frame.Timestamp
	r.seq, r.out, r.at = seq, timestamp, now
	return seq, timestamp, marker
}

// follows tells whether a frame belongs to the run of sound before it: same
// speaker, same key, a counter near the last one, and a clock that ran on as ours.
func (r *rewriter) follows(h node.Heard, frames int64, samples int32, now time.Time) bool {
	if h.Speaker != r.speaker || h.KID != r.key || frames > maxJump || frames < -maxJump {
		return false
	}
	drift := time.Duration(samples)*time.Second/audio.SampleRate - now.Sub(r.at)
	return drift <= maxDrift && drift >= -maxDrift
}

// rebase lets a new run of sound follow the old one after as much time as passed.
func (r *rewriter) rebase(h node.Heard, now time.Time) {
	if r.started {
		passed := int64(now.Sub(r.at)/time.Millisecond) * audio.SampleRate / 1000
		r.out += uint32(max(passed, audio.FrameSamples))
	}
	r.started, r.speaker, r.key = true, h.Speaker, h.KID
	r.counter, r.timestamp = h.CTR, h.Frame.Timestamp
	r.seq, r.at = r.seq+1, now
}
