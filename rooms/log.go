package rooms

import (
	"errors"
	"slices"

	"github.com/banyan-rooms/banyan/crypto/identity"
	"github.com/banyan-rooms/banyan/crypto/invite"
)

// Bounds on a log (rule 10). It grows with acts of moderation: a busy room of a
// hundred thousand listeners has some hundreds of them.
const (
	maxOps       = 20_000 // half of them are for the host alone
	maxOpsRanked = 1_000  // of one moderator, with those of the people whom they invited up
	maxOpsOther  = 64     // of anyone else
)

// MaxHave is how many hashes tell another peer what one has.
const MaxHave = 64

// Why an op is not in the log.
var (
	errKnown   = errors.New("known already")
	errWaiting = errors.New("its parents are not known yet")
	errNobody  = errors.New("its author had nothing to decide")
	errFull    = errors.New("the log has no room for more of its author's ops")
)

// oplog is the ops that a peer knows, each with all that came before it, and what
// they amount to.
type oplog struct {
	room    identity.RoomID
	line    line    // who hosts it
	entries []entry // each after its parents
	index   map[Hash]int
	heads   []Hash // that nothing follows, in rising order
	waiting waiting

	grants map[identity.ID][]int // by whom they are given to
	spent  map[identity.ID]int   // ops by whose account they are on
	others int                   // ops on other accounts than the host's

	state *state
}

// entry is one op and what depends on those before it alone.
type entry struct {
	op    Op
	raw   []byte // the item
	past  bitset // all ops before it
	depth int    // ops on the longest way from the genesis
	epoch uint32 // the highest that was begun until then
	void  bool   // does not count (see state)

	term    int  // in which it was made
	hosts   bool // its author was the host
	accedes bool // it begins another term, unless that of another op counts
}

func newLog(room identity.RoomID, g Genesis) *oplog {
	l := &oplog{
		room: room, line: newLine(g.Host), index: make(map[Hash]int), heads: []Hash{Hash(room)}, waiting: newWaiting(),
		grants: make(map[identity.ID][]int), spent: make(map[identity.ID]int),
	}
	l.state = newState(l, g)
	return l
}

// add takes in an op, those that it was waiting for, and those that waited for it; it
// returns the items that are new in the log, parents first. The error says why the op
// is not among them.
func (l *oplog) add(i Item) (added []Item, err error) {
	if _, known := l.index[i.Op.Hash]; known {
		return nil, errKnown
	}
	chain, whole := l.chain(i)
	if !whole {
		l.waiting.hold(i, l.stranger)
		return nil, errWaiting
	}
	for _, next := range chain {
		if err = l.append(next, i.Op.Author); errors.Is(err, errFull) {
			l.waiting.hold(i, l.stranger) // somebody may follow it
			break
		}
		l.waiting.drop(next.Op)
		if err != nil {
			break
		}
		added = append(added, next)
	}
	if len(added) > 0 {
		added = append(added, l.wake()...)
	}
	return added, err
}

// chain is an op and all ops that it follows and that wait, parents first. It is not
// whole if something that it follows was never seen.
func (l *oplog) chain(i Item) (chain []Item, whole bool) {
	seen := make(map[Hash]bool)
	var visit func(Item) bool
	visit = func(i Item) bool {
		for _, h := range i.Op.Parents {
			if l.knows(h) || seen[h] {
				continue
			}
			parent, waits := l.waiting.items[h]
			seen[h] = true
			if !waits || !visit(parent.Item) {
				return false
			}
		}
		chain = append(chain, i)
		return true
	}
	whole = visit(i)
	return chain, whole
}

// wake appends all waiting ops that can be in the log by now.
func (l *oplog) wake() (added []Item) {
	for again := true; again; {
		again = false
		var ready []waiter
		for _, held := range l.waiting.items {
			if !slices.ContainsFunc(held.Op.Parents, func(h Hash) bool { return !l.knows(h) }) {
				ready = append(ready, held)
			}
		}
		slices.SortFunc(ready, func(a, b waiter) int { return int(a.order) - int(b.order) })
		for _, held := range ready {
			err := l.append(held.Item, held.Op.Author)
			if errors.Is(err, errFull) {
				continue
			}
			l.waiting.drop(held.Op)
			if err == nil {
				added, again = append(added, held.Item), true
			}
		}
	}
	return added
}

func (l *oplog) knows(h Hash) bool {
	_, known := l.index[h]
	return known || h == Hash(l.room)
}

// append adds an op whose parents are known. It is on the account of its author or,
// if that is used up, of the one who follows it.
func (l *oplog) append(i Item, follower identity.ID) error {
	e := entry{op: *i.Op, raw: i.raw}
	for _, h := range i.Op.Parents {
		if at, ok := l.index[h]; ok {
			e.past.join(l.entries[at].past)
			e.past.add(at)
			e.depth = max(e.depth, l.entries[at].depth+1)
			e.epoch = max(e.epoch, l.entries[at].epoch)
		}
	}
	l.place(&e)
	payers, ok := l.payers(&e)
	if !ok {
		return errNobody
	}
	if !l.afford(payers) {
		payers = []identity.ID{follower}
		if follower == e.op.Author || l.stranger(follower) || !l.afford(payers) {
			return errFull
		}
	}
	for _, id := range payers {
		l.spent[id]++
	}
	if !slices.Contains(payers, l.hosts()) {
		l.others++
	}
	l.enter(e)
	return nil
}

