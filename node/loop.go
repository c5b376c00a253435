package node

import (
	"context"
	"time"

	"github.com/banyan-rooms/banyan/crypto/identity"
	"github.com/banyan-rooms/banyan/mesh"
	"github.com/banyan-rooms/banyan/mesh/wire"
)

// inbound is a datagram that came over a link.
type inbound struct {
	from identity.ID
	data []byte
}

// burst is how many datagrams are taken in one go, so that what came together goes on
// together, before anything else gets its turn.
const burst = 64

// patience is the shortest wait of the loop when nothing comes in: finer than anything
// that is due, and no spinning if something is overdue for ever.
const patience = 500 * time.Microsecond

const never = time.Duration(1<<63 - 1)

// loop owns the session's machines until ctx ends or the room is left.
func (s *session) loop(ctx context.Context) {
	timer := time.NewTimer(0)
	defer timer.Stop()
	clock := time.NewTicker(tick)
	defer clock.Stop()
	s.seat.begin(s.now())
	leave := s.leave
	for !s.over() {
		next := func(time.Duration) {}
		select {
		case <-ctx.Done():
			return
		case <-leave:
			leave = nil
			next = s.part
		case in := <-s.frames:
			s.receive(s.now(), in)
		case next = <-s.tasks:
		case <-clock.C:
			next = s.tick
		case <-timer.C:
		}
		// Sound goes first: it must not wait, and a neighbour must not be taken for
		// silent while what it sent lies here.
		for range burst {
			if !s.another() {
				break
			}
		}
		next(s.now())
		timer.Reset(s.settle(s.now()))
	}
}

// now is the time since the session began.
func (s *session) now() time.Duration { return time.Since(s.start) }

// another takes in a datagram if there is one.
func (s *session) another() bool {
	select {
	case in := <-s.frames:
		s.receive(s.now(), in)
		return true
	default:
		return false
	}
}

// settle does what is due, sends what waits, and says how long there is time.
func (s *session) settle(now time.Duration) time.Duration {
	if at, ok := s.mesh.Deadline(); ok && now >= at {
		s.step(now, nil)
	}
	if at, ok := s.seat.deadline(); ok && now >= at {
		s.seat.wake(now)
	}
	next := s.flush(now)
	if at, ok := s.mesh.Deadline(); ok {
		next = min(next, at)
	}
	if at, ok := s.seat.deadline(); ok {
		next = min(next, at)
	}
	if s.parted != 0 {
		next = min(next, s.parted)
	}
	return max(patience, min(next-now, time.Minute))
}

// step gives the mesh an event and carries out what it asks for.
func (s *session) step(now time.Duration, ev mesh.Event) {
	s.mesh.Step(now, ev)
	s.mesh.Drain(s.do)
}

// tick is the slow clock: what is shown, and what nobody tells of.
func (s *session) tick(now time.Duration) {
	s.step(now, mesh.Reachable{Dialable: s.n.cfg.Network.Dialable()})
	for id, at := range s.told {
		if now-at > time.Minute {
			delete(s.told, id)
		}
	}
	s.seat.wake(now)
	s.reveal()
}

// reveal shows where the session stands.
func (s *session) reveal() {
	now, v := s.now(), s.mesh.View()
	s.silent.move(now, *s.place.Swap(&v), v)
	s.view = false
	s.seat.show(v)
}

// control takes in a mesh's control message. The network calls it.
func (s *session) control(from identity.ID, message []byte) {
	m, err := wire.Unmarshal(message)
	if err != nil {
		s.n.counters.malformed.Add(1)
		s.n.offended(from, unreadable)
		s.log.Debug("malformed control message", "from", from.Short(), "error", err)
		return
	}
	s.offer(func(now time.Duration) { // lost when full: whoever asked asks again
		if s.seat.bars(from) {
			return
		}
		s.silent.hear(from)
		s.measure(now, from)
		s.log.Debug("control message in", "from", from.Short(), "message", kind(message[0]))
		s.step(now, mesh.Received{From: from, Message: m})
	})
}

// measure tells the mesh the round trip to a peer, now and then.
func (s *session) measure(now time.Duration, id identity.ID) {
	if at, told := s.told[id]; told && now-at < rttEvery || len(s.told) >= maxLimited {
		return
	}
	if rtt, known := s.n.cfg.Network.RTT(id); known {
		s.told[id] = now
		s.step(now, mesh.RTT{Peer: id, RTT: rtt})
	}
}

// part begins to leave the room.
func (s *session) part(now time.Duration) {
	s.seat.leave(now)
	s.parted = now + leaveTimeout
	s.step(now, mesh.Stop{})
}

// stopped is the mesh's word that nobody needs this node any more.
// Somebody who was removed stays, outside the tree, to be told of it.
func (s *session) stopped(now time.Duration) { s.parted = min(s.parted, now+farewell) }

// over tells whether the room has been left.
func (s *session) over() bool { return s.parted != 0 && s.now() >= s.parted }
