package web

import (
	"maps"
	"net/http"
	"slices"
	"sync"

	"github.com/banyan-rooms/banyan/crypto/identity"
)

// ears are the ears of all rooms that the node is in.
type ears struct {
	node sound
	poke func()

	mu     sync.Mutex
	byRoom map[identity.RoomID]*ear
	closed bool
}

func newEars(node sound, poke func()) *ears {
	return &ears{node: node, poke: poke, byRoom: make(map[identity.RoomID]*ear)}
}

// of returns the ear of a room; it opens one if there is none.
func (e *ears) of(room identity.RoomID) (*ear, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if found := e.byRoom[room]; found != nil {
		return found, nil
	}
	if e.closed {
		return nil, errStopping
	}
	heard, stop, err := e.node.Hear(room)
	if err != nil {
		return nil, err
	}
	made := newEar(heard, stop, e.poke)
	e.byRoom[room] = made
	return made, nil
}

// rooms are those whose ears are open.
func (e *ears) rooms() []identity.RoomID {
	e.mu.Lock()
	defer e.mu.Unlock()
	return slices.Collect(maps.Keys(e.byRoom))
}

// keep closes the ears of all rooms but these.
func (e *ears) keep(rooms []identity.RoomID) {
	e.mu.Lock()
	var gone []*ear
	for room, ear := range e.byRoom {
		if !slices.Contains(rooms, room) {
			gone = append(gone, ear)
			delete(e.byRoom, room)
		}
	}
	e.mu.Unlock()
	for _, ear := range gone {
		ear.close()
	}
}

// close closes all ears, and opens none any more.
func (e *ears) close() {
	e.mu.Lock()
	e.closed = true
	e.mu.Unlock()
	e.keep(nil)
}

// errStopping answers whoever comes while the server is being stopped.
var errStopping = refuse(http.StatusServiceUnavailable, "the node is being stopped")
