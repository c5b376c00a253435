package plumtree

import (
	"time"

	"github.com/banyan-rooms/banyan/crypto/identity"
	"github.com/banyan-rooms/banyan/mesh"
	"github.com/banyan-rooms/banyan/mesh/wire"
)

// kept is a payload that somebody may miss.
type kept struct {
	payload payload
	at      time.Duration
	hops    uint8 // that it has left
	raw     []byte
}

// Route implements [sim.Protocol]: a payload goes to all eager neighbours, and word of it
// to all lazy ones.
func (m *Machine) Route(now time.Duration, from identity.ID, f wire.Frame, raw []byte) (to []mesh.Hop, fresh bool) {
	sender := m.find(from)
	if sender == nil && !from.IsZero() {
		return nil, false
	}
	if !m.Fresh(f.KID, f.CTR) {
		m.duplicate(payload{f.KID, f.CTR}, sender)
		return nil, false
	}
	m.from, m.own, m.rounds = from, from.IsZero(), wire.MaxHops-f.Hops
	p := payload{f.KID, f.CTR}
	if sender != nil {
		if m.shapes(p) {
			sender.lazy = false
			m.optimise(p, sender)
		}
		m.found(p)
	}
	if f.Hops == 0 {
		return nil, true
	}
	m.keep(kept{p, now, f.Hops, raw})
	to = m.Hops()
	for i := range m.neighbors {
		switch n := &m.neighbors[i]; {
		case n.id == from:
		case n.lazy:
			m.tell(now, n, word{p, m.rounds + 1})
		default:
			to = append(to, mesh.Hop{Peer: n.id})
		}
	}
	return m.Keep(to), true
}

// shapes tells whether a payload may take links out of the tree: see the package comment.
func (m *Machine) shapes(p payload) bool { return p.ctr%uint64(m.cfg.Every) == 0 }

// duplicate is a payload coming a second time: the link is no part of the tree.
func (m *Machine) duplicate(p payload, sender *neighbor) {
	if sender != nil && m.shapes(p) {
		m.prune(sender)
	}
}

// prune makes a neighbour lazy, on both sides.
func (m *Machine) prune(n *neighbor) {
	n.lazy = true
	m.Say(n.id, []byte{kindPrune})
}

// stored is a payload that is kept; nil if it is not.
func (m *Machine) stored(p payload) *kept {
	for i := range m.kept {
		if m.kept[i].payload == p {
			return &m.kept[i]
		}
	}
	return nil
}

// keep keeps a payload in place of the oldest.
func (m *Machine) keep(k kept) {
	if len(m.kept) < keptFrames {
		m.kept = append(m.kept, k)
		return
	}
	m.kept[m.next] = k
	m.next = (m.next + 1) % keptFrames
}

// Expects implements [sim.Protocol].
func (m *Machine) Expects(id identity.ID) bool { return m.view.Expects(id) }

// Check implements [sim.Protocol].
func (m *Machine) Check() error { return m.view.Check() }

// IsRoot implements [sim.Topology]: the tree's root is who spoke last, as far as this
// peer has heard.
func (m *Machine) IsRoot(tree int) bool { return tree == 0 && m.own }

// Attached implements [sim.Topology].
func (m *Machine) Attached(tree int) bool { return tree == 0 && len(m.neighbors) > 0 }

// Parent implements [sim.Topology]: whom the newest payload came from first.
func (m *Machine) Parent(tree int) identity.ID {
	if tree == 0 && m.find(m.from) != nil {
		return m.from
	}
	return identity.ID{}
}

// Children implements [sim.Topology]: the eager neighbours but the parent.
func (m *Machine) Children(tree int) (n int) {
	for i := range m.neighbors {
		if tree == 0 && !m.neighbors[i].lazy && m.neighbors[i].id != m.from {
			n++
		}
	}
	return n
}

// MaxChildren implements [sim.Topology].
func (m *Machine) MaxChildren() int { return m.view.Size() }
