package sim

import (
	"fmt"
	"time"

	"github.com/banyan-rooms/banyan/crypto/identity"
	"github.com/banyan-rooms/banyan/mesh"
)

// Invariant is something that must hold after every event. It has one of the two checks.
type Invariant struct {
	Name string
	// Check looks at the peer to whom something has just happened: a change
	// that breaks an invariant is mostly a change of somebody's. It may look at nobody
	// else, since other peers may be acting at the same time.
	Check func(*Scene) error
	// Moved looks at a world in which a peer's parent has just changed. It may look at
	// everybody's parents ([World.Parent]), and nothing else of them.
	Moved func(*World, Move) error
}

// Scene is what a check of one peer may look at.
type Scene struct {
	World   *World
	Peer    int      // the number by which a trace calls it
	Machine Protocol // the peer's, to be looked at only
}

// Invariants are those that every run is held to.
func Invariants() []Invariant {
	return []Invariant{
		{Name: "as mesh numbers them", Check: machine},
		{Name: "no loop", Moved: noLoop},
		{Name: "no frame played twice", Check: playedOnce},
		{Name: "links are bounded", Check: fewLinks},
	}
}

// Move is a peer's parent having changed.
type Move struct {
	at     time.Duration
	seq    uint64 // of the event by which it did
	peer   int32
	parent int32 // or none
	tree   uint8
}

// Parent is whom a peer has for its parent in a tree; -1 is nobody.
func (w *World) Parent(peer, tree int) int { return int(w.parents[tree][peer]) }

// noLoop follows the parents up from a peer whose parent has just changed.
func noLoop(w *World, m Move) error {
	up := m.peer
	for hops := 1; hops <= len(w.present); hops++ {
		if up = w.parents[m.tree][up]; up == none || !w.peers[up].here() {
			return nil
		}
		if up == m.peer {
			return fmt.Errorf("peer %d is below itself in tree %d, %d hops up", m.peer, m.tree, hops)
		}
	}
	return nil // below a loop that others made
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
	have := len(s.World.peers[s.Peer].links.all)
	if have <= beside { // and nobody has to ask
		return nil
	}
	if most := 2*s.Machine.MaxChildren() + beside; have > most {
		return fmt.Errorf("peer %d holds %d links, at most %d", s.Peer, have, most)
	}
	return nil
}

// beside is how many links a peer may have beside those with its children and backups.
const beside = 24

// at says when it was.
func (w *World) at(err error) error {
	return fmt.Errorf("seed %d at %v, event %d: %w", w.cfg.Seed, w.now, w.Events(), err)
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
