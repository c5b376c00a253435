package sim

import (
	"runtime"
	"sync"
	"sync/atomic"
	"time"
)

const (
	// shardPeers is how many peers make another shard: with fewer, what a shard has to do in
	// a window is not worth the way there.
	shardPeers = 2500
	// manyShards are enough for the cores that there are to be evenly busy.
	manyShards = 16
	// minLookahead is the shortest window that is worth it.
	minLookahead = 100 * time.Microsecond
	// maxLookahead is longer than any run, and added to any time is still one.
	maxLookahead = never / 4
)

// shardsOf is how many shards a world has. It depends on nothing but the Config, since what
// happens at the same time in different shards has no order.
func shardsOf(cfg *Config) int {
	switch {
	case cfg.shards > 0:
		return cfg.shards
	case cfg.Geography.shortest() < minLookahead:
		return 1
	}
	return min(max(1, cfg.Peers/shardPeers), manyShards)
}

// crew are the goroutines that run a world's shards.
type crew struct {
	w       *World
	half    int
	window  atomic.Uint32 // how many there have been
	next    atomic.Int32  // the next shard to run
	left    atomic.Int32  // shards that are not done
	over    atomic.Bool
	waiting atomic.Int32 // helpers that sleep
	wake    *sync.Cond
	helpers sync.WaitGroup
}

// spins is how often a goroutine looks for its turn before it sleeps: some ten microseconds,
// which is less than it takes to be woken.
const spins = 20_000

// newCrew gathers as many goroutines as can run at the same time, this one among them.
func newCrew(w *World) *crew {
	c := &crew{w: w, wake: sync.NewCond(&sync.Mutex{})}
	cores := w.cfg.Cores
	if cores == 0 {
		cores = runtime.GOMAXPROCS(0)
	}
	for range min(cores, len(w.shards)) - 1 {
		c.helpers.Go(c.help)
	}
	return c
}

// run runs all shards for a window.
func (c *crew) run(half int) {
	c.half = half
	c.left.Store(int32(len(c.w.shards)))
	c.next.Store(0)
	c.window.Add(1)
	if c.waiting.Load() > 0 {
		c.wake.L.Lock()
		c.wake.Broadcast()
		c.wake.L.Unlock()
	}
	c.take()
	for i := 0; c.left.Load() > 0; i++ {
		if i >= spins {
			runtime.Gosched()
		}
	}
}

// take runs shards as long as there are any that nobody has taken.
func (c *crew) take() {
	for {
		i := int(c.next.Add(1)) - 1
		if i >= len(c.w.shards) {
			return
		}
		c.w.shards[i].run(c.half)
		c.left.Add(-1)
	}
}

// help is one of the others: it runs shards in each window.
func (c *crew) help() {
	for seen := uint32(0); ; {
		seen = c.await(seen)
		if c.over.Load() {
			return
		}
		c.take()
	}
}

// await waits for a window after one that was seen.
func (c *crew) await(seen uint32) uint32 {
	for range spins {
		if now := c.window.Load(); now != seen {
			return now
		}
	}
	c.wake.L.Lock()
	defer c.wake.L.Unlock()
	c.waiting.Add(1)
	defer c.waiting.Add(-1)
	for c.window.Load() == seen {
		c.wake.Wait()
	}
	return c.window.Load()
}

// dismiss sends the others home.
func (c *crew) dismiss() {
	c.over.Store(true)
	c.window.Add(1)
	c.wake.L.Lock()
	c.wake.Broadcast()
	c.wake.L.Unlock()
	c.helpers.Wait()
}
