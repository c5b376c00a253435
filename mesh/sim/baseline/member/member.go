// Package member is what the peers of all baselines have in common: what they want done,
// which frames they have had, and what they say of a room with one tree.
//
// It is meant to be embedded: a baseline adds what makes it one.
package member

import (
	"fmt"
	"slices"
	"time"

	"github.com/banyan-rooms/banyan/crypto/identity"
	"github.com/banyan-rooms/banyan/crypto/sframe"
	"github.com/banyan-rooms/banyan/mesh"
	"github.com/banyan-rooms/banyan/mesh/sim"
	"github.com/banyan-rooms/banyan/mesh/wire"
)

// Never is later than everything.
const Never = time.Duration(1<<63 - 1)

// maxStreams is how many streams are told apart: as in package mesh.
const maxStreams = 32

// Member is one peer. Only ID has to be set.
type Member struct {
	ID      identity.ID
	outbox  []mesh.Effect
	streams []stream
	hops    []mesh.Hop
}

// stream is which frames of one speaker have come.
type stream struct {
	kid    uint64
	window sframe.Window
}

// Emit asks the driver for something.
func (m *Member) Emit(e mesh.Effect) { m.outbox = append(m.outbox, e) }

// Say asks the driver to send a control message.
func (m *Member) Say(to identity.ID, data []byte) { m.Emit(sim.Say{To: to, Data: data}) }

// Pending tells whether there is something to drain.
func (m *Member) Pending() bool { return len(m.outbox) > 0 }

// Drain implements [sim.Protocol].
func (m *Member) Drain(do func(mesh.Effect)) {
	for _, e := range m.outbox {
		do(e)
	}
	clear(m.outbox)
	m.outbox = m.outbox[:0]
}

// Fresh takes note of a frame, and tells whether it is the first copy.
func (m *Member) Fresh(kid, ctr uint64) bool {
	if s := m.stream(kid); s != nil {
		return s.window.Accept(ctr)
	}
	if len(m.streams) == maxStreams {
		m.streams = slices.Delete(m.streams, 0, 1)
	}
	m.streams = append(m.streams, stream{kid: kid})
	return m.streams[len(m.streams)-1].window.Accept(ctr)
}

// Had tells whether a frame has come, or is too old to know.
func (m *Member) Had(kid, ctr uint64) bool {
	s := m.stream(kid)
	return s != nil && s.window.Seen(ctr)
}

func (m *Member) stream(kid uint64) *stream {
	for i := range m.streams {
		if m.streams[i].kid == kid {
			return &m.streams[i]
		}
	}
	return nil
}

// Hops returns the list that Route gives, empty: it holds until the next call. Whoever
// appends to it hands it to Keep.
func (m *Member) Hops() []mesh.Hop { return m.hops[:0] }

// Keep keeps the room of a list for the next one, and returns it.
func (m *Member) Keep(hops []mesh.Hop) []mesh.Hop {
	m.hops = hops
	return hops
}

// Way implements [sim.Protocol]: one tree, and no cover.
func (m *Member) Way(uint64) (wire.Trees, bool) { return wire.Of(0), false }

// Trees implements [sim.Topology].
func (m *Member) Trees() int { return 1 }

// Backup implements [sim.Topology]: there is none.
func (m *Member) Backup(int) identity.ID { return identity.ID{} }

// Bounded returns an error if there is more of something than there may be.
func Bounded(what string, have, most int) error {
	if have > most {
		return fmt.Errorf("%d %s, at most %d", have, what, most)
	}
	return nil
}
