package mesh

import (
	"slices"
	"time"

	"github.com/banyan-rooms/banyan/crypto/identity"
	"github.com/banyan-rooms/banyan/mesh/wire"
)

// summary is what reports carry.
type summary struct {
	count uint32
	edges []wire.Edge
}

func (s summary) equal(o summary) bool { return s.count == o.count && slices.Equal(s.edges, o.edges) }

// sampleEdges is how many edges are told about a tree that is too large to be told whole.
const sampleEdges = 16

// subtree is this peer and all below it. Edges near this peer come first, so that a
// sample shows the top of the tree.
func (m *Machine) subtree() summary {
	s := summary{count: 1}
	for i := range m.children {
		if c := &m.children[i]; !c.backup && c.linked {
			s.count += max(1, c.below.count)
			s.edges = append(s.edges, wire.Edge{From: m.id, To: c.id})
		}
	}
	for i := range m.children {
		if c := &m.children[i]; !c.backup && c.linked {
			s.edges = append(s.edges, c.below.edges...)
		}
	}
	s.edges = s.edges[:min(len(s.edges), wire.MaxEdges)]
	return s
}

// report tells the parent about this subtree, and the children about the whole tree:
// what is new at once, and all of it now and then. A tree whose edges do not fit into
// a message is told seldom and by a few of its edges, so that a leaf's share stays
// small whatever the size of the room.
func (m *Machine) report(now time.Duration) {
	m.reportAt = now + m.timing.Report
	own := m.subtree()
	if m.isRoot {
		m.setTotal(now, own)
	}
	large := m.total.count > wire.MaxEdges
	m.reportUp(now, large, told{m.parent, now, uint32(m.free()), own.sample(large)})
	down := m.total.sample(large)
	for i := range m.children {
		c := &m.children[i]
		stale, due := c.toldAt < m.totalAt, now >= c.toldAt+m.timing.ReportAll
		if c.backup || !c.linked || !due && (large || !stale) {
			continue
		}
		c.toldAt = now
		m.send(c.id, &wire.Tree{Count: down.count, Edges: down.edges})
	}
}

// sample is a summary of a tree of which only some edges may be told.
func (s summary) sample(large bool) summary {
	if large {
		s.edges = s.edges[:min(len(s.edges), sampleEdges)]
	}
	return s
}

// reportUp tells the parent what is new. In a large tree something always is; there,
// only whether this peer has places is.
func (m *Machine) reportUp(now time.Duration, large bool, t told) {
	news := m.told.to != t.to || now >= m.told.at+m.timing.ReportAll || (m.told.free == 0) != (t.free == 0)
	if !large {
		news = news || m.told.free != t.free || !m.told.summary.equal(t.summary)
	}
	if m.parent.IsZero() || !news {
		return
	}
	m.told = t
	m.send(m.parent, &wire.Report{Count: t.summary.count, Edges: t.summary.edges, Free: t.free})
}

// told is the last report.
type told struct {
	to      identity.ID
	at      time.Duration
	free    uint32
	summary summary
}

// setTotal takes in what the whole tree is like.
func (m *Machine) setTotal(now time.Duration, total summary) {
	if !m.total.equal(total) {
		m.total, m.totalAt = total, now
		m.changed()
	}
}

// reported takes in what a child says about its subtree.
func (m *Machine) reported(now time.Duration, from identity.ID, r *wire.Report) {
	if at := m.childAt(from); at >= 0 {
		c := &m.children[at]
		c.below, c.free, c.reportedAt = summary{r.Count, r.Edges}, r.Free, now
	}
}
