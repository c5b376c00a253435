package mesh

import (
	"slices"
	"time"

	"github.com/banyan-rooms/banyan/crypto/identity"
	"github.com/banyan-rooms/banyan/mesh/wire"
)

// replay is what a neighbour in a tree still has to be sent again.
type replay struct {
	to     identity.ID
	tree   int
	frames []uint32 // serial numbers, oldest first
	at     time.Duration
}

// Replays are paced, so that live sound does not wait behind them: so many frames at a
// time, so often. A second of one speaker takes 35 ms.
const (
	replayBurst = 8
	replayPace  = 5 * time.Millisecond
)

// maxReplays is how many replays wait at most.
func (m *Machine) maxReplays() int { return 2 * max(m.maxChildren, 4) }

// queueReplay sends a neighbour in a tree what it lacks, by and by.
func (m *Machine) queueReplay(now time.Duration, tree int, to identity.ID, seen []wire.Seen) {
	if frames := m.route.missing(now, m.timing.Replay, tree, seen); len(frames) > 0 && len(m.outbox) < m.maxReplays() {
		m.outbox = append(m.outbox, replay{to, tree, frames, now})
	}
}

func (m *Machine) replayDeadline() time.Duration {
	at := never
	for i := range m.outbox {
		at = min(at, m.outbox[i].at)
	}
	return at
}

// over tells whether nothing is left to replay: all was sent, is too old, or is for
// somebody who is no neighbour any more.
func (m *Machine) over(now time.Duration, r *replay) bool {
	if len(r.frames) == 0 {
		return true
	}
	t, k := &m.trees[r.tree], m.route.kept(r.frames[0])
	return k == nil || k.at+m.timing.Replay <= now || r.to != t.parent && t.childAt(r.to) < 0
}

// replay sends what is due of all replays. What waits for a link that is not open yet
// waits on.
func (m *Machine) replay(now time.Duration) {
	m.outbox = slices.DeleteFunc(m.outbox, func(r replay) bool { return m.over(now, &r) })
	for i := range m.outbox {
		r := &m.outbox[i]
		if now < r.at {
			continue
		}
		r.at = now + replayPace
		l := m.laneTo(r.to)
		if l == nil {
			continue
		}
		n := min(replayBurst, len(r.frames))
		for _, serial := range r.frames[:n] {
			if k := m.route.kept(serial); k != nil {
				m.emit(Transmit{r.to, wire.AppendMedia(nil, k.raw, k.hops-1, l.number(serial))})
			}
		}
		r.frames = r.frames[n:]
	}
}
