package web

import (
	"slices"
	"time"

	"github.com/banyan-rooms/banyan/crypto/identity"
)

// Slots is how many speakers a listener hears at once: as many audio sections as
// the page offers. A stage may hold more people than ever talk at once.
const Slots = 8

// quietFor is how long a speaker must have been quiet before someone else who
// speaks may take the slot.
const quietFor = time.Second

// speech is the level (-dBov) up to which a frame counts as speaking.
const speech = 50

// slots says who is heard where. A speaker keeps a slot while on stage; when there
// are more speakers than slots, who talks takes the slot that was quiet longest.
type slots struct {
	holder []identity.ID // zero: free
	spoke  []time.Time   // when a holder last made a sound
}

func newSlots(n int) *slots {
	return &slots{holder: make([]identity.ID, n), spoke: make([]time.Time, n)}
}

// stage sets who is on stage, in its order: who left frees a slot, who is new gets
// one if one is free. It tells whether anything changed.
func (s *slots) stage(on []identity.ID) bool {
	before := slices.Clone(s.holder)
	for i, id := range s.holder {
		if !slices.Contains(on, id) {
			s.holder[i], s.spoke[i] = identity.ID{}, time.Time{}
		}
	}
	for _, id := range on {
		if slices.Contains(s.holder, id) {
			continue
		}
		if free := slices.Index(s.holder, identity.ID{}); free >= 0 {
			s.holder[free], s.spoke[free] = id, time.Time{}
		}
	}
	return !slices.Equal(before, s.holder)
}

// of returns the slot for a frame of a speaker; changed says that the slot had
// another holder before. Without a slot the frame is not heard.
func (s *slots) of(speaker identity.ID, level uint8, now time.Time) (slot int, heard, changed bool) {
	slot = slices.Index(s.holder, speaker)
	if slot < 0 {
		slot = s.take(level, now)
		if slot < 0 {
			return 0, false, false
		}
		s.holder[slot], s.spoke[slot], changed = speaker, time.Time{}, true
	}
	if level <= speech {
		s.spoke[slot] = now
	}
	return slot, true, changed
}

// take finds a slot for someone who has none, or -1.
func (s *slots) take(level uint8, now time.Time) int {
	if free := slices.Index(s.holder, identity.ID{}); free >= 0 {
		return free
	}
	if level > speech {
		return -1
	}
	quietest := 0
	for i, at := range s.spoke {
		if at.Before(s.spoke[quietest]) {
			quietest = i
		}
	}
	if now.Sub(s.spoke[quietest]) < quietFor {
		return -1
	}
	return quietest
}

// table returns who holds which slot.
func (s *slots) table() map[int]identity.ID {
	t := make(map[int]identity.ID)
	for i, id := range s.holder {
		if !id.IsZero() {
			t[i] = id
		}
	}
	return t
}
