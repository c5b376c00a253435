// Package star is the baseline that most rooms have today: one server (a selective
// forwarding unit) that has everybody connected and sends each frame to all. Nobody else
// forwards anything.
//
// The server is the first peer that an invite names ([sim.Start]). The next ones stand by:
// they hold a connection to it, as clients do, and let clients in once it is silent. A
// client hears the server by its media or, when nothing has been sent for [Beacon], by a
// beacon; after [Silence] it takes it for dead and dials the servers in turn until one
// lets it in. There is no bound on the server's fan-out: it is a star at its best, with a
// server that is large enough.
package star

import (
	"slices"
	"time"

	"github.com/banyan-rooms/banyan/crypto/identity"
	"github.com/banyan-rooms/banyan/mesh"
	"github.com/banyan-rooms/banyan/mesh/sim"
	"github.com/banyan-rooms/banyan/mesh/sim/baseline/member"
	"github.com/banyan-rooms/banyan/mesh/wire"
)

const (
	// Beacon is how long a server is silent on a link at most.
	Beacon = 100 * time.Millisecond
	// Silence is when a client takes its server for dead: five beacons, and what Banyan
	// lets an idle parent be silent for before it doubts.
	Silence = 500 * time.Millisecond
	// Retry is the pause between two dials.
	Retry = 200 * time.Millisecond
	// Linking is how long a link may take to open: as in Banyan.
	Linking = 5 * time.Second
	// patience is how often a server that refuses is dialled before the next one.
	patience = 5
	// everybody is a bound on a server's fan-out that no room reaches.
	everybody = 1 << 20
)

// beacon is the datagram that stands in for media.
const beacon = 2

// Maker makes rooms of this kind.
func Maker() *sim.Maker {
	return &sim.Maker{
		Name:   "star",
		New:    func(s sim.Start) sim.Protocol { return New(s) },
		NameOf: func(bool, byte) string { return "beacon" },
	}
}

// client is one that the server feeds.
type client struct {
	id     identity.ID
	sentAt time.Duration
}

// Machine is a server or a client.
type Machine struct {
	member.Member
	servers []identity.ID
	rank    int // which of the servers this is, or -1
	clients []client

	server  identity.ID // of a client: whom it dials or is fed by
	next    int         // which of the servers to dial then
	open    bool        // the link to it
	heardAt time.Duration
	dialAt  time.Duration // when to dial, or to give a dial up
	fails   int           // dials in a row that came to nothing
	alone   bool          // of a standby: the servers before it are silent
	stopped bool
}

// New makes a peer.
func New(s sim.Start) *Machine {
	m := &Machine{servers: s.Known, rank: slices.Index(s.Known, s.Key.ID())}
	m.ID = s.Key.ID()
	return m
}

// serves tells whether this peer lets clients in.
func (m *Machine) serves() bool { return m.rank == 0 || m.alone }

// Step implements [sim.Protocol].
func (m *Machine) Step(now time.Duration, ev mesh.Event) {
	switch ev := ev.(type) {
	case mesh.LinkUp:
		if ev.Peer == m.server {
			m.open, m.heardAt, m.fails = true, now, 0
		} else {
			m.add(now, ev.Peer)
		}
	case mesh.LinkDown:
		m.lose(now, ev.Peer)
	case mesh.Failed:
		m.lose(now, ev.Peer)
	case mesh.Heard:
		if ev.From == m.server {
			m.heardAt = now
		}
	case mesh.Stop:
		m.stop()
	default: // what others hear of
	}
	m.expire(now)
}

// add lets a client in.
func (m *Machine) add(now time.Duration, id identity.ID) {
	at, found := m.find(id)
	if !found {
		m.clients = slices.Insert(m.clients, at, client{id: id, sentAt: now})
	}
}

func (m *Machine) find(id identity.ID) (at int, found bool) {
	return slices.BinarySearchFunc(m.clients, id, func(c client, id identity.ID) int { return c.id.Compare(id) })
}

// lose forgets a client, or a server whose link is gone or did not come about.
func (m *Machine) lose(now time.Duration, id identity.ID) {
	if at, found := m.find(id); found {
		m.clients = slices.Delete(m.clients, at, at+1)
	}
	if id == m.server {
		m.leave(now)
	}
}

