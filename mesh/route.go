package mesh

import (
	"math/bits"
	"slices"
	"time"

	"github.com/banyan-rooms/banyan/crypto/identity"
	"github.com/banyan-rooms/banyan/crypto/sframe"
	"github.com/banyan-rooms/banyan/mesh/wire"
)

// router tells the first copy of a frame from the next, and keeps the last second.
type router struct {
	fresh   uint64   // frames that were new, in all
	streams []stream // at most maxStreams
	ring    []kept   // the last frames, oldest first from next
	next    int
}

// stream is one speaker's frames in one epoch, without a gap: frames whose counters are
// far from all others are another one. Whoever invents a counter that is far ahead can
// so not make the true ones too old.
type stream struct {
	kid    uint64
	window sframe.Window
	at     time.Duration // the last frame
}

// kept is a frame that may be asked for again.
type kept struct {
	at   time.Duration
	kid  uint64
	ctr  uint64
	hops uint8
	raw  []byte
}

func (r *router) init() {
	r.streams = make([]stream, 0, maxStreams)
	r.ring = make([]kept, 0, 64)
}

// Route decides about one frame, which came from a neighbour, or is this peer's own
// (from is zero). fresh says that it has not been seen before and is good to play; it
// goes on to the neighbours in to, which holds until the next call. A frame from
// somebody who is not a neighbour in the tree is neither. raw is the whole frame, which
// must not be changed afterwards. Route emits no effects and, but for a stream's first
// frame, allocates nothing.
func (m *Machine) Route(now time.Duration, from identity.ID, f wire.Frame, raw []byte) (to []identity.ID, fresh bool) {
	if !from.IsZero() {
		if _, near := slices.BinarySearchFunc(m.neighbors, from, identity.ID.Compare); !near && from != m.former {
			return nil, false
		}
		if !m.former.IsZero() && !m.feedsUp(now) {
			m.trial.count(from == m.parent, from == m.former)
		}
		if from == m.parent {
			m.fromParent(now)
			m.parentIdle, m.pretendsAt = false, 0
		}
	}
	if from.IsZero() || from != m.parent && from != m.former {
		m.upAt = now
	}
	if !m.route.accept(now, f.KID, f.CTR) {
		return nil, false
	}
	m.route.fresh++
	m.route.keep(now, m.timing.Replay, f, raw)
	if f.Hops == 0 {
		return nil, true
	}
	for i := range m.children {
		if c := &m.children[i]; !c.backup {
			c.mediaAt = now
			if c.id != from {
				c.sentAt = now
			}
		}
	}
	if from == m.former && !from.IsZero() {
		from = m.parent // which has it by another way
	}
	to = m.neighbors
	if at, ok := slices.BinarySearchFunc(to, from, identity.ID.Compare); ok {
		m.others = append(append(m.others[:0], to[:at]...), to[at+1:]...)
		to = m.others
	}
	return to, true
}

// accept takes note of a frame, and tells whether it is new.
func (r *router) accept(now time.Duration, kid, ctr uint64) bool {
	s := r.find(kid, ctr)
	if s == nil {
		s = r.add(kid)
	}
	s.at = now
	return s.window.Accept(ctr)
}

func (r *router) find(kid, ctr uint64) *stream {
	for i := range r.streams {
		if s := &r.streams[i]; s.kid == kid && s.window.Near(ctr) {
			return s
		}
	}
	return nil
}

// sameSpeaker is how many streams one key has at most: the true one, one that is over
// since its speaker began anew, and inventions.
const sameSpeaker = 4

// add makes place for a stream; the one that has been silent longest goes, of the same
// key if that has many.
func (r *router) add(kid uint64) *stream {
	oldest, oldestOwn, own := -1, -1, 0
	for i := range r.streams {
		s := &r.streams[i]
		if oldest < 0 || s.at < r.streams[oldest].at {
			oldest = i
		}
		if s.kid != kid {
			continue
		}
		if own++; oldestOwn < 0 || s.at < r.streams[oldestOwn].at {
			oldestOwn = i
		}
	}
	switch {
	case own >= sameSpeaker:
		oldest = oldestOwn
	case len(r.streams) < maxStreams:
		r.streams = append(r.streams, stream{})
		oldest = len(r.streams) - 1
	}
	r.streams[oldest] = stream{kid: kid}
	return &r.streams[oldest]
}

