package mesh

import (
	"time"

	"github.com/banyan-rooms/banyan/mesh/wire"
)

// loudest is who of several that speak at once is sent on by a root: so many, and each for
// a moment after it was. Both roots hear half of what each says, and choose alike but for
// a moment.
type loudest struct {
	voices [VoicesAtOnce]struct {
		kid   uint64
		level uint8         // -dBov: 0 is loudest
		at    time.Duration // of the last frame; 0 is nobody
	}
}

const (
	// VoicesAtOnce is how many voices a root sends on at the same time: more than three are a babble, and each is a copy for everyone.
	VoicesAtOnce = 3
	// hangTime is for how long a voice keeps its place after its last frame: a pause between two words.
	hangTime = 300 * time.Millisecond
	// louder is by how many dB a voice has to be louder to take another's place.
	louder = 6
)

// passes tells whether a frame goes on from here. Only a root chooses, of the trees that
// it travels on: relays pass on what they get.
func (m *Machine) passes(now time.Duration, f wire.Frame) bool {
	t := m.rooted()
	if t == nil || !f.Trees.Has(t.index) {
		return true
	}
	if m.loud == nil {
		m.loud = &loudest{}
	}
	return m.loud.admit(now, f.KID, f.Level)
}

// admit gives a voice a place among the loudest, if it has or deserves one.
func (l *loudest) admit(now time.Duration, kid uint64, level uint8) bool {
	weakest := 0
	for i := range l.voices {
		v := &l.voices[i]
		if v.kid == kid && v.at != 0 {
			v.at = now
			v.level += uint8((int(level) - int(v.level)) / 4) // smoothed over some frames
			return true
		}
		if v.at == 0 || now > v.at+hangTime {
			v.at = 0
		}
	}
	for i := range l.voices {
		switch v, w := &l.voices[i], &l.voices[weakest]; {
		case w.at == 0:
		case v.at == 0 || v.level > w.level:
			weakest = i
		}
	}
	if w := &l.voices[weakest]; w.at == 0 || int(w.level) >= int(level)+louder {
		w.kid, w.level, w.at = kid, level, max(now, 1)
		return true
	}
	return false
}
