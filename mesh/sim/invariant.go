package sim

import (
	"fmt"

	"github.com/banyan-rooms/banyan/crypto/identity"
	"github.com/banyan-rooms/banyan/mesh"
	"github.com/banyan-rooms/banyan/mesh/wire"
)

// Invariant is something that must hold after every event.
type Invariant struct {
	Name string
	// Check looks at the peer to whom something has just happened: a change
	// that breaks an invariant is always a change of somebody's.
	Check func(*Scene) error
}

// Scene is what an invariant may look at.
type Scene struct {
	World   *World
	Peer    int                 // the number by which a trace calls it
	Machine Protocol            // the peer's, to be looked at only
	Rewired [wire.MaxTrees]bool // its parent in the tree has just changed
}

// Invariants are those that every run is held to.
func Invariants() []Invariant {
	return []Invariant{
		{"as mesh numbers them", machine},
		{"no loop", noLoop},
		{"no frame played twice", playedOnce},
		{"links are bounded", fewLinks},
	}
}

// noLoop follows the parents up from a peer whose parent has just changed.
func noLoop(s *Scene) error {
	for t, rewired := range s.Rewired {
		if !rewired {
			continue
		}
		if hops := s.World.loop(int32(s.Peer), t); hops > 0 {
			return fmt.Errorf("peer %d is below itself in tree %d, %d hops up", s.Peer, t, hops)
		}
	}
	return nil
}

// loop is after how many hops upwards a peer is met again, or 0 if it is not.
func (w *World) loop(n int32, tree int) int {
	p := w.peers[n]
	for hops := 1; hops <= len(w.present); hops++ {
		up := w.parentOf(p, tree)
		if up == none || !w.peers[up].here() {
			return 0
		}
		if p = w.peers[up]; up == n {
			return hops
		}
	}
	return 0 // below a loop that others made
}

// machine asks the machine itself.
func machine(s *Scene) error {
	if err := s.Machine.Check(); err != nil {
		return fmt.Errorf("peer %d: %w", s.Peer, err)
	}
	return nil
}

// playedOnce counts frames that the machine called fresh though they had been played.
func playedOnce(s *Scene) error {
	if s.World.peers[s.Peer].ear.twice > 0 {
		return fmt.Errorf("peer %d was given a frame to play a second time", s.Peer)
	}
	return nil
}

// fewLinks bounds the links as the node does: children and backups, a parent, a
// backup, and some that are being opened or closed.
func fewLinks(s *Scene) error {
	have, most := len(s.World.peers[s.Peer].links.all), 2*s.Machine.MaxChildren()+24
	if have > most {
		return fmt.Errorf("peer %d holds %d links, at most %d", s.Peer, have, most)
	}
	return nil
}

// check holds the world to its invariants after an event.
func (w *World) check(e *event) {
	p := w.peers[e.to]
	if w.broken != nil || !p.here() {
		return
	}
	s := &w.scene // which escapes into the invariants: one for all events
	*s = Scene{World: w, Peer: int(p.number), Machine: p.machine}
	for t := range wire.MaxTrees {
		if parent := p.machine.Parent(t); parent != p.parents[t] {
			p.parents[t], p.rewired[t], s.Rewired[t] = parent, w.now, true
		}
	}
	w.watchFaults(p, p.machine)
	for _, i := range w.cfg.Invariants {
		if err := i.Check(s); err != nil {
			w.broken = w.at(fmt.Errorf("invariant %q: %w", i.Name, err))
			return
		}
	}
}

// fail stops the world because a machine did what no machine may.
func (w *World) fail(p *peer, err error) {
	if w.broken == nil {
		w.broken = w.at(fmt.Errorf("peer %d: %w", p.number, err))
	}
}

// at says when it was.
func (w *World) at(err error) error {
	return fmt.Errorf("seed %d at %v, event %d: %w", w.cfg.Seed, w.now, w.measured.events, err)
}

// Settled returns what keeps the room from being one tree, or nil: what must be true
// some seconds after the last fault.
func (w *World) Settled() error {
	if !w.banyan() {
		return errOwnIdea
	}
	machines := make(map[identity.ID]*mesh.Machine, len(w.present))
	for _, n := range w.present {
		machines[w.peers[n].id], _ = w.peers[n].machine.(*mesh.Machine)
	}
	if err := mesh.CheckTrees(machines); err != nil {
		return w.at(err)
	}
	return nil
}
