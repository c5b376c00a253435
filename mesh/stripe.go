package mesh

import "github.com/banyan-rooms/banyan/mesh/wire"

// Frames take turns between the trees: those with even counters travel on the first, those
// with odd ones on the second. Each carries its predecessor as cover inside its seal, so
// whoever has lost a parent in one tree still hears everything by the other.

// Way says on which trees this peer's own frame is to travel, and whether it should carry
// the frame before it as cover: always, but where there are hardly any hops to lose it on.
// While the second tree grows, frames travel on the first alone; while a parent is in
// doubt, or both trees may have shrunk, on both.
func (m *Machine) Way(ctr uint64) (trees wire.Trees, cover bool) {
	a, b := &m.trees[0], &m.trees[1]
	switch {
	case !b.reaches():
		return wire.Of(0), m.count > 1 || a.size() >= twoFrom
	case !a.reaches():
		return wire.Of(1), true
	case a.askedAt != 0 || b.askedAt != 0:
		return wire.Of(0) | wire.Of(1), true
	case m.stripes():
		m.grown, m.full, m.doubled = true, a.size(), 0
		return wire.Of(treeOf(ctr)), true
	case m.grown && m.inDoubt(a.size()):
		m.doubled++
		return wire.Of(0) | wire.Of(1), true
	}
	return wire.Of(0), true
}

// doubtful is for how many frames it is not known whether the first tree has lost many too,
// when the second one has: 300 ms, in which word of it would have come.
const doubtful = 15

// inDoubt tells whether the first tree, which has so many peers as far as is known, may lack
// some that the second one has lost.
func (m *Machine) inDoubt(size uint32) bool {
	return m.doubled < doubtful || 10*uint64(size) < 9*uint64(m.full)
}

// treeOf is the tree of a frame whose speaker has the trees take turns.
func treeOf(ctr uint64) int { return int(ctr % wire.MaxTrees) }

// reaches tells whether this peer has a place in the tree.
func (t *tree) reaches() bool { return t.active && t.attached() && t.place.Attached }

// stripes tells whether the second tree reaches about as many as the first. Once it does,
// it has to lose more than it needed to gain.
func (m *Machine) stripes() bool {
	a, b := m.trees[0].size(), m.trees[1].size()
	need := uint64(9)
	if m.striped {
		need = 7
	}
	m.striped = b > 0 && 10*uint64(b) >= need*uint64(a)
	return m.striped
}

// size is how many peers the tree has, as far as its root knows.
func (t *tree) size() uint32 {
	if t.isRoot {
		return t.peers()
	}
	return t.place.Count
}
