package node

import (
	"context"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/banyan-rooms/banyan/crypto/identity"
	"github.com/banyan-rooms/banyan/mesh"
)

// scout tells the mesh, until ctx ends, who else may be in the room: everyone on the
// topic and, now and then, those whom the DHT names.
func (s *session) scout(ctx context.Context) {
	s.n.cfg.Network.Provide(ctx, s.genesis.Meeting)
	clock := time.NewTicker(tick)
	defer clock.Stop()
	var toldAt, foundAt time.Time
	for {
		now, attached := time.Now(), s.place.Load().Attached
		if now.Sub(foundAt) >= either(attached, findGap, findLull) {
			foundAt = now
			ctx, cancel := context.WithTimeout(ctx, askTimeout)
			found, err := s.n.cfg.Network.Find(ctx, s.genesis.Meeting, maxFound)
			cancel()
			if err != nil {
				s.log.Debug("nobody found in the DHT", "error", err)
			}
			s.suggest(found)
		}
		if now.Sub(toldAt) >= either(attached, candidatesGap, candidatesLull) {
			toldAt = now
			s.suggest(s.topic.Peers())
		}
		select {
		case <-ctx.Done():
			return
		case <-clock.C:
		}
	}
}

// either is how long to wait: shorter while the node has no place in the tree.
func either(attached bool, gap, lull time.Duration) time.Duration {
	if attached {
		return lull
	}
	return gap
}

// suggest gives the mesh some peers to ask for a place.
func (s *session) suggest(peers []identity.ID) {
	peers = slices.DeleteFunc(slices.Clone(peers), func(id identity.ID) bool { return id == s.n.ID() })
	if len(peers) == 0 {
		return
	}
	rand.Shuffle(len(peers), func(i, j int) { peers[i], peers[j] = peers[j], peers[i] })
	peers = peers[:min(len(peers), maxSuggested)]
	s.offer(func(now time.Duration) {
		s.step(now, mesh.Candidates{Peers: slices.DeleteFunc(peers, s.seat.bars)})
	}) // lost when full: others follow
}
