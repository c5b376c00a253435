package node

import (
	"maps"
	"slices"
	"time"

	"github.com/banyan-rooms/banyan/crypto/identity"
	"github.com/banyan-rooms/banyan/mesh"
	"github.com/banyan-rooms/banyan/rooms"
)

// silentFor is how long somebody counts as silent who is not heard of: as long as what they
// said of themselves holds. Who is in the room says so more often than that.
const silentFor = rooms.PresenceTTL

// silentTold is for how long after somebody fell silent what comes by gossip may have been
// on its way before: it does not show that they are there.
const silentTold = time.Second

// silences are the neighbours in the trees that fell silent: asked whether they live they did
// not answer, and were given up, or their link broke. Others tell of it only seconds later,
// in their reports. It is for people to see, and decides nothing. The loop owns it.
type silences struct {
	asked map[identity.ID]bool // and not answered yet
	since map[identity.ID]time.Duration
}

func newSilences() silences {
	return silences{make(map[identity.ID]bool), make(map[identity.ID]time.Duration)}
}

// ask takes note that the mesh asks a peer whether it lives.
func (s *silences) ask(id identity.ID) {
	if len(s.asked) < maxLimited {
		s.asked[id] = true
	}
}

// hear takes note that a peer is there.
func (s *silences) hear(id identity.ID) {
	if len(s.asked)+len(s.since) > 0 {
		delete(s.asked, id)
		delete(s.since, id)
	}
}

// rumor takes note of what came from a peer by way of others.
func (s *silences) rumor(now time.Duration, id identity.ID) {
	if at, silent := s.since[id]; silent && now >= at+silentTold {
		delete(s.since, id)
	}
}

// lose takes note that the link with a peer broke that the tree still needed.
func (s *silences) lose(now time.Duration, id identity.ID, place mesh.View) {
	if near(place, id) {
		s.since[id] = now
	}
}

// move takes note of who was given up between two views, in a tree at least: those who were
// asked and did not answer.
func (s *silences) move(now time.Duration, was, is mesh.View) {
	s.forget(now)
	for id := range s.asked {
		switch {
		case gaveUp(was, is, id):
			s.since[id] = now
		case near(is, id):
			continue // it still has time to answer
		}
		delete(s.asked, id)
	}
}

// gaveUp tells whether a peer was above this one in a tree, and is not any more.
func gaveUp(was, is mesh.View, id identity.ID) bool {
	for i, b := range was.Trees {
		if i >= len(is.Trees) {
			break
		}
		if b.Parent == id && is.Trees[i].Parent != id || b.Root == id && is.Trees[i].Root != id {
			return true
		}
	}
	return false
}

// forget drops those who fell silent long ago: they are gone.
func (s *silences) forget(now time.Duration) {
	maps.DeleteFunc(s.since, func(_ identity.ID, at time.Duration) bool { return now >= at+silentFor })
}

// now are those that are silent, ordered.
func (s *silences) now(now time.Duration) []identity.ID {
	s.forget(now)
	return slices.SortedFunc(maps.Keys(s.since), identity.ID.Compare)
}

// near tells whether a place in the trees depends on a peer or feeds it.
func near(place mesh.View, id identity.ID) bool {
	return slices.ContainsFunc(place.Trees, func(b mesh.Branch) bool {
		return b.Parent == id || b.Root == id || slices.Contains(b.Children, id)
	})
}
