package mesh

import (
	"slices"
	"time"

	"github.com/banyan-rooms/banyan/crypto/identity"
	"github.com/banyan-rooms/banyan/mesh/wire"
)

// summary is what reports carry.
type summary struct {
	count  uint32
	offers places
	open   uint8 // how far below the first free place is; 0 if there is none
	edges  []wire.Edge
}

func (s summary) equal(o summary) bool {
	return s.count == o.count && s.offers == o.offers && s.open == o.open && slices.Equal(s.edges, o.edges)
}

// sampleEdges is how many edges are told about a tree that is too large to be told whole.
const sampleEdges = 4

// subtree is this peer and all below it. Edges near this peer come first, so that a
// sample shows the top of the tree.
func (t *tree) subtree() summary {
	s := summary{count: t.peers(), offers: t.supply(), open: t.open()}
	for i := range t.children {
		if c := &t.children[i]; c.hears() {
			s.edges = append(s.edges, wire.Edge{From: t.id, To: c.id})
		}
	}
	for i := range t.children {
		if c := &t.children[i]; c.hears() {
			s.edges = append(s.edges, c.below.edges...)
		}
	}
	s.edges = s.edges[:min(len(s.edges), wire.MaxEdges)]
	return s
}

// peers is how many this peer and all below it are.
func (t *tree) peers() uint32 {
	n := uint32(1)
	for i := range t.children {
		if c := &t.children[i]; c.hears() {
			n += max(1, c.below.count)
		}
	}
	return n
}

// open is how far below this peer the first free place is, or 0.
func (t *tree) open() uint8 {
	if t.free() > 0 {
		return 1
	}
	first := uint8(0)
	for i := range t.children {
		if c := &t.children[i]; c.hears() && c.below.open > 0 && c.below.open < wire.MaxPath && (first == 0 || c.below.open+1 < first) {
			first = c.below.open + 1
		}
	}
	return first
}

// report tells the parent about this subtree, and the children about the whole tree:
// what is new at once, and all of it now and then. A tree whose edges do not fit into
// a message is told seldom and by a few of its edges, so that a leaf's share stays
// small whatever the size of the room.
func (t *tree) report(now time.Duration) {
	t.reportAt = now + t.timing.Report
	t.keepPromises()
	own := t.subtree()
	if t.isRoot {
		t.setTotal(now, own)
	}
	large := max(t.size(), t.other().size(), t.total.count) > wire.MaxEdges
	t.reportUp(now, large, told{t.parent, now, uint32(t.free()), t.slots(), own.sample(large)})
	down := t.total.sample(large)
	for i := range t.children {
		c := &t.children[i]
		every := t.timing.ReportAll
		if large {
			every *= 3
		}
		stale, due := c.toldAt < t.totalAt, now >= c.toldAt+every
		if !c.hears() || !due && (large || !stale) {
			continue
		}
		c.toldAt = now
		t.send(c.id, &wire.Tree{Count: down.count, Edges: down.edges})
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
// only how many there are, and whether this peer has places, is.
func (t *tree) reportUp(now time.Duration, large bool, next told) {
	news := t.told.to != next.to || now >= t.told.at+t.timing.ReportAll || (t.told.free == 0) != (next.free == 0) || t.told.slots != next.slots
	news = news || t.told.summary.count != next.summary.count
	if !large {
		news = news || t.told.free != next.free || !t.told.summary.equal(next.summary)
	}
	if t.parent.IsZero() || !news {
		return
	}
	t.told = next
	t.send(t.parent, &wire.Report{Count: next.summary.count, Edges: next.summary.edges, Free: next.free, Slots: next.slots, Offers: next.summary.offers, Open: next.summary.open})
}

// differs tells whether a subtree is so much larger or smaller than it was that those above
// should know soon.
func differs(was, is uint32) bool { return max(was, is)-min(was, is) > was/8 }

// told is the last report.
type told struct {
	to      identity.ID
	at      time.Duration
	free    uint32
	slots   uint32
	summary summary
}

// setTotal takes in what the whole tree is like.
func (t *tree) setTotal(now time.Duration, total summary) {
	if !t.total.equal(total) {
		t.total, t.totalAt = total, now
		t.changed()
	}
}

// reported takes in what a child says about its subtree.
func (t *tree) reported(now time.Duration, from identity.ID, r *wire.Report) {
	if at := t.childAt(from); at >= 0 {
		c := &t.children[at]
		c.slots = r.Slots
		c.below, c.free, c.reportedAt = summary{r.Count, r.Offers, r.Open, r.Edges}, r.Free, now
		t.resized(now)
	}
}

// resized lets those above know soon how far the tree reaches, and a root those below, if
// that is much farther than it was, or less far, and a new parent at any rate.
func (t *tree) resized(now time.Duration) {
	switch n := t.peers(); {
	case t.isRoot && t.open() != t.place.Open: // who is kept for a second tree waits for that
		t.renewAt = min(t.renewAt, max(now, t.renewedAt+t.timing.Renew))
	case t.isRoot && differs(t.place.Count, n):
		t.renewAt = min(t.renewAt, max(now, t.renewedAt+t.timing.Renew))
	case !t.isRoot && (differs(t.told.summary.count, n) || n > 1 && t.told.to != t.parent):
		t.reportAt = min(t.reportAt, now+t.timing.Beacon/4) // so that those who report to this peer have
	}
}
