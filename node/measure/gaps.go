package measure

import (
	"slices"
	"time"

	"github.com/banyan-rooms/banyan/crypto/identity"
	"github.com/banyan-rooms/banyan/node/audio"
)

// Gap is a piece of a voice that was not heard in time.
type Gap struct {
	Speaker identity.ID
	Since   time.Time // when its first frame was captured, by the speaker's clock
	Length  time.Duration
}

// maxGaps bounds what is kept of gaps that nobody asked for yet: the oldest go first.
const maxGaps = 1024

// Gaps are those of which it has become certain since they were asked for last: what is
// missing is certain once the frame after it is older than the slack.
func (m *Meter) Gaps() []Gap {
	gaps := m.gaps
	m.gaps = nil
	return gaps
}

// settle takes in a frame that came in time, and finds the gaps that are certain now.
func (m *Meter) settle(t *track, f Frame) {
	at, _ := slices.BinarySearchFunc(t.recent, f.Number, func(g Frame, n uint64) int { return int(int64(g.Number - n)) })
	t.recent = slices.Insert(t.recent, at, f)
	for len(t.recent) > 1 && f.Arrived.Sub(t.recent[1].Captured) > m.slack {
		before, after := t.recent[0], t.recent[1]
		t.recent = slices.Delete(t.recent, 0, 1)
		if after.Number == before.Number+1 {
			continue
		}
		if len(m.gaps) == maxGaps {
			m.gaps = slices.Delete(m.gaps, 0, 1)
		}
		m.gaps = append(m.gaps, Gap{
			Speaker: f.Speaker, Since: before.Captured.Add(audio.FrameDuration),
			Length: time.Duration(after.Number-before.Number-1) * audio.FrameDuration,
		})
	}
}
