package web

import (
	"maps"
	"slices"
	"sync"

	"github.com/banyan-rooms/banyan/crypto/identity"
)

// mailbox holds the latest of everything for one reader. What a slow reader did not
// take in time is replaced, never queued.
type mailbox struct {
	wake chan struct{} // holds a value while there is something to take

	mu     sync.Mutex
	state  []byte
	levels map[identity.RoomID][]byte
}

func newMailbox() *mailbox {
	return &mailbox{wake: make(chan struct{}, 1), levels: make(map[identity.RoomID][]byte)}
}

func (m *mailbox) putState(b []byte) {
	m.mu.Lock()
	m.state = b
	m.mu.Unlock()
	m.ring()
}

func (m *mailbox) putLevels(room identity.RoomID, b []byte) {
	m.mu.Lock()
	m.levels[room] = b
	m.mu.Unlock()
	m.ring()
}

func (m *mailbox) ring() {
	select {
	case m.wake <- struct{}{}:
	default:
	}
}

// take empties the mailbox.
func (m *mailbox) take() (state []byte, levels [][]byte) {
	m.mu.Lock()
	defer m.mu.Unlock()
	state, m.state = m.state, nil
	levels = slices.Collect(maps.Values(m.levels))
	clear(m.levels)
	return state, levels
}
