package mesh

import (
	"fmt"
	"slices"

	"github.com/banyan-rooms/banyan/crypto/identity"
	"github.com/banyan-rooms/banyan/mesh/wire"
)

// Check returns the first invariant (see the package documentation) that a machine
// breaks, or nil. What only a step can change is looked at once after each.
func (m *Machine) Check() error {
	switch { // after each frame too: the links, which are elsewhere in memory, only where there are gaps
	case len(m.route.streams) > maxStreams, len(m.route.ring) > ringFrames, len(m.gaps) > 0 && len(m.gaps) > len(m.links):
		return fmt.Errorf("invariant 4: %s remembers too much", m.id.Short())
	case !m.unchecked:
		return nil
	}
	m.unchecked = false
	switch {
	case m.fed() > max(m.maxChildren, 0):
		return fmt.Errorf("invariant 1: %s feeds %d, at most %d", m.id.Short(), m.fed(), m.maxChildren)
	case len(m.adverts) > maxAdverts, len(m.candidates) > maxCandidates, len(m.shunned) > maxShunned, len(m.outbox) > m.maxReplays():
		return fmt.Errorf("invariant 4: %s remembers too much", m.id.Short())
	case m.trees[0].isRoot && m.trees[1].isRoot:
		return fmt.Errorf("invariant 5: %s is the root of both trees", m.id.Short())
	}
	for _, t := range m.both() {
		if err := t.check(); err != nil {
			return fmt.Errorf("%w, in tree %d", err, t.index)
		}
		t.repathed = false
	}
	return nil
}

func (t *tree) check() error {
	switch {
	case t.repathed && twice(t.place.Path):
		return fmt.Errorf("invariant 2: the path of %s holds somebody twice", t.id.Short())
	case len(t.place.Path) > wire.MaxPath+1:
		return fmt.Errorf("invariant 4: %s remembers too much", t.id.Short())
	case t.isRoot && (len(t.place.Path) != 1 || !t.parent.IsZero()):
		return fmt.Errorf("invariant 5: %s is a root with a path of %d and parent %s", t.id.Short(), len(t.place.Path), t.parent.Short())
	case !t.isRoot && t.parent.IsZero() && t.place.Attached:
		return fmt.Errorf("invariant 5: %s is attached to nobody", t.id.Short())
	}
	return nil
}

// twice tells whether a path holds somebody twice.
func twice(path wire.Path) bool {
	for i, s := range path {
		if slices.Contains(path[:i], s) {
			return true
		}
	}
	return false
}

// CheckTrees returns what keeps machines, given by their IDs and all alive, from being
// one tree, or two (invariant 6), or nil.
func CheckTrees(machines map[identity.ID]*Machine) error {
	ids := make([]identity.ID, 0, len(machines))
	count := 1
	for id, m := range machines {
		ids = append(ids, id)
		if m.trees[0].isRoot {
			count = m.count
		}
	}
	slices.SortFunc(ids, identity.ID.Compare)
	for index := range count {
		if err := checkTree(machines, ids, index); err != nil {
			return fmt.Errorf("invariant 6, tree %d of %d: %w", index, count, err)
		}
	}
	for _, id := range ids {
		if got := machines[id].count; got != count {
			return fmt.Errorf("invariant 6: %s knows of %d trees, there are %d", id.Short(), got, count)
		}
	}
	return nil
}

// checkTree returns what keeps machines from being one tree.
func checkTree(machines map[identity.ID]*Machine, ids []identity.ID, index int) error {
	var root identity.ID
	for _, id := range ids {
		t := &machines[id].trees[index]
		if t.isRoot {
			if !root.IsZero() {
				return fmt.Errorf("%s and %s are both roots", root.Short(), id.Short())
			}
			root = id
			continue
		}
		m := machines[t.parent]
		if m == nil {
			return fmt.Errorf("%s has no parent (%s)", id.Short(), t.parent.Short())
		}
		p := &m.trees[index]
		if at := p.childAt(id); at < 0 || p.children[at].backup {
			return fmt.Errorf("%s thinks it is fed by %s, which does not", id.Short(), t.parent.Short())
		}
	}
	for _, id := range ids {
		if got := machines[id].trees[index].place.Top(); got != wire.ShortOf(root) {
			return fmt.Errorf("%s follows %s, the root is %s", id.Short(), got, root.Short())
		}
	}
	return nil
}
