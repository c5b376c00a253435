package netlab

import (
	"container/heap"
	"time"
)

// parcel is a packet on its way.
type parcel struct {
	at     time.Duration // when it arrives
	number uint64        // in the order in which they were sent
	to     int           // machine
	packet []byte
}

// line holds packets until they are due. The zero line is empty; it has one owner.
type line struct {
	waiting parcels
	sent    uint64
	free    [][]byte // packets that were delivered, to be used again
}

// maxWaiting bounds what is on its way; beyond it packets are lost, as in a router whose
// queue is full. It is seconds of sound for a hundred machines.
const maxWaiting = 1 << 16

// send takes a packet on its way; the line keeps a copy. It tells whether there was room.
func (l *line) send(at time.Duration, to int, packet []byte) bool {
	if len(l.waiting) >= maxWaiting {
		return false
	}
	var kept []byte
	if n := len(l.free); n > 0 {
		kept, l.free = l.free[n-1][:0], l.free[:n-1]
	}
	l.sent++
	heap.Push(&l.waiting, parcel{at, l.sent, to, append(kept, packet...)})
	return true
}

// due is when the next packet arrives, if one is on its way.
func (l *line) due() (at time.Duration, some bool) {
	if len(l.waiting) == 0 {
		return 0, false
	}
	return l.waiting[0].at, true
}

// next takes a packet that is due off the line. It belongs to the caller until done.
func (l *line) next(now time.Duration) (p parcel, due bool) {
	if at, some := l.due(); !some || at > now {
		return parcel{}, false
	}
	return heap.Pop(&l.waiting).(parcel), true
}

// done gives a delivered packet's memory back.
func (l *line) done(p parcel) { l.free = append(l.free, p.packet) }

// parcels are a heap: the first to arrive is at the root.
type parcels []parcel

func (p parcels) Len() int { return len(p) }

func (p parcels) Less(i, j int) bool {
	if p[i].at != p[j].at {
		return p[i].at < p[j].at
	}
	return p[i].number < p[j].number
}

func (p parcels) Swap(i, j int) { p[i], p[j] = p[j], p[i] }

func (p *parcels) Push(x any) { *p = append(*p, x.(parcel)) }

func (p *parcels) Pop() any {
	last := len(*p) - 1
	x := (*p)[last]
	*p = (*p)[:last]
	return x
}
