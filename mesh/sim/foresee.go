package sim

import "github.com/banyan-rooms/banyan/mesh"

// atOnce is how many events are foreseen at a time: enough for their waits to overlap, and
// few enough for a core's cache to hold what they need.
const atOnce = 16

// foresee reads what the next events are going to look at. A large room is in no cache, and
// an event looks at dozens of places, most of which are found by way of another one: to
// wait for each in turn is most of what a frame costs. Here what several events look at is
// read side by side. Nothing changes by it.
func (s *shard) foresee() {
	events := s.queue.ahead(atOnce)
	if len(events) == 0 {
		return
	}
	var peers [atOnce]*peer
	var machines [atOnce]*mesh.Machine
	sum := uint64(0)
	for i := range events {
		e := &events[i]
		peers[i] = s.w.peers[e.to]
		if e.cargo != nil {
			sum += uint64(len(e.cargo.data))
		}
	}
	for i := range events {
		p := peers[i]
		sum += uint64(p.arrived) + p.made + p.parents[0] + uint64(p.ear.since) + uint64(p.ear.played)
		machines[i], _ = p.machine.(*mesh.Machine)
	}
	for i := range events {
		sum += peers[i].links.touch() + peers[i].ear.touch()
	}
	for round := range mesh.TouchRounds {
		for _, m := range machines[:len(events)] {
			if m != nil {
				sum += m.Touch(round)
			}
		}
	}
	s.foreseen += sum
}

// touch reads where the links are.
func (l *links) touch() (sum uint64) {
	for i := range l.all {
		sum += uint64(l.all[i].peer)
	}
	return sum
}

// touch reads where the next frames will be noted.
func (e *ear) touch() (sum uint64) {
	if len(e.marks) > 0 {
		at, _ := e.place(e.next)
		sum = at.came + uint64(e.runs[0].length)
	}
	return sum + uint64(len(e.ways))
}
