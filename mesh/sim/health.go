package sim

import "slices"

// Hearing is what one listener of the room has heard so far.
type Hearing struct {
	Peer   int   // the number by which a trace calls it
	Played int64 // frames, in time
	Missed int64 // frames that were to be heard and were not, or came too late
}

// Hearing says what each listener in the room has heard of the frames whose time to be
// played is over, in the order of the peers' numbers. To look changes nothing.
func (w *World) Hearing() []Hearing {
	all := make([]Hearing, 0, len(w.present))
	for _, n := range slices.Sorted(slices.Values(w.present)) {
		if p := w.peers[n]; p.listens {
			p.ear.judge(w.now-w.cfg.Slack, w.cfg.Slack, w.log)
			all = append(all, Hearing{Peer: int(n), Played: p.ear.played, Missed: p.ear.missed})
		}
	}
	return all
}

// Supply is what the peers in the room have to build a tree of.
type Supply struct {
	Peers  int // in the room
	Places int // children that all of them together feed at most
	Depth  int // of the flattest tree that there could be; -1 where there is none for all
}

// Supply says what the peers in the room could make of it. A room that is short of places
// cannot be expected to become one tree, whatever the mesh does.
func (w *World) Supply() Supply {
	s := Supply{Peers: len(w.present)}
	fans := make([]int, 0, len(w.present))
	for _, n := range w.present {
		fan := w.peers[n].machine.MaxChildren()
		fans = append(fans, fan)
		s.Places += fan
	}
	s.Depth = flattest(fans)
	return s
}

// flattest is the depth of the flattest tree of peers that feed so many children each: those
// who feed most stand highest. It is -1 where not all of them fit.
func flattest(fans []int) int {
	slices.SortFunc(fans, func(a, b int) int { return b - a })
	depth := 0
	for level, left := 1, fans; ; depth++ {
		below := 0
		for _, fan := range left[:min(level, len(left))] {
			below += fan
		}
		if left = left[min(level, len(left)):]; len(left) == 0 {
			return depth
		}
		if level = below; level == 0 {
			return -1
		}
	}
}
