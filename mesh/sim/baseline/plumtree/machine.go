package plumtree

import (
	"math/rand/v2"
	"slices"
	"time"

	"github.com/banyan-rooms/banyan/crypto/identity"
	"github.com/banyan-rooms/banyan/mesh"
	"github.com/banyan-rooms/banyan/mesh/sim"
	"github.com/banyan-rooms/banyan/mesh/sim/baseline/hyparview"
	"github.com/banyan-rooms/banyan/mesh/sim/baseline/member"
)

// Maker makes rooms of this kind.
func Maker() *sim.Maker {
	return &sim.Maker{
		Name:   "plumtree",
		New:    func(s sim.Start) sim.Protocol { return New(s, Config{}) },
		NameOf: nameOf,
	}
}

// neighbor is a peer of the active view whose link is open.
type neighbor struct {
	id    identity.ID
	lazy  bool
	words []word // for it, while it is lazy
}

// Machine is one peer.
type Machine struct {
	member.Member
	cfg  Config
	rand *rand.Rand
	view *hyparview.View

	contacts  []identity.ID // to join by, when nobody is left
	known     []identity.ID // if there is none
	joinAt    time.Duration
	neighbors []neighbor
	flushAt   time.Duration // when words are to be sent; 0 is that there are none
	missing   []missing
	kept      []kept // a ring
	next      int    // in it
	stopped   bool

	// How the newest payload came, for the world to look at.
	from   identity.ID
	rounds uint8
	own    bool
}

// hearSay is how long a newcomer waits to hear of more contacts than the invite names.
const hearSay = 50 * time.Millisecond

// keptFrames is how many payloads are kept: over a second of one voice.
const keptFrames = 64

// New makes a peer.
func New(s sim.Start, cfg Config) *Machine {
	// If all joined by the peer that the invite names, the overlay would be as long as the
	// room is old: the newest around that peer, the others farther out.
	m := &Machine{cfg: cfg.withDefaults(), rand: s.Rand, known: s.Known, joinAt: hearSay}
	m.ID = s.Key.ID()
	m.view = hyparview.New(m.ID, m.cfg.Overlay, s.Rand)
	if len(s.Known) == 0 || s.Known[0] == m.ID {
		m.view.Begin()
	}
	return m
}

// View is this peer's part of the overlay, to be looked at.
func (m *Machine) View() *hyparview.View { return m.view }

// Step implements [sim.Protocol].
func (m *Machine) Step(now time.Duration, ev mesh.Event) {
	switch ev := ev.(type) {
	case sim.Said:
		m.said(now, ev.From, ev.Data)
	case mesh.Heard:
		m.told(now, ev.From, ev.Datagram)
	case mesh.LinkUp:
		m.up(ev.Peer)
	case mesh.LinkDown:
		m.view.Closed(now, ev.Peer)
	case mesh.Failed:
		m.contacts = slices.DeleteFunc(m.contacts, func(id identity.ID) bool { return id == ev.Peer })
		m.view.Failed(now, ev.Peer)
		m.joinAt = min(m.joinAt, now+hearSay)
	case mesh.Candidates:
		m.contacts = slices.Clone(ev.Peers)
	case mesh.Stop:
		m.stopped = true
		m.view.Leave()
		m.perform()
		m.Emit(mesh.Stopped{})
	default: // what others hear of
	}
	if !m.stopped {
		m.expire(now)
	}
}

// up is a link being open. Its other end is eager at first.
func (m *Machine) up(id identity.ID) {
	switch {
	case !m.view.Opened(id):
		m.Emit(mesh.HangUp{Peer: id})
	case m.find(id) == nil:
		m.neighbors = append(m.neighbors, neighbor{id: id})
	}
}

func (m *Machine) find(id identity.ID) *neighbor {
	for i := range m.neighbors {
		if m.neighbors[i].id == id {
			return &m.neighbors[i]
		}
	}
	return nil
}

// said takes in a control message.
func (m *Machine) said(now time.Duration, from identity.ID, data []byte) {
	switch data[0] {
	case kindPrune:
		if n := m.find(from); n != nil {
			n.lazy = true
		}
	case kindGraft:
		m.grafted(now, from, data[1:])
	default:
		m.view.Receive(now, from, data)
	}
}

// expire does what is due.
func (m *Machine) expire(now time.Duration) {
	m.view.Tick(now)
	if m.view.Alone() && now >= m.joinAt {
		m.joinAt = now + m.cfg.Overlay.Answer
		some := m.contacts
		if len(some) == 0 {
			some = m.known
		}
		if len(some) > 0 {
			m.view.Join(now, some[m.rand.IntN(len(some))])
		}
	}
	m.perform()
	if m.flushAt > 0 && now >= m.flushAt {
		m.flush()
	}
	m.ask(now)
}

// perform does what the overlay asks for, and forgets neighbours that it has dropped.
func (m *Machine) perform() {
	m.view.Drain(func(d hyparview.Doing) {
		switch d.What {
		case hyparview.Send:
			m.Say(d.Peer, d.Data)
		case hyparview.Connect:
			m.Emit(mesh.Dial{Peer: d.Peer})
		case hyparview.Drop:
			m.Emit(mesh.HangUp{Peer: d.Peer})
		}
	})
	m.neighbors = slices.DeleteFunc(m.neighbors, func(n neighbor) bool { return !m.view.Has(n.id) })
}

// Hastened is what [sim.Protocol] asks for: any frame may have.
func (m *Machine) Hastened() bool { return true }

// Deadline implements [sim.Protocol].
func (m *Machine) Deadline() (time.Duration, bool) {
	switch {
	case m.stopped:
		return 0, false
	case m.Pending():
		return 0, true
	}
	at := m.view.Deadline()
	if m.view.Alone() {
		at = min(at, m.joinAt)
	}
	if m.flushAt > 0 {
		at = min(at, m.flushAt)
	}
	for i := range m.missing {
		at = min(at, m.missing[i].askAt)
	}
	return at, true
}
