package sim

import (
	"time"

	"github.com/banyan-rooms/banyan/crypto/identity"
	"github.com/banyan-rooms/banyan/mesh"
	"github.com/banyan-rooms/banyan/mesh/wire"
)

// never is later than everything.
const never = time.Duration(1<<63 - 1)

// lastWords is how long a peer that has stopped is still there.
const lastWords = time.Millisecond

// step lets one thing happen to a peer's machine, and does what it asks for.
func (s *shard) step(p *peer, ev mesh.Event) {
	before := s.acting
	s.acting = p
	p.machine.Step(p.clock(s.now), ev)
	p.machine.Drain(s.do)
	s.acting = before
	s.arm(p)
}

// arm queues a wake for the machine's deadline. A wake that comes too early, since
// the deadline moved on, does no harm; there is one for each peer at most times.
func (s *shard) arm(p *peer) {
	if p.here() {
		if at, ok := p.machine.Deadline(); ok {
			s.wakeAt(p, at)
		}
	}
}

// wakeAt queues a wake at a time by the machine's clock, unless there is an earlier one.
func (s *shard) wakeAt(p *peer, at time.Duration) {
	if at = max(at+p.arrived, s.now); at < p.wake {
		p.wake = at
		s.push(p, event{at: at, kind: wakes, to: p.number})
	}
}

// awake is a wake having come.
func (s *shard) awake(p *peer) {
	if !p.here() || p.wake > s.now {
		return
	}
	p.wake = never
	switch at, ok := p.machine.Deadline(); {
	case !ok:
	case at <= p.clock(s.now):
		s.step(p, nil)
	default:
		s.wakeAt(p, at)
	}
}

// effect does one thing that the acting machine asks for.
func (s *shard) effect(e mesh.Effect) {
	p := s.acting
	switch e := e.(type) {
	case mesh.Send:
		s.send(p, e.To, e.Message)
	case Say:
		s.say(p, e.To, e.Data)
	case mesh.Transmit:
		media := e.Datagram[0] == wire.KindMedia
		if k := p.links.to(&e.To); k != nil && k.open && !(p.drops && media) {
			s.transmit(p, k, event{cargo: &cargo{data: e.Datagram}}, 0)
		}
	case mesh.Dial:
		if q := s.w.known(e.Peer); q != nil {
			s.dial(p, q)
		}
	case mesh.HangUp:
		if q := s.w.known(e.Peer); q != nil {
			s.hangUp(p, q)
		}
	case mesh.Spread:
		s.spread(p, e.Data)
	case mesh.Changed:
	case mesh.Stopped:
		s.push(p, event{at: s.now + lastWords, kind: gone, to: p.number})
	}
}

// known is the peer behind an ID; nil if there never was one.
func (w *World) known(id identity.ID) *peer {
	if n, ok := w.numbers[id]; ok {
		return w.peers[n]
	}
	return nil
}
