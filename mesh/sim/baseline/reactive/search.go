package reactive

import (
	"math/rand/v2"
	"slices"
	"time"

	"github.com/banyan-rooms/banyan/crypto/identity"
	"github.com/banyan-rooms/banyan/mesh"
	"github.com/banyan-rooms/banyan/mesh/wire"
)

// maxPool is how many members a peer remembers to ask.
const maxPool = 64

// tries is how many refusals in a row there are before a pause.
const tries = 16

// search is a member's way to a parent: one is asked at a time.
type search struct {
	pool    []identity.ID // members heard of, the newest last
	named   []identity.ID // by the last one that refused
	asking  identity.ID
	askedAt time.Duration
	refused int           // in a row
	nextAt  time.Duration // nobody is asked before
}

// hear takes in members that somebody says there are.
func (s *search) hear(ids []identity.ID) {
	for _, id := range ids {
		if !slices.Contains(s.pool, id) {
			s.pool = append(s.pool, id)
		}
	}
	if over := len(s.pool) - maxPool; over > 0 {
		s.pool = slices.Delete(s.pool, 0, over)
	}
}

// begin starts anew.
func (s *search) begin(now time.Duration) {
	s.asking, s.named, s.refused, s.nextAt = identity.ID{}, nil, 0, now
}

// lost forgets a member that is not there any more.
func (s *search) lost(now time.Duration, id identity.ID) {
	s.pool = slices.DeleteFunc(s.pool, func(p identity.ID) bool { return p == id })
	if id == s.asking {
		s.asking, s.nextAt = identity.ID{}, now
	}
}

// draw takes the next one to ask: by chance, of those that were named, else of those
// heard of, else of the first peers.
func (s *search) draw(r *rand.Rand, self identity.ID, first []identity.ID) identity.ID {
	for _, from := range [][]identity.ID{s.named, s.pool, first} {
		if some := slices.DeleteFunc(slices.Clone(from), func(id identity.ID) bool { return id == self }); len(some) > 0 {
			return some[r.IntN(len(some))]
		}
	}
	return identity.ID{}
}

// ask asks the next one.
func (m *Machine) ask(now time.Duration) {
	s := &m.search
	to := s.draw(m.rand, m.ID, m.known)
	if m.rank > 0 && s.refused == 0 { // who may be the next root has to know whether the root lives
		to = m.known[m.rand.IntN(m.rank)]
	}
	s.nextAt = now + m.cfg.Retry
	if to.IsZero() {
		return
	}
	s.asking, s.askedAt = to, now
	m.Say(to, []byte{kindJoin, flag(m.most > 0)})
}

// refused is somebody having no place.
func (m *Machine) refused(now time.Duration, from identity.ID, others []identity.ID) {
	s := &m.search
	if from != s.asking {
		return
	}
	s.asking, s.named, s.nextAt = identity.ID{}, others, now
	if s.refused++; s.refused%tries == 0 {
		s.named = nil
		s.nextAt = now + m.cfg.Retry + time.Duration(m.rand.Int64N(int64(m.cfg.Retry)))
	}
}

// accepted is somebody having one.
func (m *Machine) accepted(now time.Duration, from identity.ID, way []wire.Short) {
	s := &m.search
	if from != s.asking || slices.Contains(way, wire.ShortOf(m.ID)) || m.childAt(from) >= 0 {
		m.Say(from, []byte{kindLeave})
		if from == s.asking {
			s.asking, s.nextAt = identity.ID{}, now
		}
		return
	}
	s.asking = identity.ID{}
	m.parent, m.open, m.heardAt = from, false, now
	m.way, m.attached = way, true
	m.Emit(mesh.Dial{Peer: from})
}

// unanswered is nobody answering a join in time.
func (m *Machine) unanswered(now time.Duration) {
	s := &m.search
	dead := s.asking
	s.named = slices.DeleteFunc(s.named, func(id identity.ID) bool { return id == dead })
	s.lost(now, dead)
	if m.rank > 0 && slices.Contains(m.known[:m.rank], dead) {
		m.become()
	}
}
