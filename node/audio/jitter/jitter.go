// Package jitter decides when a frame of one speaker is played: late enough that
// those behind it are there in time, and no later.
//
// It is pure: time is an argument, there is no goroutine and no sound. Whoever plays
// calls Pop every 20 ms and gets a frame, or is told to conceal or to be silent. The
// order is that of the frames' numbers, which never wrap but begin anew with each key
// of the speaker; media time says where the silences are.
//
// Three times meet here. now is the time of the one who plays. A frame's media time
// is the speaker's clock. The base is what has to be added to media time for it to
// be now when a frame comes as fast as any: it follows the quickest of the last
// frames, so that clocks may drift. What a frame is behind that is its lateness, and
// the target follows the peaks of it.
package jitter

import (
	"cmp"
	"slices"
	"time"

	"github.com/banyan-rooms/banyan/crypto/sframe"
	"github.com/banyan-rooms/banyan/node/audio"
)

const (
	// DefaultMin is the least delay: under one frame nothing is gained.
	DefaultMin = audio.FrameDuration
	// DefaultMax is the longest delay, our choice: over it, talk becomes turns.
	DefaultMax = 200 * time.Millisecond

	frame      = audio.FrameDuration
	firstPeak  = frame           // guessed lateness before anything is known
	peakFrames = 500             // a peak of lateness is forgotten over 10 s
	baseFrames = 500             // the base follows the quickest of 10 s
	leap       = 2 * time.Second // a media time so far off begins a new time line
	capacity   = 64              // frames held: 1.28 s, well over the longest target
	maxConceal = 5               // frames: after 100 ms Opus has faded out (RFC 6716 section 4.4)
	patience   = 2 * frame       // a clock that is off by less is left alone
	quiet      = 50              // -dBov: a frame that nobody misses when there is too much
)

// State is what to do for the next 20 ms.
type State uint8

// What Pop may say.
const (
	Empty State = iota // be silent: nothing is being said, or it is not yet time
	OK                 // decode the frame
	Lost               // conceal: a frame is missing
)

// Config bounds the delay. The zero Config has the defaults. With Min and Max the
// same, the delay is fixed.
type Config struct {
	Min, Max time.Duration // 0 means DefaultMin and DefaultMax
	// Patience is how much longer than needed a frame may be held before some are
	// left out. 0 means 40 ms, for ears; a recorder has more, as nobody waits for it.
	Patience time.Duration
}

// Stats counts the frames of one speaker. A frame that came is counted once: as
// played, late, skipped or duplicate, or it still waits.
type Stats struct {
	Played     uint64 // given to be decoded
	Lost       uint64 // never came, up to now
	Late       uint64 // came after its place had passed
	Duplicates uint64 // came again, or came too late to tell
	Skipped    uint64 // left out to shorten the delay
}

// Buffer holds what came of one speaker and is not yet played. It has one owner.
type Buffer struct {
	cfg   Config
	stats Stats
	ids   numbering
	seen  sframe.Window
	queue []waiting // by number

	newest  waiting // the highest number that came
	begun   bool    // newest is set
	base    time.Duration
	peak    time.Duration
	lowest  time.Duration // lateness since the base was last moved
	counted int           // frames since then

	last, first uint64        // numbers taken out of the present run
	taken       bool          // last and first are set
	playing     bool          // cursor is set
	cursor      time.Duration // media time of the next 20 ms
	misses      int           // since the last frame
}

// waiting is a frame and its media time, unwrapped.
type waiting struct {
	seq   uint64 // its number, in one row over all keys
	at    time.Duration
	frame audio.Frame
}

// New returns a buffer for one speaker.
func New(cfg Config) *Buffer {
	if cfg.Min <= 0 {
		cfg.Min = DefaultMin
	}
	if cfg.Max <= 0 {
		cfg.Max = DefaultMax
	}
	cfg.Max = max(cfg.Min, cfg.Max)
	if cfg.Patience <= 0 {
		cfg.Patience = patience
	}
	return &Buffer{cfg: cfg, peak: firstPeak}
}

// Stats gives the counters.
func (b *Buffer) Stats() Stats { return b.stats }

// Waiting is how many frames are held.
func (b *Buffer) Waiting() int { return len(b.queue) }

// Delay is how long a frame that comes as fast as any is held at present.
func (b *Buffer) Delay() time.Duration {
	return min(max(b.peak+frame, b.cfg.Min), b.cfg.Max)
}

// Push takes in the frame of a number under a speaker's key that came now. The packet
// must not be changed afterwards.
func (b *Buffer) Push(now time.Duration, key, number uint64, f audio.Frame) {
	if !b.ids.knows(key) && b.precedes(now, f.Timestamp) {
		b.stats.Late++ // the last of a key that was over before anything of it came
		return
	}
	seq := b.ids.place(key, number)
	if !b.seen.Accept(seq) {
		b.stats.Duplicates++
		return
	}
	w := waiting{seq: seq, at: b.place(now, seq, f.Timestamp), frame: f}
	b.learn(now - b.base - w.at)
	if b.taken && seq <= b.last {
		b.stats.Late++
		if seq > b.first {
			b.stats.Lost-- // it was taken for lost
		}
		return
	}
	i, _ := slices.BinarySearchFunc(b.queue, seq, func(w waiting, seq uint64) int { return cmp.Compare(w.seq, seq) })
	b.queue = slices.Insert(b.queue, i, w)
	if len(b.queue) > capacity {
		b.take()
		b.stats.Skipped++
	}
}

// precedes tells whether a frame that comes now was said shortly before the newest.
func (b *Buffer) precedes(now time.Duration, timestamp uint32) bool {
	diff := int32(timestamp - b.newest.frame.Timestamp)
	return b.begun && diff < 0 && now-b.base-b.byClock(diff) < leap
}

// byClock is the media time of a frame so many samples after the newest.
func (b *Buffer) byClock(diff int32) time.Duration {
	return b.newest.at + time.Duration(diff)*time.Second/audio.SampleRate
}

// place unwraps media time, and puts a frame that leaps in time to where it would
// be if it had come as fast as any.
func (b *Buffer) place(now time.Duration, seq uint64, timestamp uint32) time.Duration {
	at := now - b.base
	if b.begun {
		diff := int32(timestamp - b.newest.frame.Timestamp)
		byClock := b.byClock(diff)
		switch lateness := now - b.base - byClock; {
		case seq < b.newest.seq:
			at = b.newest.at - frame*time.Duration(min(b.newest.seq-seq, capacity))
			if lateness < leap && byClock < b.newest.at {
				at = byClock
			}
			return at
		case diff > 0 && lateness > -leap && lateness < leap:
			at = byClock
		default:
			at = max(at, b.newest.at+frame)
		}
	}
	b.begun = true
	b.newest = waiting{seq, at, audio.Frame{Timestamp: timestamp}}
	return at
}

// learn lets base and target follow the lateness of a frame.
func (b *Buffer) learn(lateness time.Duration) {
	if lateness < 0 { // quicker than any before
		b.base += lateness
		lateness = 0
	}
	if b.counted == 0 || lateness < b.lowest {
		b.lowest = lateness
	}
	if b.counted++; b.counted == baseFrames {
		b.base += b.lowest
		b.counted = 0
	}
	if lateness = min(lateness, b.cfg.Max); lateness > b.peak {
		b.peak = lateness
	} else {
		b.peak -= (b.peak - lateness) / peakFrames
	}
}
