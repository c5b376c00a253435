package mesh

import (
	"slices"
	"time"

	"github.com/banyan-rooms/banyan/crypto/identity"
	"github.com/banyan-rooms/banyan/mesh/wire"
)

// A frame that is lost between two neighbours is asked for again by the one who misses
// it, as soon as the next one shows the gap: each peer numbers what it sends to each
// neighbour. What is sent again has a new number, and is asked for again if that is lost
// too. So what was lost on one hop is asked for on that hop alone; those below, who
// miss it as well, see no gap.
const (
	// overtaking is how late a frame may be before it counts as lost: more than what
	// is sent together differs by.
	overtaking = 8 * time.Millisecond
	// playable is how old a frame may be that is sent again: later it could not be
	// played any more, at the end of a long way.
	playable = 400 * time.Millisecond
	// laneSize is how many of the frames that were sent to a neighbour can be asked for.
	laneSize = 64
	// maxAgain is how many frames are sent again to one neighbour in a second.
	maxAgain = 100
)

// lane is what goes over one link, both ways. The zero lane is ready.
type lane struct {
	sent uint16 // the number of the last frame that was sent
	// which frame had one of the last numbers here: its serial number with the router, by
	// the number here, modulo.
	which *[laneSize]uint32
	again int // frames sent again since
	since time.Duration

	begun   bool
	due     uint16        // the number of the next frame that comes
	missing uint64        // bit i: number due-1-i has not come, and was not asked for
	askAt   time.Duration // when they are asked for; 0 is never
}

// link is an open link.
type link struct {
	id   identity.ID
	lane *lane
}

// linkAt is where the link with a peer is among the links, or belongs.
func (m *Machine) linkAt(id identity.ID) (at int, open bool) {
	return slices.BinarySearchFunc(m.links, id, func(l link, id identity.ID) int { return l.id.Compare(id) })
}

// laneTo is what goes over the link with a peer; nil if none is open.
func (m *Machine) laneTo(id identity.ID) *lane {
	if at, open := m.linkAt(id); open {
		return m.links[at].lane
	}
	return nil
}

// next is the number of the next frame.
func (l *lane) next() uint16 {
	if l == nil {
		return 0
	}
	return l.sent + 1
}

// number gives a frame its number.
func (l *lane) number(serial uint32) uint16 {
	l.sent++
	if l.which == nil {
		l.which = new([laneSize]uint32)
	}
	l.which[l.sent%laneSize] = serial
	return l.sent
}

// take takes note of a number that came, or of the one before the next if only that is
// known. It tells whether it leaves a gap.
func (l *lane) take(number uint16, came bool) bool {
	if !l.begun {
		l.begun, l.due, l.missing = true, number+1, 0
		return false
	}
	ahead := int(int16(number - l.due))
	switch {
	case ahead >= laneSize: // more than could be asked for
		l.due, l.missing = number+1, 0
		return false
	case ahead >= 0:
		l.missing = l.missing<<(ahead+1) | (1<<(ahead+1) - 1)
		l.due = number + 1
		if came {
			l.missing &^= 1
		}
		return l.missing != 0
	case -ahead <= laneSize && came:
		l.missing &^= 1 << (-ahead - 1)
	}
	return false
}

// lost are the numbers that have not come, oldest first.
func (l *lane) lost() (numbers []uint16) {
	for i := laneSize - 1; i >= 0; i-- {
		if l.missing&(1<<i) != 0 {
			numbers = append(numbers, l.due-1-uint16(i))
		}
	}
	return numbers
}

// gap is a neighbour of whom something is missing.
type gap struct {
	id   identity.ID
	lane *lane
}

// came takes note of a frame's number on a neighbour's link.
func (m *Machine) came(now time.Duration, from identity.ID, l *lane, number uint16, came bool) {
	if l.take(number, came) && l.askAt == 0 {
		l.askAt = now + overtaking
		m.hastened = true
		m.gaps = append(m.gaps, gap{from, l})
	}
}

// numbered takes note of a neighbour's word which number comes next.
func (m *Machine) numbered(now time.Duration, from identity.ID, next uint16) {
	if l := m.laneTo(from); l != nil && l.begun && next != 0 && int16(next-l.due) > 0 && m.near(from) {
		m.came(now, from, l, next-1, false)
	}
}

// near tells whether a peer is a neighbour in any tree.
func (m *Machine) near(id identity.ID) bool {
	return m.trees[0].near(id) || m.trees[1].near(id)
}

// forgetGap asks a neighbour for nothing any more.
func (m *Machine) forgetGap(id identity.ID) {
	m.gaps = slices.DeleteFunc(m.gaps, func(g gap) bool { return g.id == id })
}

func (m *Machine) pullDeadline() time.Duration {
	at := never
	for _, g := range m.gaps {
		at = min(at, g.lane.askAt)
	}
	return at
}

// pull asks for what is missing.
func (m *Machine) pull(now time.Duration) {
	m.gaps = slices.DeleteFunc(m.gaps, func(g gap) bool {
		if now < g.lane.askAt {
			return false
		}
		lost := g.lane.lost()
		g.lane.missing, g.lane.askAt = 0, 0
		if len(lost) > 0 && m.laneTo(g.id) == g.lane && m.near(g.id) {
			m.emit(Transmit{g.id, wire.AppendPull(nil, lost)})
		}
		return true
	})
}

// pulled sends a neighbour again what it misses, as far as that is of use. It gets a new
// number: if it is lost once more, it is asked for once more.
func (m *Machine) pulled(now time.Duration, from identity.ID, body []byte) {
	l := m.laneTo(from)
	if l == nil || l.which == nil || !m.near(from) {
		return
	}
	if now >= l.since+time.Second {
		l.again, l.since = 0, now
	}
	_ = wire.Pulled(body, func(number uint16) { // of a neighbour that sends nonsense, what can be read
		serial := l.which[number%laneSize]
		k := m.route.kept(serial)
		if l.sent-number >= laneSize || k == nil || k.hops == 0 || now > k.at+playable || l.again == maxAgain {
			return
		}
		l.again++
		m.emit(Transmit{from, wire.AppendMedia(nil, k.raw, k.hops-1, l.number(serial))})
	})
}
