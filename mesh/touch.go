package mesh

// TouchRounds is how many rounds [Machine.Touch] has.
const TouchRounds = 4

// Touch reads what the next Route will look at, and changes nothing. Each round, from 0,
// needs what the one before has read. Who drives many machines calls it for some of them,
// round by round, before it has them act: the waits for memory, which are most of what a
// frame costs where no cache holds a room, overlap then. The sum of what was read says
// nothing; it keeps the compiler from leaving the reading out.
func (m *Machine) Touch(round int) (sum uint64) {
	switch round {
	case 0: // one of each cache line
		sum = uint64(m.count) + uint64(len(m.route.ring)) + uint64(len(m.hops))
		for _, t := range m.both() {
			sum += uint64(t.askedAt) + uint64(t.heardAt) + uint64(t.reportAt)
		}
	case 1:
		for _, t := range m.both() {
			if t.up != nil {
				sum += uint64(t.up.due)
			}
			for i := range t.children {
				c := &t.children[i]
				sum += uint64(c.id[0]) + uint64(c.saidAt)
			}
		}
		for i := range m.route.streams {
			sum += m.route.streams[i].kid
		}
		next := &m.route.ring[(m.route.serial+1)%uint32(len(m.route.ring))]
		sum += uint64(next.serial) + uint64(len(next.raw))
	case 2:
		for i := range m.route.streams {
			s := &m.route.streams[i]
			if top, _ := s.window.Top(); s.window.Seen(top) {
				sum++
			}
		}
		for _, t := range m.both() {
			for i := range t.children {
				if l := t.children[i].lane; l != nil {
					sum += uint64(l.sent)
				}
			}
		}
	case 3:
		for _, t := range m.both() {
			for i := range t.children {
				if l := t.children[i].lane; l != nil && l.which != nil {
					sum += uint64(l.which[(l.sent+1)%laneSize])
				}
			}
		}
	}
	return sum
}
