// Package measure says how well a listener heard: what arrived in time, how late,
// and the longest hole. It is pure: the caller gives the times.
//
// A speaker numbers its frames without gaps, so a number that is missing between
// the first and the last heard is a frame that was lost. A frame is in time when
// it arrives within [Config.Slack] of its capture; what comes later is counted as
// late, and to the ear it is as good as lost.
package measure

import (
	"cmp"
	"slices"
	"time"

	"github.com/banyan-rooms/banyan/crypto/identity"
	"github.com/banyan-rooms/banyan/node/audio"
)

// DefaultSlack is how long after its capture a frame can still be played: the
// simulator's figure (docs/measuring.md), so that both may be compared.
const DefaultSlack = 200 * time.Millisecond

// maxFrames bounds what a meter keeps for one speaker: four hours of sound.
const maxFrames = 4 * 3600 * 50

// Config is how a meter judges.
type Config struct {
	Slack time.Duration // 0 means DefaultSlack
}

// Meter collects what one listener heard in one room. It has one owner.
type Meter struct {
	slack      time.Duration
	speakers   map[stream]*track
	first      time.Time
	delays     Histogram
	duplicates int
	gaps       []Gap
}

// stream is one run of a speaker's numbering; a new epoch starts another.
type stream struct {
	speaker identity.ID
	epoch   uint32
}

type track struct {
	inTime map[uint64]bool // by frame number; false: it came late
	low    uint64
	high   uint64
	recent []Frame // that came in time, by number; between them may be gaps that can still fill
}

// New returns an empty meter.
func New(cfg Config) *Meter {
	return &Meter{slack: cmp.Or(cfg.Slack, DefaultSlack), speakers: make(map[stream]*track), delays: Histogram{}}
}

// Frame is one frame that a listener was given to play.
type Frame struct {
	Speaker  identity.ID
	Epoch    uint32
	Number   uint64    // the speaker's frame counter
	Captured time.Time // at the speaker, by its clock
	Arrived  time.Time // at the listener, by its own
}

// Heard takes in a frame.
func (m *Meter) Heard(f Frame) {
	if m.first.IsZero() {
		m.first = f.Arrived
	}
	key := stream{f.Speaker, f.Epoch}
	t := m.speakers[key]
	if t == nil {
		t = &track{inTime: make(map[uint64]bool), low: f.Number, high: f.Number}
		m.speakers[key] = t
	}
	if _, again := t.inTime[f.Number]; again {
		m.duplicates++
		return
	}
	if len(t.inTime) >= maxFrames {
		return
	}
	delay := max(0, f.Arrived.Sub(f.Captured))
	t.inTime[f.Number] = delay <= m.slack
	t.low, t.high = min(t.low, f.Number), max(t.high, f.Number)
	if delay <= m.slack {
		m.settle(t, f)
	}
	m.delays.Add(delay)
}

// First is when the first sound came, or the zero time.
func (m *Meter) First() time.Time { return m.first }

// Report is what a meter has to say.
type Report struct {
	Speakers   int       `json:"speakers"`
	Expected   int       `json:"expected"`          // frames between each speaker's first and last heard
	Received   int       `json:"received"`          // of these, in time or late
	Late       int       `json:"late"`              // of the received, after the slack
	Duplicates int       `json:"duplicates_played"` // given to play twice
	Delivered  float64   `json:"delivered"`         // share of the expected that came in time; 1 when none was expected
	GapMS      int64     `json:"gap_ms"`            // the longest run of frames not heard in time, in one speaker's voice
	Delays     Histogram `json:"delays_ms"`         // capture to arrival
}

// Report sums up what was heard so far.
func (m *Meter) Report() Report {
	r := Report{Speakers: len(m.speakers), Duplicates: m.duplicates, Delays: m.delays, Delivered: 1}
	inTime := 0
	for _, t := range m.speakers {
		r.Expected += int(t.high - t.low + 1)
		r.Received += len(t.inTime)
		for _, ok := range t.inTime {
			if ok {
				inTime++
			}
		}
		r.GapMS = max(r.GapMS, t.longestGap().Milliseconds())
	}
	r.Late = r.Received - inTime
	if r.Expected > 0 {
		r.Delivered = float64(inTime) / float64(r.Expected)
	}
	return r
}

// longestGap is the longest run of numbers that were not heard in time.
func (t *track) longestGap() time.Duration {
	numbers := make([]uint64, 0, len(t.inTime))
	for n, ok := range t.inTime {
		if ok {
			numbers = append(numbers, n)
		}
	}
	slices.Sort(numbers)
	longest := uint64(0)
	for i := 1; i < len(numbers); i++ {
		longest = max(longest, numbers[i]-numbers[i-1]-1)
	}
	return time.Duration(longest) * audio.FrameDuration
}
