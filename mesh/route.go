package mesh

import (
	"math"
	"slices"
	"time"

	"github.com/banyan-rooms/banyan/crypto/identity"
	"github.com/banyan-rooms/banyan/crypto/sframe"
	"github.com/banyan-rooms/banyan/mesh/wire"
)

// router tells the first copy of a frame from the next, and keeps the last second.
type router struct {
	serial  uint32   // of the newest
	streams []stream // at most maxStreams
	ring    []kept   // the last frames, each at its serial number modulo the length, a power of two
}

// stream is one speaker's frames in one epoch, without a gap: frames whose counters are
// far from all others are another one. Whoever invents a counter that is far ahead can
// so not make the true ones too old.
type stream struct {
	window sframe.Window // ends with its top, beside which the rest is in memory
	kid    uint64
	at     time.Duration // the last frame
}

// kept is a frame that may be asked for again. It is small, since each frame fills another
// place of the ring; what else is asked of it, if ever, is in raw.
type kept struct {
	at     time.Duration
	serial uint32 // 0 is none
	hops   uint8
	trees  wire.Trees
	raw    []byte
}

func (r *router) init() {
	r.streams = make([]stream, 0, 2)
	r.ring = make([]kept, ringStart)
}

// Hop is a neighbour to whom a frame goes, and the number that it has on the link.
type Hop struct {
	Peer identity.ID
	Link uint16
}

// Route decides about one frame, which came from a neighbour, or is this peer's own
// (from is zero). fresh says that it has not been seen before and is good to play; it
// goes on to the neighbours in to, which holds until the next call. A frame from
// somebody who is not a neighbour in a tree that it travels on is neither. raw is the
// whole frame, which must not be changed afterwards. Route emits no effects and, but for
// the first frame of a stream, to a neighbour or that this peer says, allocates nothing.
func (m *Machine) Route(now time.Duration, from identity.ID, f wire.Frame, raw []byte) (to []Hop, fresh bool) {
	up := [wire.MaxTrees]bool{true, true}
	if !from.IsZero() {
		if up = m.comes(now, from, f); up == [wire.MaxTrees]bool{} {
			return nil, false
		}
	}
	for i, t := range m.both() {
		if f.Trees.Has(i) && (from.IsZero() || from != t.parent && !t.former.is(from)) {
			t.upAt = now
		}
	}
	fresh, live := m.route.accept(now, f.KID, f.CTR)
	if !fresh {
		return nil, false
	}
	for i, t := range m.both() {
		if f.Trees.Has(i) {
			t.fresh++
			if from.IsZero() {
				t.speak(now)
			}
		}
	}
	if live && !from.IsZero() {
		m.expect(now, f)
	}
	serial := m.route.keep(now, m.timing.Replay, f, raw)
	if f.Hops == 0 || !m.passes(now, f) {
		return nil, true
	}
	for i, t := range m.both() {
		if f.Trees.Has(i) {
			to = t.passOn(now, from, up[i], serial, to)
		}
	}
	if len(to) > 0 {
		m.hops = to
	}
	return to, true
}

// comes takes note of a frame from a neighbour, and tells in which of the trees that the
// frame travels on it is one.
func (m *Machine) comes(now time.Duration, from identity.ID, f wire.Frame) (near [wire.MaxTrees]bool) {
	var l *lane
	for i, t := range m.both() {
		if !f.Trees.Has(i) {
			continue
		}
		if over := t.laneOf(from); over != nil {
			l = over
		} else if !t.former.is(from) {
			continue
		}
		near[i] = true
		t.had++
		if t.former != nil && !t.feedsUp(now) {
			t.former.trial.count(from == t.parent, from == t.former.id)
		}
		if from == t.parent {
			due := t.parentDeadline()
			t.fromParent(now)
			t.parentIdle, t.pretendsAt = false, 0
			m.hastened = m.hastened || t.parentDeadline() < due
		}
	}
	if l == nil && near != [wire.MaxTrees]bool{} {
		l = m.laneTo(from)
	}
	if l != nil {
		m.came(now, from, l, f.Link, true)
	}
	return near
}

