package sim

import (
	"fmt"
	"time"

	"github.com/banyan-rooms/banyan/crypto/identity"
	"github.com/banyan-rooms/banyan/mesh"
)

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

// spread puts a message on the topic. It is verified once, as each node's validator would,
// with the same verdict for all.
func (s *shard) spread(p *peer, data []byte) {
	g, err := mesh.OpenGossip(s.w.room, data)
	if err != nil {
		s.fail(p, fmt.Errorf("machine spread what does not verify: %w", err))
		return
	}
	s.pays(p, kindGossip, len(data))
	c := &cargo{data: data, gossip: g}
	for _, n := range s.w.present {
		if n == p.number || chance(&p.gossip, gossipLost) || !s.w.tells(s.now, p, s.w.peers[n]) {
			continue
		}
		at := s.now + between(&p.gossip, gossipSoonest, gossipLatest)
		if chance(&p.gossip, gossipWaits) {
			at += between(&p.gossip, 0, gossipHeartbeat)
		}
		s.push(p, event{at: at, kind: gossips, to: n, from: p.number, cargo: c})
	}
}

// gossip is a peer receiving a message on the topic.
func (s *shard) gossip(e *event) {
	if p := s.w.peers[e.to]; p.here() {
		s.pays(p, kindGossip, len(e.cargo.data))
		s.step(p, e.cargo.gossip)
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
func (s *shard) find(p *peer) {
	if !p.here() {
		return
	}
	w := s.w // who is there stays the same while shards run
	some := make([]identity.ID, 0, candidates)
	for range min(candidates, len(w.present)-1) {
		n := w.present[below(&p.finding, len(w.present))]
		if last := len(w.left); last > 0 && chance(&p.finding, stale) {
			n = w.left[last-1-below(&p.finding, min(last, 2*candidates))]
		}
		if n != p.number {
			some = append(some, w.peers[n].id)
		}
	}
	again := findAgain
	if !p.machine.Attached(0) {
		again = findAgainAlone
	}
	s.push(p, event{at: s.now + again, kind: finds, to: p.number})
	s.step(p, mesh.Candidates{Peers: some})
}
