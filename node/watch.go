package node

import "sync"

// watchers are those who want to know that something changed. The zero value is
// ready; it is safe for concurrent use.
type watchers struct {
	mu  sync.Mutex
	all map[chan struct{}]struct{}
}

// add adds a watcher. Changes that it has not taken yet are told once.
func (w *watchers) add() (changed <-chan struct{}, stop func()) {
	c := make(chan struct{}, 1)
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.all == nil {
		w.all = make(map[chan struct{}]struct{})
	}
	w.all[c] = struct{}{}
	return c, func() {
		w.mu.Lock()
		defer w.mu.Unlock()
		delete(w.all, c)
	}
}

// tell tells all of them.
func (w *watchers) tell() {
	w.mu.Lock()
	defer w.mu.Unlock()
	for c := range w.all {
		select {
		case c <- struct{}{}:
		default: // told, and not taken yet
		}
	}
}
