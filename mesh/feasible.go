package mesh

import (
	"bytes"
	"slices"
	"time"

	"github.com/banyan-rooms/banyan/crypto/identity"
	"github.com/banyan-rooms/banyan/mesh/wire"
)

// least is the shallowest place that this peer has told those below it, by the newest
// word of its root that has reached it.
//
// It is what keeps loops from arising, even where paths are out of date (the feasibility
// condition of Babel, RFC 8966, section 3.5.1, with depth for the metric and the root's
// [wire.Place.Seq] for the sequence number). Somebody below this peer has its word of the
// root through it: so that word is not newer, or the place is deeper. Who has newer word,
// or the same from a shallower place than this peer ever had with it, is not below.
type least struct {
	root  wire.Short
	epoch uint32
	seq   uint32
	depth int
}

// followed tells whether anybody is fed by this peer, or may be without asking: whoever has
// it as a backup takes it for a parent as soon as it needs one.
func (t *tree) followed() bool { return len(t.children) > 0 }

// feasible tells whether a peer at a place is not below this one for sure. Nobody is below
// a peer that feeds nobody. Of the trees of two roots one is the better, by an order that
// all share: who feeds others goes to a better one only, so that two never go below each
// other.
func (t *tree) feasible(p wire.Place) bool {
	l := t.least
	switch {
	case !t.followed() || l.root == wire.Short{}:
		return true
	case l.epoch != p.Epoch:
		return p.Epoch > l.epoch
	case l.root != p.Top():
		root, last := t.rootOf(p), t.rootOf(wire.Place{Path: wire.Path{l.root}})
		return !root.IsZero() && !last.IsZero() && rank(t.rankOf(root), t.rankOf(last)) < 0
	case l.seq != p.Seq:
		return p.Seq > l.seq
	default:
		return t.shallower(p)
	}
}

// shallower tells whether a place is nearer to the root than this peer ever was with the
// same word of it, or as near and of a lower ID: were each of two allowed to go below the
// other when both are as near, both might at once.
func (t *tree) shallower(p wire.Place) bool {
	at, of := p.Depth(), p.Path[len(p.Path)-1]
	return at < t.least.depth || at == t.least.depth && bytes.Compare(of[:], t.id[:]) < 0
}

// stoodAt takes note of a place that those below are told.
func (t *tree) stoodAt(p wire.Place) {
	if !p.Attached {
		return // nobody comes to stand below an orphan
	}
	now := least{p.Top(), p.Epoch, p.Seq, len(p.Path) - 1}
	if l := t.least; t.followed() && l.root == now.root && l.epoch == now.epoch && l.seq == now.seq {
		now.depth = min(now.depth, l.depth)
	}
	t.least = now
}

// outdated tells whether a parent's place is older than one that it has told before: a
// beacon that was overtaken.
func (t *tree) outdated(p wire.Place) bool {
	return p.Top() == t.place.Top() && p.Epoch == t.place.Epoch && p.Seq < t.parentSeq
}

// seqOf is the newest word of the root that this peer takes over from a parent. While it
// looks for another parent it does not go along: who has newer word then, wherever that
// one stands, has it by another way and will do.
func (t *tree) seqOf(parent wire.Place) uint32 {
	same := parent.Top() == t.least.root && parent.Epoch == t.least.epoch
	if same && t.followed() && t.seekParent.phase != content {
		return min(parent.Seq, t.least.seq)
	}
	return parent.Seq
}

// renew is a root's word that it is still there, which goes down the tree from each to the
// next without a pause.
func (t *tree) renew(now time.Duration) {
	if !t.isRoot {
		return
	}
	if now >= t.renewAt {
		t.renewedAt, t.renewAt = now, now+t.refresh()
		t.place.Seq++
		t.place.Frames, t.place.Count, t.place.Open = t.fresh, t.peers(), t.open()
		t.stoodAt(t.place)
		t.newer = true
	}
	t.wake(t.renewAt)
}

// renewFor passes the wish for newer word of the root on towards the root, which gives it
// soon. Those who ask at the same time are helped by the same answer.
func (t *tree) renewFor(now time.Duration, r *wire.Renew) {
	switch {
	case r.Epoch != t.place.Epoch || t.place.Seq > r.Seq: // it comes by itself
	case t.isRoot:
		t.renewAt = min(t.renewAt, max(now, t.renewedAt+t.timing.Renew))
	case !t.parent.IsZero() && (t.renewedAt == 0 || now >= t.renewedAt+t.timing.Renew):
		t.renewedAt = now
		t.send(t.parent, r)
	}
}

// askNewer asks a peer, who would do for a parent but may be below this one for all that
// is known, for newer word of the root.
func (t *tree) askNewer(id identity.ID, p wire.Place) {
	if l := t.least; p.Attached && p.Top() == l.root && p.Epoch == l.epoch && p.Seq <= l.seq && !p.Path.Has(t.id) {
		t.send(id, &wire.Renew{Epoch: l.epoch, Seq: l.seq})
	}
}

// shed lets go whom this peer feeds, or would: an orphan, or one who leaves the tree.
func (t *tree) shed() {
	for _, c := range slices.Clone(t.children) {
		t.dismiss(c.id)
	}
}
