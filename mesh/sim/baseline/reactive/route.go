package reactive

import (
	"time"

	"github.com/banyan-rooms/banyan/crypto/identity"
	"github.com/banyan-rooms/banyan/mesh"
	"github.com/banyan-rooms/banyan/mesh/sim/baseline/member"
	"github.com/banyan-rooms/banyan/mesh/wire"
)

// Route implements [sim.Protocol]: a frame goes to all neighbours in the tree but the one
// that it came from.
func (m *Machine) Route(now time.Duration, from identity.ID, f wire.Frame, _ []byte) (to []mesh.Hop, fresh bool) {
	up := m.open && from == m.parent
	if up {
		m.heardAt = now
	}
	if at := m.childAt(from); !from.IsZero() && !up && (at < 0 || !m.children[at].open) {
		return nil, false
	}
	if !m.Fresh(f.KID, f.CTR) {
		return nil, false
	}
	if f.Hops == 0 {
		return nil, true
	}
	to = m.Hops()
	if m.open && !up {
		to = append(to, mesh.Hop{Peer: m.parent})
	}
	for i := range m.children {
		if c := &m.children[i]; c.open && c.id != from {
			c.sentAt = now
			to = append(to, mesh.Hop{Peer: c.id})
		}
	}
	return m.Keep(to), true
}

// Expects implements [sim.Protocol].
func (m *Machine) Expects(id identity.ID) bool { return m.childAt(id) >= 0 }

// Check implements [sim.Protocol].
func (m *Machine) Check() error {
	if err := member.Bounded("children", len(m.children), m.most); err != nil {
		return err
	}
	return member.Bounded("members remembered", len(m.search.pool), maxPool)
}

// IsRoot implements [sim.Topology].
func (m *Machine) IsRoot(tree int) bool { return tree == 0 && m.isRoot }

// Attached implements [sim.Topology].
func (m *Machine) Attached(tree int) bool { return tree == 0 && m.reached() }

// Parent implements [sim.Topology].
func (m *Machine) Parent(tree int) identity.ID {
	if tree == 0 && m.open {
		return m.parent
	}
	return identity.ID{}
}

// Children implements [sim.Topology].
func (m *Machine) Children(tree int) (n int) {
	for i := range m.children {
		if tree == 0 && m.children[i].open {
			n++
		}
	}
	return n
}

// MaxChildren implements [sim.Topology].
func (m *Machine) MaxChildren() int { return m.most }
