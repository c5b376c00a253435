package sim

import (
	"slices"
	"time"

	"github.com/banyan-rooms/banyan/crypto/identity"
	"github.com/banyan-rooms/banyan/mesh"
	"github.com/banyan-rooms/banyan/mesh/wire"
)

// replaced is how long the room waits for somebody new when somebody left, on average.
const replaced = time.Second

// arrive lets a peer into the room.
func (w *World) arrive(p *peer) {
	p.arrived = w.now
	p.machine = w.newMachine(p)
	p.at = len(w.present)
	w.present = append(w.present, p.number)
	if p.listens {
		p.ear.open(w.now, len(w.log), w.window(), w.runs())
		p.ear.own, p.ear.fromCapture = p.voice, w.cfg.FromCapture
		w.waysTo(p)
	}
	s := w.of(p)
	s.push(p, event{at: w.now, kind: finds, to: p.number})
	s.step(p, nil)
	if p.voice != none {
		s.step(p, mesh.Speaking{On: true})
	}
	if rate := w.cfg.Churn.Rate; rate > 0 && !p.stays {
		session := exponential(&p.life, time.Duration(float64(time.Minute)/rate))
		end := crashes
		if chance(&p.life, threshold(w.cfg.Churn.Graceful)) {
			end = leaves
		}
		s.push(p, event{at: w.now + session, kind: end, to: p.number})
	}
}

// longestWay is more than any straight way between two peers takes.
const longestWay = 500 * time.Millisecond

// window is how many frames may be captured before the first of them has to be there, and
// some to spare.
func (w *World) window() int {
	return (int((w.cfg.Slack+longestWay)/frameTime) + 3) * w.cfg.Speakers
}

// waysTo works out how long a packet straight from each voice to a peer takes.
func (w *World) waysTo(p *peer) {
	p.ear.ways = within(p.ear.waysHere[:], len(w.voices))
	for i, v := range w.voices {
		p.ear.ways[i] = w.cfg.Geography.latency(w.peers[v.peer].place, p.place)
	}
}

// runs is how many rows of missing frames go on at the same time.
func (w *World) runs() int {
	if w.cfg.Speech == Turns {
		return 1
	}
	return w.cfg.Speakers
}

// leave lets a peer say goodbye.
func (w *World) leave(p *peer) {
	if p.here() && !p.leaving && w.cfg.Churn.Rate > 0 {
		p.leaving = true
		w.of(p).step(p, mesh.Stop{})
	}
}

// crash lets a peer die without a word.
func (w *World) crash(p *peer) {
	if !p.here() {
		return
	}
	w.faultAbove(p)
	w.vanish(p)
}

// vanish takes a peer away that says nothing.
func (w *World) vanish(p *peer) {
	for _, k := range p.links.all {
		w.of(p).push(p, event{at: w.now + linkTimeout, kind: closes, to: k.peer, from: p.number, link: k.number})
	}
	w.remove(p)
}

// Calm ends the losses, has everybody pass sound on, and lets nobody leave from now on but
// those who have begun to: what is left is for the mesh to put in order.
func (w *World) Calm() {
	w.cfg.Churn = Churn{}
	w.channel = newChannel(Loss{})
	for _, p := range w.peers {
		p.drops = false
	}
}

// remove takes a peer out of the room, and lets somebody new come for it.
func (w *World) remove(p *peer) {
	w.measured.take(w, p)
	p.machine, p.links, p.contacts, p.wake = nil, links{}, contacts{}, never
	for t := range w.parents {
		w.parents[t][p.number] = none
	}
	last := w.present[len(w.present)-1]
	w.present[p.at] = last
	w.peers[last].at = p.at
	w.present = w.present[:len(w.present)-1]
	w.left = append(w.left, p.number)
	if w.cfg.Churn.Rate == 0 {
		return
	}
	next, err := w.enrol()
	if err != nil {
		w.broken = err
		return
	}
	w.push(event{at: w.now + exponential(&p.life, replaced), kind: arrives, to: next.number})
}

// faultAbove begins to watch everybody whose sound comes through p, who dies now.
func (w *World) faultAbove(p *peer) {
	below := w.below(p)
	if len(below) > 0 {
		w.measured.deaths++
	}
	for _, q := range w.leaning(p) {
		if q.exposed == 0 && w.banyan() { // others have no backups to restore
			q.exposed = w.now
		}
	}
	for _, q := range below {
		if q.listens {
			if q.ear.fault.open {
				w.measured.gaps.Add(gap(q.ear.fault.worst))
			}
			q.ear.fault = fault{at: w.now, open: true}
		}
	}
}

// leaning are those who have p for a parent or a backup.
func (w *World) leaning(p *peer) (all []*peer) {
	for _, n := range w.present {
		q := w.peers[n]
		if q != p && q.here() && leans(q, p.id) {
			all = append(all, q)
		}
	}
	return all
}

// leans tells whether a peer would miss another, in any tree.
func leans(p *peer, on identity.ID) bool {
	for t := range wire.MaxTrees {
		if p.machine.Parent(t) == on || p.machine.Backup(t) == on {
			return true
		}
	}
	return false
}

// below are the peers whose way to a root leads through p, in any tree.
func (w *World) below(p *peer) []*peer {
	var all []*peer
	seen := make(map[int32]bool)
	for t := range wire.MaxTrees {
		children, met := w.children(t), make(map[int32]bool) // a protocol may have loops
		for queue := slices.Clone(children[p.number]); len(queue) > 0 && len(queue) <= len(w.present); queue = queue[1:] {
			q := queue[0]
			if !met[q] {
				met[q] = true
				queue = append(queue, children[q]...)
			}
			if !seen[q] {
				seen[q] = true
				all = append(all, w.peers[q])
			}
		}
	}
	return all
}

// children lists, for each peer, whom it feeds in a tree, as those see it.
func (w *World) children(tree int) map[int32][]int32 {
	of := make(map[int32][]int32)
	for _, n := range w.present {
		if parent := w.parentOf(w.peers[n], tree); parent != none {
			of[parent] = append(of[parent], n)
		}
	}
	return of
}

// parentOf is a peer's parent in a tree, or none.
func (w *World) parentOf(p *peer, tree int) int32 {
	id := p.machine.Parent(tree)
	if id.IsZero() {
		return none
	}
	return w.numbers[id]
}

// subtrees is how many peers are below each, in all trees.
func (w *World) subtrees() []int {
	size := make([]int, len(w.peers))
	for t := range wire.MaxTrees {
		for _, n := range w.present {
			hops := 0
			for up := w.parentOf(w.peers[n], t); up != none && hops < len(w.present); up = w.parentOf(w.peers[up], t) {
				size[up]++
				hops++
				if !w.peers[up].here() {
					break
				}
			}
		}
	}
	return size
}
