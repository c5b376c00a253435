package node

import (
	"sync"
	"time"

	"github.com/banyan-rooms/banyan/crypto/identity"
)

// bucket lets through so many things a second, and so many at once. Its zero value
// is full. Time is a duration since any start.
type bucket struct {
	used float64 // of the burst
	last time.Duration
}

// take takes one, if there is one.
func (b *bucket) take(now time.Duration, perSecond, burst float64) bool {
	return b.spend(now, perSecond, burst, 1)
}

// spend takes so many, if there are so many.
func (b *bucket) spend(now time.Duration, perSecond, burst, many float64) bool {
	b.used = max(0, b.used-(now-b.last).Seconds()*perSecond)
	b.last = now
	if b.used+many > burst {
		return false
	}
	b.used += many
	return true
}

// limiter lets each peer do so many things a second, and so many at once. It is
// safe for concurrent use.
type limiter struct {
	perSecond, burst float64
	start            time.Time

	mu    sync.Mutex
	peers map[identity.ID]*bucket
}

func newLimiter(perSecond, burst float64) *limiter {
	return &limiter{perSecond: perSecond, burst: burst, start: time.Now(), peers: make(map[identity.ID]*bucket)}
}

// allow tells whether a peer may do one more thing now.
func (l *limiter) allow(who identity.ID, now time.Time) bool { return l.spend(who, now, 1) }

// spend tells whether a peer may do something now that counts as so many.
func (l *limiter) spend(who identity.ID, now time.Time, many float64) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	b := l.peers[who]
	if b == nil {
		if len(l.peers) >= maxLimited {
			clear(l.peers) // everyone may begin anew: better than to shut newcomers out
		}
		b = &bucket{}
		l.peers[who] = b
	}
	return b.spend(now.Sub(l.start), l.perSecond, l.burst, many)
}
