package soak

import (
	"math/rand/v2"
	"time"

	"github.com/banyan-rooms/banyan/mesh/sim"
	"github.com/banyan-rooms/banyan/mesh/sim/scenarios"
)

const (
	// opening is when the first listener arrives, as the simulator has it.
	opening = 2 * time.Second
	// mostPeers are in a room, its crowds among them.
	mostPeers = 300
	// settleIn is how long a calm room may take to be well again. Adverts hold for 40 s, the
	// longest that a mesh remembers anything but a starving peer.
	settleIn = time.Minute
	// forgiveIn is the same where some passed no sound on: they are not asked for two
	// minutes, and may be the only ones who could feed the others.
	forgiveIn = 3 * time.Minute
	// tick is what drawn times are multiples of: people will read them.
	tick = 100 * time.Millisecond
)

// Draw makes up a case. Equal seeds make equal cases; [sim.Config.Validate] has no
// objection to any.
func Draw(seed uint64) scenarios.Scenario {
	d := dice{rand.New(rand.NewPCG(seed, 0x736f616b))}
	s := scenarios.Scenario{Seed: seed, Seeds: 1, World: d.world()}
	d.faults(&s.World, opening+s.World.Arrivals)
	patience := settleIn
	for _, f := range s.World.Faults {
		if f.Kind == sim.Drop {
			patience = forgiveIn
		}
	}
	s.Calm = lastFault(s) + tick + d.span(0, 10*time.Second)
	s.Duration = s.Calm + patience
	return s
}

// dice is what a case is drawn with.
type dice struct{ *rand.Rand }

// upTo draws a number from low to high.
func (d dice) upTo(low, high int) int { return low + d.IntN(high-low+1) }

// oneIn is true once in n times.
func (d dice) oneIn(n int) bool { return d.IntN(n) == 0 }

// span draws a time from low to high.
func (d dice) span(low, high time.Duration) time.Duration {
	return low.Round(tick) + tick*time.Duration(d.IntN(int((high-low)/tick)+1))
}

// percent draws a share of whole percents.
func (d dice) percent(low, high int) float64 { return float64(d.upTo(low, high)) / 100 }

// one is one of some.
func one[T any](d dice, of ...T) T { return of[d.IntN(len(of))] }

// peers draws how many are in the room: most rooms are small.
func (d dice) peers() int {
	switch n := d.IntN(100); {
	case n < 70:
		return d.upTo(2, 24)
	case n < 96:
		return d.upTo(25, 80)
	default:
		return d.upTo(81, mostPeers)
	}
}

// world draws the room.
func (d dice) world() sim.Config {
	c := sim.Config{
		Peers:             d.peers(),
		Relays:            one(d, -1, 1, d.percent(5, 100), d.percent(20, 60)),
		MaxChildren:       one(d, 1, 2, 3, 4, 6, 8, 24, 64),
		CommunityChildren: one(d, 1, 3, 8, 16, 64),
		Trees:             one(d, 0, 0, 0, 1),
		Speech:            one(d, sim.Turns, sim.Conversation),
		Slack:             time.Second,
		Geography:         one(d, sim.Continent(), sim.Globe()),
		Loss:              d.loss(),
		Arrivals:          one(d, tick, d.span(tick, 5*time.Second), d.span(tick, 20*time.Second)),
	}
	c.Community = d.upTo(0, min(3, c.Peers-1))
	c.Speakers = d.upTo(1, min(one(d, 1, 2, 4, 16), c.Peers-c.Community))
	if c.Speech == sim.Conversation {
		c.Speakers = min(c.Speakers, sim.VoicesAtOnce) // of more at once, some are not to be heard
	}
	if c.Community == 0 {
		c.Community = -1 // 0 is the default
	}
	if d.oneIn(2) {
		c.Churn.Rate = one(d, d.percent(1, 20), d.percent(20, 200), d.percent(200, 1200))
		c.Churn.Graceful = one(d, 0, 1, d.percent(0, 100))
	}
	return c
}

// loss draws what the network loses.
func (d dice) loss() sim.Loss {
	if d.oneIn(3) {
		return sim.Loss{}
	}
	return sim.Loss{Rate: one(d, d.percent(1, 3), d.percent(1, 10), d.percent(10, 40)), Burst: one(d, 0, 3, float64(d.upTo(2, 25)))}
}

// faults draws what goes wrong in a room in which everybody has arrived at a time: now and
// then before that, sometimes several things at once.
func (d dice) faults(c *sim.Config, arrived time.Duration) {
	end := arrived + d.span(2*time.Second, 25*time.Second)
	crowds := 0
	for range d.upTo(0, 4) {
		f := sim.Fault{At: d.span(arrived/2, end), Kind: one(d, sim.KillRelay, sim.KillRoot, sim.KillRelays, sim.Split, sim.Drop, sim.Crowd)}
		if n := len(c.Faults); n > 0 && d.oneIn(3) {
			f.At = c.Faults[n-1].At + one(d, 0, tick, time.Second)
		}
		switch f.Kind {
		case sim.KillRelays, sim.Drop:
			f.Share = one(d, 1, d.percent(10, 60), d.percent(1, 100))
		case sim.Split:
			f.Share, f.For = one(d, 0.5, d.percent(1, 99)), one(d, d.span(tick, 8*time.Second), d.span(8*time.Second, time.Minute))
		case sim.Crowd:
			f.Peers, f.For = d.upTo(1, min(2*c.Peers, 60)), d.span(0, 8*time.Second)
			if crowds += f.Peers; c.Peers+crowds > mostPeers {
				continue
			}
		case sim.KillRelay, sim.KillRoot:
		}
		c.Faults = append(c.Faults, f)
	}
}
