package node

import (
	"errors"
	"fmt"
	"time"

	"github.com/banyan-rooms/banyan/crypto/canon"
	"github.com/banyan-rooms/banyan/crypto/identity"
	"github.com/banyan-rooms/banyan/crypto/invite"
	"github.com/banyan-rooms/banyan/mesh"
	"github.com/banyan-rooms/banyan/node/transport"
	"github.com/banyan-rooms/banyan/rooms"
)

// validate decides about a message on the room's topic, and takes in what it accepts.
// The network calls it, from several goroutines; nothing is verified twice.
func (s *session) validate(g transport.Gossip) transport.Verdict {
	if g.Relayer == s.n.ID() {
		return transport.Accept // one's own
	}
	if !s.gossip.allow(g.Relayer, time.Now()) {
		s.n.counters.refused.Add(1)
		return transport.Ignore
	}
	kind, payload, err := splitGossip(g.Data)
	if err != nil {
		return s.n.reject(g.Relayer)
	}
	switch kind {
	case gossipItem:
		i, err := rooms.Check(s.id, payload)
		if err != nil {
			return s.n.unread(g.Relayer, err)
		}
		if i.Fraud != nil && i.Fraud.Host != s.genesis.Host {
			return s.n.reject(g.Relayer)
		}
		return s.seat.judge(i)
	case gossipMesh:
		ev, err := mesh.OpenGossip(s.id, payload)
		if err != nil {
			return s.n.unread(g.Relayer, err)
		}
		if !s.offer(func(now time.Duration) {
			if !s.seat.bars(ev.From) {
				s.silent.rumor(now, ev.From)
				s.step(now, ev)
			}
		}) {
			return transport.Ignore
		}
		return transport.Accept
	default:
		return transport.Ignore // of a later version
	}
}

// unread judges gossip that could not be read. What a later version says is not passed
// on, and not held against those who do.
func (n *Node) unread(relayer identity.ID, err error) transport.Verdict {
	if _, later := errors.AsType[canon.VersionError](err); later || errors.Is(err, rooms.ErrLater) {
		return transport.Ignore
	}
	return n.reject(relayer)
}

// splitGossip takes a message on a room's topic apart.
func splitGossip(data []byte) (kind byte, payload []byte, err error) {
	if len(data) < 2 || len(data) > 1+max(rooms.MaxItem, mesh.MaxGossip) {
		return 0, nil, fmt.Errorf("gossip of %d bytes, want 2 to %d", len(data), 1+max(rooms.MaxItem, mesh.MaxGossip))
	}
	return data[0], data[1:], nil
}

// deed is something for the scribe: to keep an item or a ticket, to say something to the
// room, or to tell that all before it is done.
type deed struct {
	keep   []byte
	ticket invite.Chain
	say    []byte
	done   chan<- error // has room for one
}

// unsaid is how many messages are kept for the first one who comes to an empty room,
// and how often the scribe looks whether somebody has.
const (
	unsaid      = 32
	unsaidEvery = 250 * time.Millisecond
)

// write is the scribe: it keeps and says things, in order, so that the loop need not
// wait for disk and network. An op that could not be kept is not said either, and the
// next done tells why. What was said while nobody was there is said again when
// somebody comes. It ends when its inbox is closed.
func (s *session) write() {
	clock := time.NewTicker(unsaidEvery)
	defer clock.Stop()
	var failed error
	var alone [][]byte
	lost := make(map[string]bool) // ops that could not be kept
	for {
		select {
		case d, more := <-s.scribe:
			if !more {
				return
			}
			switch {
			case d.done != nil:
				d.done <- failed
				failed = nil
			case d.keep != nil:
				if err := s.n.cfg.Store.PutItem(s.id, d.keep); err != nil {
					failed = fmt.Errorf("keep what was decided: %w", err)
					lost[string(d.keep)] = true
					s.log.Warn("the room's log could not be written down", "error", err)
				}
			case d.ticket != nil:
				if err := s.n.cfg.Store.PutTicket(s.id, d.ticket); err != nil {
					failed = fmt.Errorf("keep your right to be here: %w", err)
					s.log.Warn("the ticket could not be written down", "error", err)
				}
			case len(lost) > 0 && lost[string(d.say[1:])]:
				delete(lost, string(d.say[1:]))
			case len(s.topic.Peers()) == 0:
				alone = append(alone, d.say)
				alone = alone[max(0, len(alone)-unsaid):]
			default:
				s.publish(d.say)
			}
		case <-clock.C:
			if len(alone) > 0 && len(s.topic.Peers()) > 0 {
				for _, data := range alone {
					s.publish(data)
				}
				alone = nil
			}
		}
	}
}

// publish says something on the topic.
func (s *session) publish(data []byte) {
	if err := s.topic.Publish(s.life, data); err != nil && !errors.Is(err, transport.ErrClosed) {
		s.log.Debug("not said to the room", "error", err)
	}
}
