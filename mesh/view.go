package mesh

import (
	"slices"

	"github.com/banyan-rooms/banyan/crypto/identity"
	"github.com/banyan-rooms/banyan/mesh/wire"
)

// View is where a peer stands, and what it knows of the trees. It is a copy.
type View struct {
	Attached bool     // sound reaches this peer, by a tree at least
	Trees    []Branch // that the room has: one or two
	Count    int      // peers in the room, as far as reports have come
	Relays   []identity.ID
}

// Branch is where a peer stands in one tree.
type Branch struct {
	Attached bool
	Root     identity.ID // zero while not attached, or not known
	Epoch    uint32
	Parent   identity.ID // zero for a root
	Backup   identity.ID // zero when there is none that is warm
	Depth    int         // hops below the root
	Children []identity.ID
	Edges    []wire.Edge // a sample of who feeds whom, own edges included
}

// View returns what this peer knows now.
func (m *Machine) View() View {
	var v View
	for i := range m.count {
		t := &m.trees[i]
		b := t.branch()
		v.Attached = v.Attached || b.Attached
		v.Trees = append(v.Trees, b)
		v.Count = max(v.Count, int(t.size()))
	}
	if m.community {
		v.Relays = append(v.Relays, m.id)
	}
	for _, k := range m.adverts {
		if k.said.Advert.Community {
			v.Relays = append(v.Relays, k.said.From)
		}
	}
	return v
}

// branch is where this peer stands in the tree.
func (t *tree) branch() Branch {
	b := Branch{Attached: t.reaches(), Epoch: t.epoch, Parent: t.parent, Backup: t.backup, Depth: t.place.Depth()}
	if b.Attached {
		b.Root = t.root
	}
	for i := range t.children {
		if !t.children[i].backup {
			b.Children = append(b.Children, t.children[i].id)
		}
	}
	all := t.total
	if t.isRoot || all.count == 0 {
		all = t.subtree()
	}
	b.Edges = slices.Clone(all.edges)
	if own := (wire.Edge{From: t.parent, To: t.id}); !t.parent.IsZero() && !slices.Contains(b.Edges, own) {
		b.Edges = slices.DeleteFunc(b.Edges, func(e wire.Edge) bool { return e.To == t.id })
		b.Edges = append(b.Edges, own)
	}
	return b
}

// Trees is how many trees the room has.
func (m *Machine) Trees() int { return m.count }

// Parent is who feeds this peer in a tree (0 or 1, here as below; any other panics); zero for
// a root and an orphan.
func (m *Machine) Parent(tree int) identity.ID { return m.trees[tree].parent }

// Backup is who would feed this peer if its parent died; zero if nobody would yet.
func (m *Machine) Backup(tree int) identity.ID { return m.trees[tree].backup }

// IsRoot tells whether this peer claims to be the root of a tree.
func (m *Machine) IsRoot(tree int) bool { return m.trees[tree].isRoot }

// Attached tells whether sound reaches this peer by a tree.
func (m *Machine) Attached(tree int) bool { return m.trees[tree].reaches() }

// Children is how many peers this one feeds in a tree.
func (m *Machine) Children(tree int) int { return m.trees[tree].fed() }

// MaxChildren is how many it feeds at most, in all.
func (m *Machine) MaxChildren() int { return m.maxChildren }

// Expects tells whether a peer may open a link: it was accepted, as a child or as
// somebody's backup, or was asked to accept this one.
func (m *Machine) Expects(id identity.ID) bool {
	for _, t := range m.both() {
		if t.childAt(id) >= 0 || t.seekParent.target == id || t.seekBackup.target == id {
			return true
		}
	}
	return false
}
