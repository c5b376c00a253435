package reactive

import (
	"math/rand/v2"
	"slices"
	"time"

	"github.com/banyan-rooms/banyan/crypto/identity"
	"github.com/banyan-rooms/banyan/mesh"
	"github.com/banyan-rooms/banyan/mesh/sim"
	"github.com/banyan-rooms/banyan/mesh/sim/baseline/member"
	"github.com/banyan-rooms/banyan/mesh/wire"
)

// Maker makes rooms of this kind.
func Maker() *sim.Maker {
	return &sim.Maker{
		Name:   "reactive",
		New:    func(s sim.Start) sim.Protocol { return New(s, Config{}) },
		NameOf: nameOf,
	}
}

// child is one that this peer feeds, once its link is open.
type child struct {
	id     identity.ID
	feeds  bool // others, if asked
	open   bool
	since  time.Duration // when it was taken, or its link opened
	sentAt time.Duration
}

// Machine is one member.
type Machine struct {
	member.Member
	cfg     Config
	rand    *rand.Rand
	known   []identity.ID // the first peers, of whom the root is one
	rank    int           // which of those this is, or -1
	most    int           // children
	isRoot  bool
	stopped bool

	parent   identity.ID // who feeds, or will when the link is open
	open     bool
	heardAt  time.Duration // from the parent; until the link is open, when it was accepted
	way      []wire.Short  // from the root down to the parent
	attached bool          // the parent is, as it says
	cutAt    time.Duration // since when it is not

	search   search
	children []child
}

// New makes a peer.
func New(s sim.Start, cfg Config) *Machine {
	m := &Machine{
		cfg: cfg.withDefaults(), rand: s.Rand, known: s.Known,
		rank: slices.Index(s.Known, s.Key.ID()), most: s.MaxChildren,
	}
	m.ID = s.Key.ID()
	if m.rank == 0 {
		m.become()
	}
	return m
}

// become makes this peer the root.
func (m *Machine) become() {
	m.isRoot, m.way, m.attached = true, nil, true
	m.tell()
}

// reached tells whether sound reaches this peer.
func (m *Machine) reached() bool { return m.isRoot || m.open && m.attached }

// Step implements [sim.Protocol].
func (m *Machine) Step(now time.Duration, ev mesh.Event) {
	switch ev := ev.(type) {
	case sim.Said:
		m.said(now, ev.From, ev.Data)
	case mesh.Heard:
		if ev.From == m.parent && m.open {
			m.heardAt = now
		}
	case mesh.LinkUp:
		m.linkUp(now, ev.Peer)
	case mesh.LinkDown:
		m.gone(now, ev.Peer)
	case mesh.Failed:
		m.gone(now, ev.Peer)
	case mesh.Candidates:
		m.search.hear(ev.Peers)
	case mesh.Stop:
		m.stop()
	default: // what others hear of
	}
	m.expire(now)
}

// said takes in a control message. One that cannot be read is not heard.
func (m *Machine) said(now time.Duration, from identity.ID, data []byte) {
	r := member.NewReader(data[1:])
	switch data[0] {
	case kindJoin:
		m.joins(now, from, r.Byte() == 1)
	case kindAccept:
		if way := readWay(r); r.Err == nil {
			m.accepted(now, from, way)
		}
	case kindRefuse:
		if others := r.IDs(maxOthers); r.Err == nil {
			m.refused(now, from, others)
		}
	case kindWay:
		attached := r.Byte() == 1
		if way := readWay(r); r.Err == nil && from == m.parent {
			m.moved(now, attached, way)
		}
	case kindLeave:
		m.gone(now, from)
	}
}

// joins answers somebody that asks to be fed.
func (m *Machine) joins(now time.Duration, from identity.ID, feeds bool) {
	at := m.childAt(from)
	full := at < 0 && len(m.children) >= m.most
	if full || !m.reached() || from == m.parent || len(m.way)+1 >= maxWay || slices.Contains(m.way, wire.ShortOf(from)) {
		m.Say(from, refusal(m.others(from)))
		return
	}
	if at < 0 {
		m.children = append(m.children, child{id: from, since: now})
		at = len(m.children) - 1
	}
	m.children[at].feeds = feeds
	m.Say(from, appendWay([]byte{kindAccept}, m.own()))
}

// own is the way from the root down to this peer.
func (m *Machine) own() []wire.Short {
	return append(slices.Clone(m.way), wire.ShortOf(m.ID))
}

// others are some whom somebody may ask instead: the parent, and children that feed.
func (m *Machine) others(but identity.ID) (ids []identity.ID) {
	for _, i := range m.rand.Perm(len(m.children)) {
		if c := m.children[i]; c.feeds && c.open && c.id != but && len(ids) < maxOthers-1 {
			ids = append(ids, c.id)
		}
	}
	if !m.parent.IsZero() && m.parent != but {
		ids = append(ids, m.parent)
	}
	return ids
}

func (m *Machine) childAt(id identity.ID) int {
	return slices.IndexFunc(m.children, func(c child) bool { return c.id == id })
}

// linkUp is a link being open: with the parent, or with a child.
func (m *Machine) linkUp(now time.Duration, id identity.ID) {
	if id == m.parent {
		m.open, m.heardAt = true, now
		m.tell()
		return
	}
	at := m.childAt(id)
	if at < 0 {
		m.Emit(mesh.HangUp{Peer: id})
		return
	}
	m.children[at].open, m.children[at].since, m.children[at].sentAt = true, now, now
	m.tellOne(id) // the way may have changed since it was accepted
}

// gone forgets somebody whose link or whose connection is gone.
func (m *Machine) gone(now time.Duration, id identity.ID) {
	if at := m.childAt(id); at >= 0 {
		m.children = slices.Delete(m.children, at, at+1)
	}
	if id == m.parent {
		m.orphan(now)
	}
	m.search.lost(now, id)
}

// moved is the parent saying where it stands now.
func (m *Machine) moved(now time.Duration, attached bool, way []wire.Short) {
	if slices.Contains(way, wire.ShortOf(m.ID)) { // it is below this peer
		m.Emit(mesh.HangUp{Peer: m.parent})
		m.orphan(now)
		return
	}
	if m.attached && !attached {
		m.cutAt = now
	}
	m.attached, m.way = attached, way
	m.tell()
}

// tell tells all children where this peer stands.
func (m *Machine) tell() {
	for i := range m.children {
		if m.children[i].open {
			m.tellOne(m.children[i].id)
		}
	}
}

func (m *Machine) tellOne(id identity.ID) {
	m.Say(id, appendWay([]byte{kindWay, flag(m.reached())}, m.own()))
}

// orphan is the parent being lost: the subtree is told, and a new one looked for.
func (m *Machine) orphan(now time.Duration) {
	m.parent, m.open, m.attached, m.way = identity.ID{}, false, false, nil
	m.search.begin(now)
	m.tell()
}

// stop says goodbye.
func (m *Machine) stop() {
	if !m.parent.IsZero() {
		m.Say(m.parent, []byte{kindLeave})
	}
	for _, c := range m.children {
		m.Say(c.id, []byte{kindLeave})
	}
	m.stopped = true
	m.Emit(mesh.Stopped{})
}