func (l *oplog) enter(e entry) {
	at := len(l.entries)
	l.index[e.op.Hash] = at
	l.heads = slices.DeleteFunc(l.heads, func(h Hash) bool { return slices.Contains(e.op.Parents, h) })
	place, _ := slices.BinarySearchFunc(l.heads, e.op.Hash, Hash.Compare)
	l.heads = slices.Insert(l.heads, place, e.op.Hash)
	if who, ok := e.op.role(); ok && e.op.roleGiven() > invite.Listener {
		l.grants[who] = append(l.grants[who], at)
	}
	l.entries = append(l.entries, e)
	if turned := l.found(at); turned && !e.past.full(at) {
		l.recount()
	} else {
		l.state.take(at)
	}
}

// payers are on whose accounts an op is. An op without any can never count and is not
// kept, so that strangers cannot fill the log.
func (l *oplog) payers(e *entry) ([]identity.ID, bool) {
	author := e.op.Author
	if e.hosts || e.accedes {
		return []identity.ID{author}, true
	}
	var giver identity.ID
	for _, at := range l.grants[author] {
		if !e.past.has(at) {
			continue
		}
		if l.promotes(at) {
			return []identity.ID{author}, true
		}
		giver = l.entries[at].op.Author
	}
	return []identity.ID{author, giver}, e.op.Kind == OpRelinquish && !giver.IsZero()
}

// senior tells whether an op is a host's, or made its author the host.
func (l *oplog) senior(at int) bool { return l.entries[at].hosts || l.entries[at].accedes }

// promotes tells whether an op is the host's and makes a moderator.
func (l *oplog) promotes(at int) bool { return l.senior(at) && l.entries[at].op.makesModerator() }

// afford tells whether one more op can be on those accounts.
func (l *oplog) afford(payers []identity.ID) bool {
	for _, id := range payers {
		switch {
		case id == l.hosts():
		case l.ranked(id):
			if l.spent[id] >= maxOpsRanked {
				return false
			}
		case l.spent[id] >= maxOpsOther:
			return false
		}
	}
	return len(l.entries) < maxOps && (slices.Contains(payers, l.hosts()) || l.others < maxOps/2)
}

// ranked tells whether the host ever made somebody a moderator.
func (l *oplog) ranked(id identity.ID) bool { return slices.ContainsFunc(l.grants[id], l.promotes) }

// stranger tells whether somebody was never anything but a listener or speaker.
func (l *oplog) stranger(id identity.ID) bool { return id != l.hosts() && !l.ranked(id) }

// parents are the heads that the next op names. It follows the ops at the given
// places in any case; if there are more heads than an op may name, some of the others
// are for the next op.
func (l *oplog) parents(upon ...int) []Hash {
	if len(l.heads) <= MaxParents {
		return slices.Clone(l.heads)
	}
	var chosen []Hash
	choose := func(h Hash) {
		if len(chosen) < MaxParents && !slices.Contains(chosen, h) {
			chosen = append(chosen, h)
		}
	}
	for _, at := range upon {
		after := slices.IndexFunc(l.heads, func(h Hash) bool {
			head := l.index[h]
			return head == at || l.entries[head].past.has(at)
		})
		choose(l.heads[after])
	}
	for _, h := range l.heads {
		choose(h)
	}
	slices.SortFunc(chosen, Hash.Compare)
	return chosen
}

// last is the place of somebody's last op.
func (l *oplog) last(author identity.ID) (at int, ok bool) {
	for at, e := range slices.Backward(l.entries) {
		if e.op.Author == author {
			return at, true
		}
	}
	return 0, false
}

// have tells another peer what is in the log: the heads and, in case it does not know
// these, some ops before them, ever farther apart.
func (l *oplog) have() []Hash {
	const steps = 16 // back to the first of 2^15 ops
	known := slices.Clone(l.heads[:min(len(l.heads), MaxHave-steps)])
	for back := 2; back <= len(l.entries); back *= 2 {
		if h := l.entries[len(l.entries)-back].op.Hash; !slices.Contains(known, h) {
			known = append(known, h)
		}
	}
	return known
}

// since returns all items that are neither in have nor before one of have, parents
// first.
func (l *oplog) since(have []Hash) [][]byte {
	known := l.known(have)
	var items [][]byte
	for at := range l.entries {
		if !known.has(at) {
			items = append(items, l.entries[at].raw)
		}
	}
	return items
}

// upTo are some ops and their past, of which somebody has these.
func (l *oplog) upTo(ops []int, have []Hash) [][]byte {
	var wanted bitset
	for _, at := range ops {
		wanted.join(l.entries[at].past)
		wanted.add(at)
	}
	known := l.known(have)
	var items [][]byte
	for at := range l.entries {
		if wanted.has(at) && !known.has(at) {
			items = append(items, l.entries[at].raw)
		}
	}
	return items
}

// known are the ops that somebody has who names these.
func (l *oplog) known(have []Hash) bitset {
	var known bitset
	for _, h := range have {
		if at, ok := l.index[h]; ok {
			known.join(l.entries[at].past)
			known.add(at)
		}
	}
	return known
}

// before tells whether the op at a is in the past of the op at b.
func (l *oplog) before(a, b int) bool { return l.entries[b].past.has(a) }
