package sim

import (
	"slices"
	"time"
)

// event is one thing that is going to happen.
type event struct {
	at    time.Duration
	seq   uint64 // whose doing it is, and their how manieth: what breaks a tie (see made)
	cargo *cargo // what comes: of a message, a datagram, gossip
	to    int32  // the peer it happens to
	from  int32  // the peer that caused it
	link  uint16 // the number of the link that it belongs to, or of the voice or the fault
	frame uint16 // the number of a frame there
	hops  uint8  // that it has left
	kind  kind
}

func (e *event) before(o *event) bool {
	return e.at < o.at || e.at == o.at && e.seq < o.seq
}

// inOrder is before as sorting wants it.
func inOrder(a, b event) int {
	if a.before(&b) {
		return -1
	}
	return 1 // no two have the same number
}

// The wheel covers a little over a second, which is where almost everything that
// is sent arrives and almost every timer ends.
const (
	slotBits = 19   // one slot is 2^19 ns, about half a millisecond
	slots    = 2048 // a power of two
)

// queue hands out events by time, and by their numbers where times are equal.
//
// Four parts: what is due in the current slot, sorted; a heap of what was pushed into that
// slot since it began; a wheel of unsorted buckets for the coming second; and a heap of
// what is further away. An event is sorted only once its slot has come, among the few of
// its own half of a millisecond.
//
// The zero queue is ready.
type queue struct {
	slot    int64         // the current slot
	due     []event       // of the current slot, in order; the first of them have happened
	done    int           // how many of these
	told    int           // how many of them ahead has told of
	late    heap          // of the current slot or before, pushed since it began
	wheel   [slots]*chunk // of the slots after the current one
	wheeled int           // events in the wheel
	spare   *chunk        // chunks that hold nothing now
	far     heap          // beyond the wheel
}

// chunk is a part of a bucket. Buckets are made of equal parts, and not slices of which each
// keeps the room of its own fullest moment: that took ten times as much as what waits.
type chunk struct {
	next   *chunk
	n      int
	events [chunkEvents]event
}

// chunkEvents lets a chunk fill a kibibyte.
const chunkEvents = 25

func slotOf(at time.Duration) int64 { return int64(at) >> slotBits }

// push adds an event.
func (q *queue) push(e event) {
	switch s := slotOf(e.at); {
	case s <= q.slot:
		q.late.push(e)
	case s < q.slot+slots:
		q.wheelIn(&q.wheel[s%slots], e)
	default:
		q.far.push(e)
	}
}

// wheelIn puts an event into a bucket.
func (q *queue) wheelIn(bucket **chunk, e event) {
	c := *bucket
	if c == nil || c.n == chunkEvents {
		if q.spare == nil {
			q.spare = new(chunk)
		}
		c, q.spare = q.spare, q.spare.next
		c.next, c.n = *bucket, 0
		*bucket = c
	}
	c.events[c.n] = e
	c.n++
	q.wheeled++
}

// wheelOut empties a bucket into due, sorted.
func (q *queue) wheelOut(bucket **chunk) {
	q.due, q.done, q.told = q.due[:0], 0, 0
	for c := *bucket; c != nil; c = *bucket {
		q.due = append(q.due, c.events[:c.n]...)
		clear(c.events[:c.n]) // what they carried may be forgotten
		*bucket, c.next, q.spare = c.next, q.spare, c
	}
	q.wheeled -= len(q.due)
	slices.SortFunc(q.due, inOrder)
}

// next is the time of the first event, if there is one.
func (q *queue) next() (time.Duration, bool) {
	switch {
	case !q.fill():
		return 0, false
	case q.lateFirst():
		return q.late[0].at, true
	}
	return q.due[q.done].at, true
}

// lateFirst tells whether the first event is one that was pushed late. There must be one.
func (q *queue) lateFirst() bool {
	return q.done == len(q.due) || len(q.late) > 0 && q.late[0].before(&q.due[q.done])
}

// pop takes the first event out. The queue must not be empty: ask next first.
func (q *queue) pop() event {
	q.fill()
	if q.lateFirst() {
		return q.late.pop()
	}
	q.done++
	return q.due[q.done-1]
}

// ahead are the next n events of the current slot, or fewer: those that it has not told of
// before, once what it told of last is over. It holds until the next pop.
func (q *queue) ahead(n int) []event {
	if q.done < q.told {
		return nil
	}
	q.told = min(q.done+n, len(q.due))
	return q.due[q.done:q.told]
}

// len is the number of events that wait.
func (q *queue) len() int { return len(q.due) - q.done + len(q.late) + q.wheeled + len(q.far) }

// fill turns the wheel until the current slot holds the first event, if there is any.
func (q *queue) fill() bool {
	for q.done == len(q.due) && len(q.late) == 0 {
		switch {
		case q.wheeled > 0:
			q.slot++
		case len(q.far) > 0:
			q.slot = slotOf(q.far[0].at)
		default:
			return false
		}
		q.wheelOut(&q.wheel[q.slot%slots])
		for len(q.far) > 0 && slotOf(q.far[0].at) < q.slot+slots {
			q.push(q.far.pop())
		}
	}
	return true
}

// heap is a 4-ary heap of events: flatter than a binary one, so that a pop
// touches fewer cache lines.
type heap []event

const arity = 4

func (h *heap) push(e event) {
	*h = append(*h, e)
	s := *h
	i := len(s) - 1
	for i > 0 {
		parent := (i - 1) / arity
		if !e.before(&s[parent]) {
			break
		}
		s[i] = s[parent]
		i = parent
	}
	s[i] = e
}

func (h *heap) pop() event {
	s := *h
	first, last := s[0], s[len(s)-1]
	s = s[:len(s)-1]
	*h = s
	if len(s) > 0 {
		s.sink(0, last)
	}
	return first
}

// sink finds the place of e in the subtree of i, whose own event may be overwritten.
func (h heap) sink(i int, e event) {
	for {
		first := i*arity + 1
		if first >= len(h) {
			break
		}
		least := first
		for c := first + 1; c < min(first+arity, len(h)); c++ {
			if h[c].before(&h[least]) {
				least = c
			}
		}
		if !h[least].before(&e) {
			break
		}
		h[i] = h[least]
		i = least
	}
	h[i] = e
}
