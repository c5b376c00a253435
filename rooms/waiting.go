package rooms

import "github.com/banyan-rooms/banyan/crypto/identity"

// Bounds on the ops that wait. News outruns what it follows by an op or two; whoever
// lacks more than that syncs, which brings ops in order.
const (
	maxWaiting     = 256
	maxWaitingEach = 32 // of one author
)

// waiting is the ops that cannot be in the log yet, because they follow ops that are
// not, or because their author has used up his part of it.
type waiting struct {
	items map[Hash]waiter
	each  map[identity.ID]int // how many of each author
	next  uint64
}

type waiter struct {
	Item
	order uint64 // in which they came
}

func newWaiting() waiting {
	return waiting{items: make(map[Hash]waiter), each: make(map[identity.ID]int)}
}

// hold keeps an op. When there is no room, the oldest op of a stranger gives way, and
// the oldest of all only to somebody who is none.
func (w *waiting) hold(i Item, stranger func(identity.ID) bool) {
	author := i.Op.Author
	if _, held := w.items[i.Op.Hash]; held || w.each[author] >= maxWaitingEach {
		return
	}
	if len(w.items) >= maxWaiting && !w.evict(stranger) {
		if stranger(author) || !w.evict(func(identity.ID) bool { return true }) {
			return
		}
	}
	w.items[i.Op.Hash] = waiter{i, w.next}
	w.each[author]++
	w.next++
}

// evict drops the oldest op by an author of that kind, if there is one.
func (w *waiting) evict(kind func(identity.ID) bool) bool {
	var oldest waiter
	for _, held := range w.items {
		if kind(held.Op.Author) && (oldest.Op == nil || held.order < oldest.order) {
			oldest = held
		}
	}
	if oldest.Op == nil {
		return false
	}
	w.drop(oldest.Op)
	return true
}

func (w *waiting) drop(o *Op) {
	if _, held := w.items[o.Hash]; !held {
		return
	}
	delete(w.items, o.Hash)
	if w.each[o.Author]--; w.each[o.Author] == 0 {
		delete(w.each, o.Author)
	}
}
