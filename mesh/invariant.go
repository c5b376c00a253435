package mesh

import (
	"fmt"
	"slices"

	"github.com/banyan-rooms/banyan/crypto/identity"
	"github.com/banyan-rooms/banyan/mesh/wire"
)

// Check returns the first invariant (see the package documentation) that a machine
// breaks, or nil.
func (m *Machine) Check() error {
	switch {
	case m.fed() > m.maxChildren:
		return fmt.Errorf("invariant 1: %s feeds %d, at most %d", m.id.Short(), m.fed(), m.maxChildren)
	case twice(m.place.Path):
		return fmt.Errorf("invariant 2: the path of %s holds somebody twice", m.id.Short())
	case len(m.adverts) > maxAdverts, len(m.candidates) > maxCandidates, len(m.route.streams) > maxStreams,
		len(m.shunned) > maxShunned, cap(m.route.ring) > 2*ringFrames, len(m.place.Path) > wire.MaxPath+1, len(m.outbox) > 2*max(m.maxChildren, 4):
		return fmt.Errorf("invariant 4: %s remembers too much", m.id.Short())
	case m.isRoot && (len(m.place.Path) != 1 || !m.parent.IsZero()):
		return fmt.Errorf("invariant 5: %s is a root with a path of %d and parent %s", m.id.Short(), len(m.place.Path), m.parent.Short())
	case !m.isRoot && m.parent.IsZero() && m.place.Attached:
		return fmt.Errorf("invariant 5: %s is attached to nobody", m.id.Short())
	}
	return nil
}

// twice tells whether a path holds somebody twice.
func twice(path []identity.ID) bool {
	for i, id := range path {
		if slices.Contains(path[:i], id) {
			return true
		}
	}
	return false
}

// CheckTree returns what keeps machines, given by their IDs and all alive, from being
// one tree (invariant 6), or nil.
func CheckTree(machines map[identity.ID]*Machine) error {
	ids := make([]identity.ID, 0, len(machines))
	for id := range machines {
		ids = append(ids, id)
	}
	slices.SortFunc(ids, identity.ID.Compare)
	var root identity.ID
	for _, id := range ids {
		m := machines[id]
		if m.isRoot {
			if !root.IsZero() {
				return fmt.Errorf("invariant 6: %s and %s are both roots", root.Short(), id.Short())
			}
			root = id
			continue
		}
		p := machines[m.parent]
		if p == nil {
			return fmt.Errorf("invariant 6: %s has no parent (%s)", id.Short(), m.parent.Short())
		}
		if at := p.childAt(id); at < 0 || p.children[at].backup {
			return fmt.Errorf("invariant 6: %s thinks it is fed by %s, which does not", id.Short(), m.parent.Short())
		}
	}
	for _, id := range ids {
		if got := machines[id].place.Root(); got != root {
			return fmt.Errorf("invariant 6: %s follows %s, the root is %s", id.Short(), got.Short(), root.Short())
		}
	}
	return nil
}
