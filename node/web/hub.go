package web

import (
	"bytes"
	"context"
	"encoding/json"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/banyan-rooms/banyan/crypto/identity"
	"github.com/banyan-rooms/banyan/node"
)

// beat is the shortest time between two events of a kind.
const beat = 100 * time.Millisecond

// hub follows the node: what changed becomes bytes once, for all pages.
type hub struct {
	node    Node
	ears    *ears
	calls   *calls
	version string
	wake    chan struct{} // something of our own changed

	looking sync.Mutex // held from reading the node's state to acting on it

	mu      sync.Mutex
	state   []byte // the latest
	readers map[*mailbox]struct{}
}

func newHub(n Node, version string) *hub {
	h := &hub{
		node: n, version: version, calls: &calls{byID: make(map[string]*call)},
		wake: make(chan struct{}, 1), readers: make(map[*mailbox]struct{}),
	}
	h.ears = newEars(n, h.poke)
	return h
}

// poke makes the hub look again. It does not block.
func (h *hub) poke() {
	select {
	case h.wake <- struct{}{}:
	default:
	}
}

// run publishes until ctx ends, then closes everything that makes a sound.
func (h *hub) run(ctx context.Context) {
	changed, stop := h.node.Watch()
	defer stop()
	tick := time.NewTicker(beat)
	defer tick.Stop()
	defer h.ears.close()
	defer h.calls.close()
	dirty, audible, last := true, false, time.Time{}
	for {
		if now := time.Now(); dirty && now.Sub(last) >= beat {
			h.publish()
			dirty, last = false, now
		}
		select {
		case <-ctx.Done():
			return
		case <-changed:
			dirty = true
		case <-h.wake:
			dirty = true
		case <-tick.C:
			before := audible // whose last word is to be told as well
			audible = h.publishLevels()
			dirty = dirty || before || audible
		}
	}
}

// look returns the node's state with what the server knows beside it.
func (h *hub) look() State {
	h.looking.Lock()
	defer h.looking.Unlock()
	return h.see()
}

// tidy is look, and afterwards closes the sound of rooms that are no more, of pages
// that are gone and of microphones that left the stage.
func (h *hub) tidy() State {
	h.looking.Lock()
	st := h.see()
	stage := make(map[identity.RoomID]bool, len(st.Rooms))
	for _, r := range st.Rooms {
		stage[r.ID] = r.OnStage
	}
	h.ears.keep(slices.Collect(maps.Keys(stage)))
	gone := h.calls.take(func(c *call) bool {
		onStage, in := stage[c.room]
		return c.over.Load() || !in || c.mic && !onStage
	})
	h.looking.Unlock()
	hangUp(gone)
	return st
}

// see is look for who holds the lock.
func (h *hub) see() State {
	st := stateOf(h.node.Status(), h.version)
	for i := range st.Rooms {
		r := &st.Rooms[i]
		r.Mic = h.calls.mic(r.ID)
		if e, err := h.ears.of(r.ID); err == nil { // else the room was left since
			r.Slots = e.stage(othersOnStage(r.People))
		}
	}
	return st
}

// othersOnStage are those who may be heard here.
func othersOnStage(people []node.Person) []identity.ID {
	var on []identity.ID
	for _, p := range people {
		if p.OnStage && !p.Self {
			on = append(on, p.ID)
		}
	}
	return on
}

// room returns a room that the node is in, with its ear. No look that began before
// can close the ear afterwards.
func (h *hub) room(id identity.RoomID) (node.RoomStatus, *ear, error) {
	h.looking.Lock()
	defer h.looking.Unlock()
	for _, r := range h.node.Status().Rooms {
		if r.ID == id {
			e, err := h.ears.of(id)
			return r, e, err
		}
	}
	return node.RoomStatus{}, nil, node.ErrNoRoom
}

// publish hands the state to all readers, if it changed. A page that nobody ever
// opened costs nothing.
func (h *hub) publish() {
	if h.unused() {
		return
	}
	b := encode(h.tidy())
	h.mu.Lock()
	defer h.mu.Unlock()
	if bytes.Equal(b, h.state) {
		return
	}
	h.state = b
	for r := range h.readers {
		r.putState(b)
	}
}

// unused tells whether nobody looks or listens.
func (h *hub) unused() bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	if len(h.readers) > 0 || len(h.ears.rooms()) > 0 {
		return false
	}
	h.state = nil // it grows old
	return true
}

// publishLevels hands out the levels of all rooms, and tells whether there are any:
// then somebody may begin or end speaking, which is part of the state.
func (h *hub) publishLevels() (audible bool) {
	for _, room := range h.ears.rooms() {
		levels := h.node.Levels(room)
		if len(levels) == 0 {
			continue
		}
		audible = true
		b := encode(Levels{Room: room, Levels: levels})
		h.mu.Lock()
		for r := range h.readers {
			r.putLevels(room, b)
		}
		h.mu.Unlock()
	}
	return audible
}

// encode makes JSON of a type of our own, all of which can be encoded.
func encode(v any) []byte {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return b
}

// subscribe adds a reader, who gets the latest state.
func (h *hub) subscribe() *mailbox {
	m := newMailbox()
	defer h.poke() // nobody may have looked until now
	h.mu.Lock()
	defer h.mu.Unlock()
	h.readers[m] = struct{}{}
	if h.state != nil {
		m.putState(h.state)
	}
	return m
}

func (h *hub) unsubscribe(m *mailbox) {
	h.mu.Lock()
	defer h.mu.Unlock()
	delete(h.readers, m)
}
