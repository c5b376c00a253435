package node

import (
	"context"
	"sync"
	"time"

	"github.com/banyan-rooms/banyan/crypto/identity"
	"github.com/banyan-rooms/banyan/node/transport"
)

// A peer that sends what cannot be read, or asks far more often than it may, is not let
// connect for a while. An honest one of a later version may be misunderstood now and
// then; so little by little all is forgiven.
const (
	unreadable = 10  // points for a message that cannot be read
	excessive  = 1   // for one too many, and for one that is refused
	patient    = 100 // so many points at once are too much
	forgiving  = 1   // points a second
	gatedFor   = 10 * time.Minute
)

// gatekeeper knows who is not let connect.
type gatekeeper struct {
	points *limiter
	mu     sync.Mutex
	until  map[identity.ID]time.Time
}

func newGatekeeper() *gatekeeper {
	return &gatekeeper{points: newLimiter(forgiving, patient), until: make(map[identity.ID]time.Time)}
}

// offended counts what a peer did wrong. It may be called from anywhere.
func (n *Node) offended(by identity.ID, points float64) {
	now := time.Now()
	if n.gates.points.spend(by, now, points) {
		return
	}
	n.gates.mu.Lock()
	_, gated := n.gates.until[by]
	full := len(n.gates.until) >= maxLimited
	if !gated && !full {
		n.gates.until[by] = now.Add(gatedFor)
	}
	n.gates.mu.Unlock()
	if gated || full {
		return
	}
	n.counters.gated.Add(1)
	n.log.Info("a peer sends what makes no sense, or far too much: it is not let connect for a while",
		"peer", by.Short(), "for", gatedFor)
	n.cfg.Network.Gate(by, true)
	for _, s := range n.sessionsNow() {
		s.offer(func(now time.Duration) { s.dismiss(now, by) })
	}
}

// reject judges gossip that a peer should not have passed on.
func (n *Node) reject(relayer identity.ID) transport.Verdict {
	n.counters.malformed.Add(1)
	n.offended(relayer, unreadable)
	return transport.Reject
}

// runGates lets peers connect again, until ctx ends.
func (n *Node) runGates(ctx context.Context) error {
	clock := time.NewTicker(tick)
	defer clock.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case now := <-clock.C:
			n.gates.mu.Lock()
			for id, until := range n.gates.until {
				if now.After(until) {
					delete(n.gates.until, id)
					n.cfg.Network.Gate(id, false)
				}
			}
			n.gates.mu.Unlock()
		}
	}
}
