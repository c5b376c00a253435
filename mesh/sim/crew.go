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
	windows atomic.Uint32 // begun so far
	next    atomic.Int32  // the next shard to run
	left    atomic.Int32  // shards that are not done
	over    atomic.Bool
	asleep  atomic.Int32 // of the crew
	news    *sync.Cond
	helpers sync.WaitGroup
}

// spins is how often a goroutine looks whether it is its turn before it sleeps: for some ten
// microseconds, which is less than it takes to be woken.
const spins = 20_000

// newCrew gathers as many goroutines as can run at the same time, this one among them.
func newCrew(w *World) *crew {
	c := &crew{w: w, news: sync.NewCond(&sync.Mutex{})}
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
	c.windows.Add(1)
	c.tell()
	c.take()
	c.await(func() bool { return c.left.Load() == 0 })
}

// take runs shards as long as there are any that nobody has taken.
func (c *crew) take() {
	for {
		i := int(c.next.Add(1)) - 1
		if i >= len(c.w.shards) {
			return
		}
		c.w.shards[i].run(c.half)
		if c.left.Add(-1) == 0 {
			c.tell()
		}
	}
}

// help is what the others do: they run shards in each window.
func (c *crew) help() {
	for seen := uint32(0); ; {
		c.await(func() bool { return c.windows.Load() != seen })
		if c.over.Load() {
			return
		}
		seen = c.windows.Load()
		c.take()
	}
}

// await waits until something is so, of which those who make it so tell.
func (c *crew) await(so func() bool) {
	for range spins {
		if so() {
			return
		}
	}
	c.news.L.Lock()
	defer c.news.L.Unlock()
	c.asleep.Add(1)
	defer c.asleep.Add(-1)
	for !so() {
		c.news.Wait()
	}
}

// tell wakes those who sleep.
func (c *crew) tell() {
	if c.asleep.Load() > 0 {
		c.news.L.Lock()
		defer c.news.L.Unlock()
		c.news.Broadcast()
	}
}

// dismiss sends the others home.
func (c *crew) dismiss() {
	c.over.Store(true)
	c.windows.Add(1)
	c.tell()
	c.helpers.Wait()
}