// passOn adds the neighbours in this tree to those whom a frame goes to already; up says that
// this may be the parent. Of a frame that travels on both trees, and came by the other one, the parent
// here has a copy by itself.
func (t *tree) passOn(now time.Duration, from identity.ID, up bool, serial uint32, to []Hop) []Hop {
	not := from
	if t.former.is(from) {
		not = t.parent // which has it by another way
	}
	first := len(to) // by the other tree
	if up && t.up != nil && t.parent != not {
		to = t.copyTo(to, first, t.parent, t.up, serial)
	}
	for i := range t.children {
		c := &t.children[i]
		if c.backup {
			continue
		}
		t.hastened = t.hastened || t.idle(c, now)
		c.mediaAt = now
		if c.id != from {
			c.sentAt = now
		}
		if c.lane != nil && c.id != not && (up || c.id != t.parent) {
			to = t.copyTo(to, first, c.id, c.lane, serial)
		}
	}
	return to
}

// copyTo adds a neighbour to those whom a frame goes to, unless it is among the first of them.
func (m *Machine) copyTo(to []Hop, first int, id identity.ID, l *lane, serial uint32) []Hop {
	if first > 0 && slices.ContainsFunc(to[:first], func(h Hop) bool { return h.Peer == id }) {
		return to
	}
	if len(to) == 0 {
		to = m.hops[:0]
	}
	return append(to, Hop{id, l.number(serial)})
}

// behind is how many frames later than the newest a frame may come that is not a replay:
// 200 ms, by which two ways may differ.
const behind = 10

// accept takes note of a frame, and tells whether it is new, and whether it is live: not
// one that was missed and is sent again much later.
func (r *router) accept(now time.Duration, kid, ctr uint64) (fresh, live bool) {
	s := r.find(kid, ctr)
	if s == nil {
		s = r.add(kid)
	}
	s.at = now
	top, _ := s.window.Top()
	return s.window.Accept(ctr), ctr+behind >= top
}

// find is the stream of a frame, or nil. If one key has several that are near enough, since
// this peer was deaf in between, it is the nearest: else what the one has had could come
// again by the other.
func (r *router) find(kid, ctr uint64) (nearest *stream) {
	least := uint64(math.MaxUint64)
	for i := range r.streams {
		s := &r.streams[i]
		if s.kid != kid || !s.window.Near(ctr) {
			continue
		}
		top, _ := s.window.Top()
		if d := max(top, ctr) - min(top, ctr); d < least {
			nearest, least = s, d
		}
	}
	return nearest
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

// keep keeps a frame for a while, and returns its serial number. The ring grows to what
// that while needs.
func (r *router) keep(now, while time.Duration, f wire.Frame, raw []byte) uint32 {
	if r.serial++; r.serial == 0 {
		r.serial++
	}
	old := &r.ring[r.serial%uint32(len(r.ring))]
	if old.serial != 0 && old.at+while > now && len(r.ring) < ringFrames {
		grown := make([]kept, 2*len(r.ring))
		for _, k := range r.ring {
			grown[k.serial%uint32(len(grown))] = k
		}
		r.ring = grown
		old = &r.ring[r.serial%uint32(len(r.ring))]
	}
	*old = kept{now, r.serial, f.Hops, f.Trees, raw}
	return r.serial
}

// kept is a frame by its serial number; nil if it is not kept any more.
func (r *router) kept(serial uint32) *kept {
	if k := &r.ring[serial%uint32(len(r.ring))]; serial != 0 && k.serial == serial {
		return k
	}
	return nil
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
		for back := range min(wire.SeenBits, top+1) {
			if s.window.Seen(top - back) {
				d.Bits |= 1 << back
			}
		}
		digest = append(digest, d)
	}
	return digest
}

// missing are the frames of a tree, of the last while, that a digest lacks, oldest first.
// Of a stream that the digest does not name, only the newest tenth of the while is told:
// its reader has just come.
func (r *router) missing(now, while time.Duration, tree int, seen []wire.Seen) (serials []uint32) {
	for i := range uint32(len(r.ring)) {
		k := r.kept(r.serial - uint32(len(r.ring)) + 1 + i)
		if k == nil || !k.trees.Has(tree) || k.at+while <= now || k.hops == 0 {
			continue
		}
		f, err := wire.ParseFrame(k.raw)
		if err != nil {
			continue // it was parsed as it came
		}
		at := slices.IndexFunc(seen, func(s wire.Seen) bool {
			return s.KID == f.KID && max(s.Top, f.CTR)-min(s.Top, f.CTR) < sframe.WindowSize
		})
		if at >= 0 && !seen[at].Has(f.CTR) || at < 0 && k.at+while/10 > now {
			serials = append(serials, k.serial)
		}
	}
	return serials
}
