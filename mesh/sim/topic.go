package sim

import (
	"fmt"
	"time"

	"github.com/banyan-rooms/banyan/crypto/identity"
	"github.com/banyan-rooms/banyan/mesh"
)

// rumour is a message on the room's topic, on its way to everybody. It is verified
// once, as each node's validator would, with the same verdict for all.
type rumour struct {
	gossip *mesh.Gossip
	size   int
	copies int32 // that have not come yet
}

// How gossip travels. GossipSub hands a message on at once, over a few hops of
// some tens of milliseconds; whoever missed it asks after the next heartbeat.
const (
	gossipSoonest   = 40 * time.Millisecond
	gossipLatest    = 250 * time.Millisecond
	gossipHeartbeat = time.Second
)

var (
	gossipWaits = threshold(1.0 / 50)     // for the next heartbeat
	gossipLost  = threshold(1.0 / 10_000) // for good
)

// spread puts a message on the topic.
func (w *World) spread(p *peer, data []byte) {
	g, err := mesh.OpenGossip(w.room, data)
	if err != nil {
		w.fail(p, fmt.Errorf("machine spread what does not verify: %w", err))
		return
	}
	r := rumour{gossip: g, size: len(data), copies: 1}
	w.pays(p, kindGossip, r.size)
	ref := w.rumours.put(r)
	for _, n := range w.present {
		if n == p.number || chance(p.gossip, gossipLost) || !w.tells(p, w.peers[n]) {
			continue
		}
		at := w.now + between(p.gossip, gossipSoonest, gossipLatest)
		if chance(p.gossip, gossipWaits) {
			at += between(p.gossip, 0, gossipHeartbeat)
		}
		w.rumours.at(ref).copies++
		w.queue.push(event{at: at, kind: gossips, to: n, from: p.number, ref: ref})
	}
	w.told(ref)
}

// told forgets a copy of a rumour, and the rumour with the last.
func (w *World) told(ref int32) {
	r := w.rumours.at(ref)
	if r.copies--; r.copies == 0 {
		w.rumours.drop(ref)
	}
}

// gossip is a peer receiving a message on the topic.
func (w *World) gossip(e *event) {
	r := *w.rumours.at(e.ref)
	w.told(e.ref)
	if p := w.peers[e.to]; p.here() {
		w.pays(p, kindGossip, r.size)
		w.step(p, r.gossip)
	}
}

// How a peer hears of others: the invite, the DHT, the room's roster.
const (
	candidates     = 12 // at a time
	findAgain      = 30 * time.Second
	findAgainAlone = 5 * time.Second // while no sound reaches it
)

// stale is the chance that a candidate is one who has just left: nobody takes
// itself out of an invite or the DHT.
var stale = threshold(1.0 / 16)

// find tells a peer of some that are in the room, or were until lately.
func (w *World) find(p *peer) {
	if !p.here() {
		return
	}
	some := make([]identity.ID, 0, candidates)
	for range min(candidates, len(w.present)-1) {
		n := w.present[below(p.finding, len(w.present))]
		if last := len(w.left); last > 0 && chance(p.finding, stale) {
			n = w.left[last-1-below(p.finding, min(last, 2*candidates))]
		}
		if n != p.number {
			some = append(some, w.peers[n].id)
		}
	}
	again := findAgain
	if !p.machine.Attached(0) {
		again = findAgainAlone
	}
	w.queue.push(event{at: w.now + again, kind: finds, to: p.number})
	w.step(p, mesh.Candidates{Peers: some})
}
