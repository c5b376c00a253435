package node

import (
	"time"

	"github.com/banyan-rooms/banyan/crypto/identity"
	"github.com/banyan-rooms/banyan/mesh"
	"github.com/banyan-rooms/banyan/mesh/wire"
	"github.com/banyan-rooms/banyan/node/audio"
	"github.com/banyan-rooms/banyan/node/transport"
	"github.com/banyan-rooms/banyan/rooms"
)

// What one voice may bring onto the road: twice what it says in real time, and a
// second at once, when a neighbour replays it.
const (
	framesPerSecond = 100
	framesBurst     = 150
)

// streamIdle is how long a silent stream keeps its place in the table.
const streamIdle = 5 * time.Second

// together is how long a root keeps a frame back for those of other speakers, if they
// are to be expected within it, so that all of them travel in one datagram (2 to
// 5 ms is what the ear does not notice); lately is how long ago somebody was heard who counts as
// talking.
const (
	together = 3 * time.Millisecond
	lately   = 60 * time.Millisecond
)

// receive takes in a datagram: a relay's whole road, and the first half of a
// listener's. Nothing is decrypted here, and nothing could be.
func (s *session) receive(now time.Duration, in inbound) {
	s.n.counters.datagramsIn.Add(1)
	s.n.counters.bytesIn.Add(uint64(len(in.data)))
	s.silent.hear(in.from)
	switch {
	case len(in.data) == 0:
		s.n.counters.malformed.Add(1)
		s.n.offended(in.from, unreadable)
	case in.data[0] == wire.KindMedia:
		err := wire.Frames(in.data[1:], func(f wire.Frame, raw []byte) { s.forward(now, in.from, f, raw) })
		if err != nil {
			s.n.counters.malformed.Add(1)
			s.n.offended(in.from, unreadable)
		}
	default:
		s.step(now, mesh.Heard{From: in.from, Datagram: in.data})
	}
}

// forward sends a frame on if it is new, and only then lets the seat hear it.
func (s *session) forward(now time.Duration, from identity.ID, f wire.Frame, raw []byte) {
	if !s.road.admit(now, from, f.KID, s.seat.known(f.KID)) {
		s.n.counters.refused.Add(1)
		return
	}
	to, fresh := s.mesh.Route(now, from, f, raw)
	if !fresh {
		s.n.counters.duplicates.Add(1)
		return
	}
	s.n.counters.frames.Add(1)
	if f.Hops > 0 && len(to) > 0 {
		s.road.pack(now, f.KID)
		for _, hop := range to {
			s.pack(hop, raw, f.Hops-1)
		}
	}
	s.seat.hear(f)
}

// pack puts a frame into the parcel for a neighbour, which flush sends.
func (s *session) pack(to mesh.Hop, raw []byte, hops uint8) {
	l := s.links[to.Peer]
	if l == nil {
		return
	}
	if len(l.out) > 0 && len(l.out)+len(raw)+wire.Overhead > transport.MaxDatagram {
		s.post(l, l.out)
		l.out = l.out[:0]
	}
	if len(l.out) == 0 {
		l.out = wire.AppendMedia(l.out, raw, hops, to.Link)
	} else {
		l.out = wire.AppendNext(l.out, raw, hops, to.Link)
	}
}

// flush sends the parcels, or says when it will.
func (s *session) flush(now time.Duration) (next time.Duration) {
	if !s.road.packed {
		return never
	}
	if at := s.road.since + together; now < at && (s.mesh.IsRoot(0) || s.mesh.IsRoot(1)) && s.road.more(now) {
		return at
	}
	s.road.sent()
	for _, l := range s.links {
		if len(l.out) > 0 {
			s.post(l, l.out)
			l.out = l.out[:0]
		}
	}
	return never
}

// road is what passes through a session: how much each stream brings, and what is
// packed. It has one owner.
//
// A relay cannot tell a voice of the stage from noise that somebody made up: it has
// no keys. It bounds what each stream, each neighbour and all together may bring, so
// that noise costs bandwidth and nothing else, and does not shut out whoever was
// there before. A member knows the streams of those on the stage; they always have
// a place.
type road struct {
	streams map[uint64]*traffic
	packed  bool          // there are frames in parcels
	since   time.Duration // when the first was packed
}

// traffic is one stream on the road.
type traffic struct {
	from   identity.ID // who brought it first
	known  bool
	packed bool // a frame is in the parcels
	bucket bucket
	at     time.Duration // the last frame
}

func newRoad() road { return road{streams: make(map[uint64]*traffic, maxStreams)} }

// admit tells whether one more frame of a stream may pass.
func (r *road) admit(now time.Duration, from identity.ID, kid uint64, known bool) bool {
	t := r.streams[kid]
	if t == nil {
		if t = r.add(now, from, known); t == nil {
			return false
		}
		r.streams[kid] = t
	}
	t.at, t.known = now, known
	return t.bucket.take(now, framesPerSecond, framesBurst)
}

// add makes a place for a stream, if there is one: an idle stream's, or a free one
// that its neighbour has a right to, or for a known voice any that is not.
func (r *road) add(now time.Duration, from identity.ID, known bool) *traffic {
	brought := 0
	for kid, t := range r.streams {
		if now >= t.at+streamIdle {
			delete(r.streams, kid)
		} else if t.from == from && !t.known {
			brought++
		}
	}
	if !known && (brought >= rooms.MaxStage || len(r.streams) >= maxStreams) {
		return nil
	}
	if len(r.streams) >= maxStreams && !r.evict() {
		return nil
	}
	return &traffic{from: from}
}

// evict takes the place of the unknown stream that was silent longest.
func (r *road) evict() bool {
	var victim uint64
	var oldest *traffic
	for kid, t := range r.streams {
		if !t.known && (oldest == nil || t.at < oldest.at || t.at == oldest.at && kid < victim) {
			victim, oldest = kid, t
		}
	}
	delete(r.streams, victim)
	return oldest != nil
}

// pack notes that a frame of a stream is in the parcels.
func (r *road) pack(now time.Duration, kid uint64) {
	if !r.packed {
		r.packed, r.since = true, now
	}
	r.streams[kid].packed = true
}

// sent notes that the parcels are on their way.
func (r *road) sent() {
	r.packed = false
	for _, t := range r.streams {
		t.packed = false
	}
}

// more tells whether somebody who talks is not in the parcels yet, and is to be
// expected while they may wait.
func (r *road) more(now time.Duration) bool {
	for _, t := range r.streams {
		if !t.packed && now < t.at+lately && t.at+audio.FrameDuration <= r.since+together {
			return true
		}
	}
	return false
}