// leave gives the server up, and has the next one dialled soon.
func (m *Machine) leave(now time.Duration) {
	// A server that refuses says so at once: it may not have noticed yet that it is its turn.
	refused := !m.open && now < m.dialAt-Linking+time.Second
	m.server, m.open = identity.ID{}, false
	m.fails++
	m.dialAt = now + Retry
	if !refused || m.fails%patience == 0 {
		m.next = (m.next + 1) % m.choices()
	}
	if m.rank > 0 && m.fails >= m.rank {
		m.alone = true
	}
}

// choices is how many of the servers this peer may be a client of: a standby only of
// those before it.
func (m *Machine) choices() int {
	if m.rank > 0 {
		return m.rank
	}
	return len(m.servers)
}

// stop says goodbye: links close, and that is all that there is to it.
func (m *Machine) stop() {
	for _, c := range m.clients {
		m.Emit(mesh.HangUp{Peer: c.id})
	}
	if !m.server.IsZero() {
		m.Emit(mesh.HangUp{Peer: m.server})
	}
	m.stopped = true
	m.Emit(mesh.Stopped{})
}

// expire does what is due.
func (m *Machine) expire(now time.Duration) {
	if m.stopped {
		return
	}
	for i := range m.clients {
		if c := &m.clients[i]; now >= c.sentAt+Beacon {
			c.sentAt = now
			m.Emit(mesh.Transmit{To: c.id, Datagram: []byte{beacon}})
		}
	}
	if m.serves() {
		return
	}
	switch {
	case m.open && now >= m.heardAt+Silence, !m.open && !m.server.IsZero() && now >= m.dialAt:
		m.Emit(mesh.HangUp{Peer: m.server})
		m.leave(now)
	case m.server.IsZero() && now >= m.dialAt:
		m.server, m.dialAt = m.servers[m.next], now+Linking
		m.Emit(mesh.Dial{Peer: m.server})
	}
}

// Hastened is what [sim.Protocol] asks for: any frame may have.
func (m *Machine) Hastened() bool { return true }

// Deadline implements [sim.Protocol].
func (m *Machine) Deadline() (time.Duration, bool) {
	if m.stopped {
		return 0, false
	}
	at := member.Never
	for i := range m.clients {
		at = min(at, m.clients[i].sentAt+Beacon)
	}
	switch {
	case m.serves():
	case m.open:
		at = min(at, m.heardAt+Silence)
	default:
		at = min(at, m.dialAt)
	}
	return at, at != member.Never
}

// Route implements [sim.Protocol].
func (m *Machine) Route(now time.Duration, from identity.ID, f wire.Frame, _ []byte) (to []mesh.Hop, fresh bool) {
	at, known := m.find(from)
	switch {
	case from.IsZero():
	case from == m.server && m.open:
		m.heardAt = now
	case !known || !m.serves():
		return nil, false
	}
	if !m.Fresh(f.KID, f.CTR) {
		return nil, false
	}
	to = m.Hops()
	if m.serves() {
		for i := range m.clients {
			if !known || i != at {
				m.clients[i].sentAt = now
				to = append(to, mesh.Hop{Peer: m.clients[i].id})
			}
		}
	} else if from.IsZero() && m.open {
		to = append(to, mesh.Hop{Peer: m.server})
	}
	return m.Keep(to), true
}

// Expects implements [sim.Protocol].
func (m *Machine) Expects(identity.ID) bool { return m.serves() }

// Check implements [sim.Protocol].
func (m *Machine) Check() error { return member.Bounded("clients", len(m.clients), everybody) }

// IsRoot implements [sim.Topology].
func (m *Machine) IsRoot(tree int) bool { return tree == 0 && m.serves() }

// Attached implements [sim.Topology].
func (m *Machine) Attached(tree int) bool { return tree == 0 && (m.serves() || m.open) }

// Parent implements [sim.Topology].
func (m *Machine) Parent(tree int) identity.ID {
	if tree == 0 && m.open && !m.serves() {
		return m.server
	}
	return identity.ID{}
}

// Children implements [sim.Topology].
func (m *Machine) Children(tree int) int {
	if tree == 0 {
		return len(m.clients)
	}
	return 0
}

// MaxChildren implements [sim.Topology].
func (m *Machine) MaxChildren() int {
	if m.rank >= 0 {
		return everybody
	}
	return 0
}
