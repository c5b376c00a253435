package memory

import (
	"time"

	"github.com/banyan-rooms/banyan/crypto/identity"
)

// SetPath says what lies between two peers from now on.
func (w *World) SetPath(a, b identity.ID, path Path) {
	w.mu.Lock()
	defer w.mu.Unlock()
	one, other := w.peers[a], w.peers[b]
	w.route(one, other).path = path
	w.route(other, one).path = path
}

// SetDialable says whether others can dial a peer; at first they can. A peer that
// cannot be dialled is reached over the connections that it opened itself.
func (w *World) SetDialable(id identity.ID, dialable bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.peers[id].hidden = !dialable
}

// Kill unplugs a peer for ever, as kill -9 or a pulled cable would: nothing that
// it sends arrives, and others learn of it by silence alone. The peer itself is
// not told.
func (w *World) Kill(id identity.ID) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if p := w.peers[id]; p.killed.IsZero() {
		p.killed = time.Now()
		w.at(p.killed.Add(w.cfg.Timeout), w.sweep)
	}
}

// Partition splits the world: nothing passes between peers of different groups.
// Peers that no group names are a group of their own. It takes the place of any
// partition before.
func (w *World) Partition(groups ...[]identity.ID) {
	w.mu.Lock()
	defer w.mu.Unlock()
	clear(w.side)
	for i, group := range groups {
		for _, id := range group {
			w.side[id] = i + 1
		}
	}
	w.splitAt = time.Now()
	w.at(w.splitAt.Add(w.cfg.Timeout), w.sweep)
}

// Heal ends a partition.
func (w *World) Heal() {
	w.mu.Lock()
	defer w.mu.Unlock()
	clear(w.side)
}

// cut tells whether nothing passes between two peers, and since when. The caller
// holds w.mu.
func (w *World) cut(a, b *Peer) (since time.Time, cut bool) {
	var times []time.Time
	if w.side[a.id] != w.side[b.id] {
		times = append(times, w.splitAt)
	}
	for _, p := range []*Peer{a, b} {
		if !p.killed.IsZero() {
			times = append(times, p.killed)
		}
	}
	for _, t := range times {
		if !cut || t.Before(since) {
			since, cut = t, true
		}
	}
	return since, cut
}

// sweep ends the connections and links between peers that have been cut off from
// each other for the timeout.
func (w *World) sweep() {
	w.mu.Lock()
	defer w.mu.Unlock()
	over := func(a, b *Peer) bool {
		since, cut := w.cut(a, b)
		return cut && time.Since(since) >= w.cfg.Timeout
	}
	for _, p := range w.order {
		for q, c := range p.conns {
			if over(p, q) {
				p.disconnect(q, c)
			}
		}
		for _, l := range p.links {
			if over(p, l.peer) {
				l.end()
			}
		}
	}
}