// keep keeps a frame for a while. The ring grows to what that while needs.
func (r *router) keep(now, while time.Duration, f wire.Frame, raw []byte) {
	k := kept{now, f.KID, f.CTR, f.Hops, raw}
	switch {
	case len(r.ring) < cap(r.ring):
		r.ring = append(r.ring, k)
	case r.ring[r.next].at+while > now && len(r.ring) < ringFrames:
		// Full of what is still wanted: lay the ring out straight, and grow.
		straight := make([]kept, 0, 2*len(r.ring))
		straight = append(append(straight, r.ring[r.next:]...), r.ring[:r.next]...)
		r.ring, r.next = append(straight, k), 0
	default:
		r.ring[r.next] = k
		r.next = (r.next + 1) % len(r.ring)
	}
}

// seen is what this peer has of each stream.
func (r *router) seen() []wire.Seen {
	digest := make([]wire.Seen, 0, len(r.streams))
	for i := range r.streams {
		s := &r.streams[i]
		top, ok := s.window.Top()
		if !ok {
			continue
		}
		d := wire.Seen{KID: s.kid, Top: top}
		for back := range min(uint64(bits.UintSize), top+1) {
			if s.window.Seen(top - back) {
				d.Bits |= 1 << back
			}
		}
		digest = append(digest, d)
	}
	return digest
}

// missing are the frames of the last while that a digest lacks, oldest first. Of a
// stream that the digest does not name, only the newest tenth of the while is told:
// its reader has just come.
func (r *router) missing(now, while time.Duration, seen []wire.Seen) []kept {
	var out []kept
	for i := range r.ring {
		k := r.ring[(r.next+i)%len(r.ring)]
		at := slices.IndexFunc(seen, func(s wire.Seen) bool {
			return s.KID == k.kid && max(s.Top, k.ctr)-min(s.Top, k.ctr) < sframe.WindowSize
		})
		switch {
		case k.at+while <= now || k.hops == 0:
		case at >= 0 && !seen[at].Has(k.ctr), at < 0 && k.at+while/10 > now:
			out = append(out, k)
		}
	}
	return out
}

// replay is what a neighbour still has to be sent again.
type replay struct {
	to     identity.ID
	frames []kept
	at     time.Duration // of the next
}

// Replays are paced, so that live sound does not wait behind them: so many frames at a
// time, so often. A second of one speaker takes 35 ms.
const (
	replayBurst = 8
	replayPace  = 5 * time.Millisecond
)

// queueReplay sends a neighbour what it lacks, by and by.
func (m *Machine) queueReplay(now time.Duration, to identity.ID, seen []wire.Seen) {
	if frames := m.route.missing(now, m.timing.Replay, seen); len(frames) > 0 && len(m.outbox) < 2*max(m.maxChildren, 4) {
		m.outbox = append(m.outbox, replay{to, frames, now})
	}
}

func (m *Machine) replayDeadline() time.Duration {
	at := never
	for i := range m.outbox {
		at = min(at, m.outbox[i].at)
	}
	return at
}

// replay sends what is due of all replays. What waits for a link that is not open yet
// waits on; what waits for somebody who is no neighbour any more is dropped.
func (m *Machine) replay(now time.Duration) {
	m.outbox = slices.DeleteFunc(m.outbox, func(r replay) bool {
		return len(r.frames) == 0 || r.frames[0].at+m.timing.Replay <= now || r.to != m.parent && m.childAt(r.to) < 0
	})
	for i := range m.outbox {
		r := &m.outbox[i]
		if now < r.at {
			continue
		}
		r.at = now + replayPace
		if !m.links[r.to] {
			continue
		}
		n := min(replayBurst, len(r.frames))
		for _, k := range r.frames[:n] {
			m.emit(Transmit{r.to, wire.AppendMedia(nil, k.raw, k.hops-1)})
		}
		r.frames = r.frames[n:]
	}
}
