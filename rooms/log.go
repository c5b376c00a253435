package rooms

import (
	"errors"
	"fmt"
	"slices"

	"github.com/banyan-rooms/banyan/crypto/identity"
)

// Bounds on a log.
const (
	maxOps     = 20_000 // a log grows with acts of moderation, of which no room has more
	maxWaiting = 256    // ops whose parents have not come yet
)

var (
	errKnown   = errors.New("known already")
	errWaiting = errors.New("its parents are not known yet")
	errNobody  = errors.New("its author had nothing to decide")
	errFull    = fmt.Errorf("the log is full (%d ops)", maxOps)
)

// oplog is the ops that a peer knows, each with all that came before it. Which ops
// are in it does not depend on the order in which they came.
type oplog struct {
	room    identity.RoomID
	host    identity.ID
	entries []entry
	index   map[Hash]int
	waiting map[Hash]Item
	heads   []Hash // in rising order
}

// entry is one op and the set of those before it.
type entry struct {
	op   Op
	raw  []byte // the item
	past bitset
}

func newLog(room identity.RoomID, host identity.ID) *oplog {
	return &oplog{room: room, host: host, index: make(map[Hash]int), waiting: make(map[Hash]Item), heads: []Hash{Hash(room)}}
}

// add takes in an op, and those that waited for it; it returns the items that are
// new in the log.
func (l *oplog) add(i Item) ([][]byte, error) {
	if _, known := l.index[i.Op.Hash]; known {
		return nil, errKnown
	}
	if !l.knows(i.Op.Parents) {
		if len(l.waiting) < maxWaiting {
			l.waiting[i.Op.Hash] = i
		}
		return nil, errWaiting
	}
	if err := l.append(i); err != nil {
		return nil, err
	}
	return append([][]byte{i.raw}, l.wake()...), nil
}

// wake appends all waiting ops whose parents are known by now.
func (l *oplog) wake() (added [][]byte) {
	for again := true; again; {
		again = false
		ready := make([]Hash, 0, len(l.waiting))
		for h, i := range l.waiting {
			if l.knows(i.Op.Parents) {
				ready = append(ready, h)
			}
		}
		slices.SortFunc(ready, Hash.Compare)
		for _, h := range ready {
			i := l.waiting[h]
			delete(l.waiting, h)
			if l.append(i) == nil {
				added, again = append(added, i.raw), true
			}
		}
	}
	return added
}

func (l *oplog) knows(parents []Hash) bool {
	for _, h := range parents {
		if _, ok := l.index[h]; !ok && h != Hash(l.room) {
			return false
		}
	}
	return true
}

func (l *oplog) append(i Item) error {
	if len(l.entries) >= maxOps {
		return errFull
	}
	var past bitset
	for _, h := range i.Op.Parents {
		if at, ok := l.index[h]; ok {
			past = past.union(l.entries[at].past).with(at)
		}
	}
	if !l.mattered(*i.Op, past) {
		return errNobody
	}
	l.index[i.Op.Hash] = len(l.entries)
	l.entries = append(l.entries, entry{op: *i.Op, raw: i.raw, past: past})
	l.heads = slices.DeleteFunc(l.heads, func(h Hash) bool { return slices.Contains(i.Op.Parents, h) })
	at, _ := slices.BinarySearchFunc(l.heads, i.Op.Hash, Hash.Compare)
	l.heads = slices.Insert(l.heads, at, i.Op.Hash)
	return nil
}

// mattered tells whether an op's author was ever granted anything in the op's past.
// What can never count is not kept: strangers cannot fill the log.
func (l *oplog) mattered(o Op, past bitset) bool {
	if o.Author == l.host {
		return true
	}
	for at := range l.entries {
		e := &l.entries[at]
		if e.op.Kind == OpGrant && e.op.Subject == o.Author && past.has(at) {
			return true
		}
	}
	return false
}

// parents are the heads that the next op names.
func (l *oplog) parents() []Hash { return slices.Clone(l.heads[:min(len(l.heads), MaxParents)]) }

// since returns all items that are neither in have nor before one of have, parents
// first.
func (l *oplog) since(have []Hash) [][]byte {
	var known bitset
	for _, h := range have {
		if at, ok := l.index[h]; ok {
			known = known.union(l.entries[at].past).with(at)
		}
	}
	var items [][]byte
	for at := range l.entries {
		if !known.has(at) {
			items = append(items, l.entries[at].raw)
		}
	}
	return items
}

// before tells whether the op at a is in the past of the op at b.
func (l *oplog) before(a, b int) bool { return l.entries[b].past.has(a) }

// bitset is a set of small numbers. Its methods leave the receiver as it was.
type bitset []uint64

func (b bitset) has(i int) bool { return i/64 < len(b) && b[i/64]&(1<<(i%64)) != 0 }

func (b bitset) with(i int) bitset {
	c := make(bitset, max(len(b), i/64+1))
	copy(c, b)
	c[i/64] |= 1 << (i % 64)
	return c
}

func (b bitset) union(other bitset) bitset {
	c := make(bitset, max(len(b), len(other)))
	copy(c, b)
	for i, w := range other {
		c[i] |= w
	}
	return c
}
