package node

import (
	"context"
	"errors"
	"log/slog"
	"math"
	"time"

	"github.com/banyan-rooms/banyan/crypto/canon"
	"github.com/banyan-rooms/banyan/crypto/identity"
	"github.com/banyan-rooms/banyan/mesh"
	"github.com/banyan-rooms/banyan/mesh/wire"
	"github.com/banyan-rooms/banyan/node/transport"
	"github.com/banyan-rooms/banyan/rooms"
)

// do carries out what the mesh asks for.
func (s *session) do(e mesh.Effect) {
	switch e := e.(type) {
	case mesh.Send:
		if p, asks := e.Message.(*wire.Probe); asks && p.Nonce == 0 { // with one, it asks for a place
			s.silent.ask(e.To)
		}
		s.send(e.To, e.Message)
	case mesh.Transmit:
		s.transmit(e.To, e.Datagram)
	case mesh.Dial:
		s.dial(e.Peer)
	case mesh.HangUp:
		s.hangUp(e.Peer)
	case mesh.Spread:
		s.say(gossipMesh, e.Data)
	case mesh.Changed:
		s.view = true
	case mesh.Stopped:
		s.stopped(s.now())
	}
}

// do carries out what the room asks for.
func (m *member) do(e rooms.Effect) {
	switch e := e.(type) {
	case rooms.Store:
		m.door.keep(e.Item)
		m.scribe <- deed{keep: e.Data}
	case rooms.Broadcast:
		m.say(gossipItem, e.Data)
	case rooms.Changed:
		m.changed = true
	case rooms.Refused:
		m.refused = e.Err
	}
}

// send sends a control message.
func (s *session) send(to identity.ID, msg wire.Message) {
	b, err := wire.Marshal(msg)
	if err == nil {
		s.log.Debug("control message out", "to", to.Short(), "message", kind(b[0]))
		b, err = canon.Marshal(envelope{s.id, b})
	}
	if err != nil {
		panic(err) // types of our own always encode
	}
	s.n.cfg.Network.SendControl(to, MeshProtocol, b, func(err error) {
		s.log.Debug("control message lost", "to", to.Short(), "error", err)
		s.offer(func(now time.Duration) { s.step(now, mesh.Failed{Peer: to}) }) // lost when full: the mesh has its own patience
	})
}

// kind is a control message's, which a log that wants to know calls by its name.
type kind byte

// LogValue is for [slog].
func (k kind) LogValue() slog.Value { return slog.StringValue(wire.NameOf(byte(k))) }

// say gossips on the room's topic.
func (s *session) say(kind byte, data []byte) {
	s.scribe <- deed{say: append([]byte{kind}, data...)}
}

// neighbor is a peer with an open link.
type neighbor struct {
	link transport.Link
	out  []byte // a datagram of frames that waits for flush
}

// transmit sends one datagram. What is lost here is lost as on the way.
func (s *session) transmit(to identity.ID, datagram []byte) {
	if l := s.links[to]; l != nil {
		s.post(l, datagram)
	}
}

// post sends a datagram over a link.
func (s *session) post(l *neighbor, datagram []byte) {
	if err := l.link.Send(datagram); err != nil {
		s.n.counters.unsent.Add(1)
		return
	}
	s.n.counters.datagramsOut.Add(1)
	s.n.counters.bytesOut.Add(uint64(len(datagram)))
}

// dial opens a link, and tells the loop what came of it.
func (s *session) dial(to identity.ID) {
	if s.links[to] != nil {
		s.offer(func(now time.Duration) { s.step(now, mesh.LinkUp{Peer: to}) })
		return
	}
	if s.dialing[to] != nil {
		return
	}
	ctx, cancel := context.WithTimeout(s.life, dialTimeout)
	s.dialing[to] = cancel
	s.running.Go(func() {
		defer cancel()
		l, err := s.n.cfg.Links.Dial(ctx, to, s.id)
		kept := s.await(func(now time.Duration) {
			delete(s.dialing, to)
			switch {
			case err == nil:
				s.linkUp(now, l)
			case !errors.Is(err, transport.ErrDuplicate): // else the other's link comes
				s.log.Debug("link not opened", "to", to.Short(), "error", err)
				s.step(now, mesh.Failed{Peer: to})
			}
		})
		if !kept && l != nil {
			_ = l.Close()
		}
	})
}

// hangUp closes a link, or stops dialling.
func (s *session) hangUp(id identity.ID) {
	if cancel := s.dialing[id]; cancel != nil {
		cancel()
	}
	if l := s.links[id]; l != nil {
		delete(s.links, id)
		s.n.counters.links.Add(-1)
		_ = l.link.Close()
	}
}

// dismiss takes somebody out of the trees: to the mesh, they have said good-bye and are
// not reached any more.
func (s *session) dismiss(now time.Duration, id identity.ID) {
	place := s.mesh.View()
	bye := &mesh.Gossip{From: id, Seq: math.MaxUint64, Advert: mesh.Advert{Gone: true}}
	for i, b := range place.Trees {
		if b.Root == id {
			bye.Lease = &mesh.Lease{Epoch: b.Epoch, Gone: true, Tree: uint8(i)}
		}
	}
	s.step(now, bye)
	if s.links[id] != nil {
		s.hangUp(id)
		s.step(now, mesh.LinkDown{Peer: id})
	}
	s.step(now, mesh.Failed{Peer: id})
}

// linkUp takes over an open link, whoever dialled it.
func (s *session) linkUp(now time.Duration, l transport.Link) {
	id := l.Peer()
	if len(s.links) >= s.linkLimit() || s.parted != 0 {
		_ = l.Close()
		return
	}
	if old := s.links[id]; old != nil { // the peer lost it
		s.hangUp(id)
	}
	s.links[id] = &neighbor{link: l}
	s.silent.hear(id)
	s.n.counters.links.Add(1)
	l.Receive(func(datagram []byte) {
		select {
		case s.frames <- inbound{id, datagram}:
		default: // the loop is behind: the newest is lost, as on the way
			s.n.counters.overflow.Add(1)
		}
	})
	s.running.Go(func() {
		select {
		case <-l.Done():
		case <-s.life.Done():
			return
		}
		s.await(func(now time.Duration) { s.linkDown(now, l) })
	})
	s.step(now, mesh.LinkUp{Peer: id})
}

// linkDown takes note that a link has ended, unless another has its place.
func (s *session) linkDown(now time.Duration, l transport.Link) {
	id := l.Peer()
	if held := s.links[id]; held == nil || held.link != l {
		return
	}
	delete(s.links, id)
	s.n.counters.links.Add(-1)
	s.silent.lose(now, id, s.mesh.View())
	s.step(now, mesh.LinkDown{Peer: id})
}

// linkLimit is how many links the room may have: as many as have a right to one.
func (s *session) linkLimit() int { return 2*s.maxChildren + 16 }

// allowLink answers a peer that wants to open a link. The network calls it.
func (s *session) allowLink(from identity.ID) error {
	ctx, cancel := context.WithTimeout(context.Background(), askTimeout)
	defer cancel()
	expected, err := ask(ctx, s, func(time.Duration) bool { return s.mesh.Expects(from) && s.parted == 0 })
	switch {
	case err != nil:
		return errors.New("this peer is busy")
	case !expected:
		return errors.New("this peer did not agree to a link with you")
	}
	return nil
}
