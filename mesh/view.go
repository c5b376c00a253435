package mesh

import (
	"maps"
	"slices"

	"github.com/banyan-rooms/banyan/crypto/identity"
	"github.com/banyan-rooms/banyan/mesh/wire"
)

// View is where a peer stands, and what it knows of the tree. It is a copy.
type View struct {
	Attached bool
	Root     identity.ID // zero while not attached
	Epoch    uint32
	Parent   identity.ID // zero for a root
	Backup   identity.ID // zero when there is none that is warm
	Depth    int         // hops below the root
	Children []identity.ID
	Count    int           // peers in the tree, as far as reports have come
	Edges    []wire.Edge   // a sample of who feeds whom, own edges included
	Relays   []identity.ID // peers that offer to forward and are run by a community
}

// View returns what this peer knows now.
func (m *Machine) View() View {
	v := View{Attached: m.place.Attached && m.attached(), Epoch: m.epoch, Parent: m.parent, Backup: m.backup, Depth: m.Depth()}
	if v.Attached {
		v.Root = m.place.Root()
	}
	for i := range m.children {
		if !m.children[i].backup {
			v.Children = append(v.Children, m.children[i].id)
		}
	}
	all := m.total
	if m.isRoot || all.count == 0 {
		all = m.subtree()
	}
	v.Count, v.Edges = int(all.count), slices.Clone(all.edges)
	if own := (wire.Edge{From: m.parent, To: m.id}); !m.parent.IsZero() && !slices.Contains(v.Edges, own) {
		v.Edges = slices.DeleteFunc(v.Edges, func(e wire.Edge) bool { return e.To == m.id })
		v.Edges = append(v.Edges, own)
	}
	if m.community {
		v.Relays = append(v.Relays, m.id)
	}
	for _, k := range m.adverts {
		if k.advert.Community {
			v.Relays = append(v.Relays, k.id)
		}
	}
	return v
}

// Parent is who feeds this peer; zero for a root and an orphan.
func (m *Machine) Parent() identity.ID { return m.parent }

// Backup is who would feed this peer if its parent died; zero if nobody would yet.
func (m *Machine) Backup() identity.ID { return m.backup }

// Root is the root of the tree that this peer believes to be in.
func (m *Machine) Root() identity.ID { return m.place.Root() }

// Epoch is that root's.
func (m *Machine) Epoch() uint32 { return m.epoch }

// IsRoot tells whether this peer claims to be a root.
func (m *Machine) IsRoot() bool { return m.isRoot }

// Attached tells whether sound reaches this peer.
func (m *Machine) Attached() bool { return m.attached() && m.place.Attached }

// Depth is how many hops this peer is below the root.
func (m *Machine) Depth() int { return max(0, len(m.place.Path)-1) }

// Children is how many peers this one feeds.
func (m *Machine) Children() int { return m.fed() }

// MaxChildren is how many it feeds at most.
func (m *Machine) MaxChildren() int { return m.maxChildren }

// Expects tells whether a peer may open a link: it was accepted, as a child or as
// somebody's backup.
func (m *Machine) Expects(id identity.ID) bool { return m.childAt(id) >= 0 }

// linked are the peers with an open link, by ID.
func (m *Machine) linked() []identity.ID {
	return slices.SortedFunc(maps.Keys(m.links), identity.ID.Compare)
}
