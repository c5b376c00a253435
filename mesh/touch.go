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
	case 0:
		sum = uint64(m.count) + uint64(m.route.serial) + m.route.loud.voices[0].kid + uint64(m.maxChildren) + uint64(m.timing.Keepalive) + uint64(m.timing.Doubt) + uint64(m.timing.Replay)
	case 1:
		for _, t := range m.both() {
			sum += uint64(t.index) + uint64(t.parent[0]) + uint64(t.upAt) + uint64(len(t.children)) + uint64(t.former[len(t.former)-1])
		}
		for i := range min(1, len(m.route.streams)) {
			sum += m.route.streams[i].kid
		}
		next := &m.route.ring[(m.route.serial+1)%uint32(len(m.route.ring))]
		sum += uint64(next.serial) + uint64(len(next.raw))
	case 2:
		for _, t := range m.both() {
			if t.up != nil {
				sum += uint64(t.up.sent)
			}
			for i := range t.children {
				sum += uint64(t.children[i].id[0]) + uint64(t.children[i].mediaAt)
			}
		}
	case 3:
		for _, t := range m.both() {
			for i := range t.children {
				if l := t.children[i].lane; l != nil {
					sum += uint64(l.sent)
				}
			}
		}
	}
	return sum
}
