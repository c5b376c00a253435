package mesh

import (
	"cmp"
	"math"
	"slices"
	"time"

	"github.com/banyan-rooms/banyan/crypto/identity"
	"github.com/banyan-rooms/banyan/mesh/wire"
)

// Each place says how long a frame takes from the root to it: what the parent's says, and
// half of the round trip to the parent. So whoever looks for a parent sees of each offer how
// long sound would take by it, without coordinates: it has the
// round trip from the probe.

const (
	// hopCost is what each peer on the way adds: it may be busy, and it may die.
	hopCost = 15 * time.Millisecond
	// worthwhile is what a move has to gain at least, beside a fifth.
	worthwhile = 15 * time.Millisecond
	// farAway is half a round trip to a parent that is in another part of the world.
	farAway = 30 * time.Millisecond
	// usual is half a round trip that nobody has measured.
	usual = 25 * time.Millisecond
)

// costOf is what a place costs that is so far from the root, in milliseconds and in hops.
func costOf(delay uint16, depth int) time.Duration {
	return time.Duration(delay)*time.Millisecond + time.Duration(depth)*hopCost
}

// cost is what the place costs that is offered.
func (o offer) cost() time.Duration { return costOf(o.place.Delay, len(o.place.Path)) + o.rtt/2 }

// nearer orders offers: those first who are not shunned; for somebody who feeds others
// those who are higher in the tree; then those who cost less; then by ID.
func (t *tree) nearer(a, b offer) int {
	if a.last != b.last {
		if b.last {
			return -1
		}
		return 1
	}
	if t.slots() > 0 {
		if c := cmp.Compare(len(a.place.Path), len(b.place.Path)); c != 0 {
			return c
		}
	}
	return cmp.Or(cmp.Compare(a.cost(), b.cost()), a.from.Compare(b.from))
}

// roundTrip is how long one to a peer takes. There are many: the beginning of the ID is enough.
type roundTrip struct {
	peer wire.Short
	rtt  time.Duration
}

// measured takes in a round trip. Where there are too many, those to neighbours stay.
func (m *Machine) measured(id identity.ID, rtt time.Duration) {
	if len(m.rtts) >= maxRTTs {
		m.rtts = slices.DeleteFunc(m.rtts, func(r roundTrip) bool {
			return !slices.ContainsFunc(m.links, func(l link) bool { return wire.ShortOf(l.id) == r.peer })
		})
	}
	if at := m.roundTripAt(id); at >= 0 {
		m.rtts[at].rtt = rtt
		return
	}
	m.rtts = append(m.rtts, roundTrip{wire.ShortOf(id), rtt})
}

// rtt is the round trip to a peer, if it is known.
func (m *Machine) rtt(id identity.ID) (rtt time.Duration, known bool) {
	if at := m.roundTripAt(id); at >= 0 {
		return m.rtts[at].rtt, true
	}
	return 0, false
}

func (m *Machine) roundTripAt(id identity.ID) int {
	peer := wire.ShortOf(id)
	return slices.IndexFunc(m.rtts, func(r roundTrip) bool { return r.peer == peer })
}

// hop is how long a frame takes from another peer, as far as is known.
func (m *Machine) hop(from identity.ID) time.Duration {
	if rtt, known := m.rtt(from); known {
		return rtt / 2
	}
	return usual
}

// delayBelow is how long a frame takes from the root to this peer, in milliseconds, by its
// parent at a place.
func (t *tree) delayBelow(parent wire.Place) uint16 {
	return uint16(min(int64(parent.Delay)+t.hop(t.parent).Milliseconds(), math.MaxUint16))
}

// far tells whether the parent is far away.
func (t *tree) far() bool { return t.hop(t.parent) > farAway }
