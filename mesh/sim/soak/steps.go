package soak

import (
	"slices"
	"time"

	"github.com/banyan-rooms/banyan/mesh/sim"
	"github.com/banyan-rooms/banyan/mesh/sim/scenarios"
)

// A step gives cases that are smaller or plainer than one that failed, the boldest first.
// None gives what another would take back, so that a search ends.
type step func(Failure) []scenarios.Scenario

// steps, in the order in which they save most of the runs that follow.
var steps = []step{cut, fewerFaults, fewerPeers, plainer, sooner, rounder}

// with is a case that differs in its world.
func with(s scenarios.Scenario, change func(*sim.Config)) scenarios.Scenario {
	s.World.Faults = slices.Clone(s.World.Faults)
	change(&s.World)
	return s
}

// cut ends a run that broke an invariant when it did, and forgets what would have happened
// after that. What did not settle needs its time.
func cut(f Failure) []scenarios.Scenario {
	s := f.Scenario
	end := (f.At + tick - 1).Truncate(tick)
	if end <= 0 || end >= s.Duration {
		return nil
	}
	s = with(s, func(c *sim.Config) {
		c.Faults = slices.DeleteFunc(c.Faults, func(f sim.Fault) bool { return f.At >= end })
	})
	s.Duration = end
	if s.Calm >= end {
		s.Calm = 0
	}
	return []scenarios.Scenario{s}
}

// fewerFaults leaves out all faults, or one.
func fewerFaults(f Failure) (all []scenarios.Scenario) {
	s := f.Scenario
	if len(s.World.Faults) > 1 {
		all = append(all, with(s, func(c *sim.Config) { c.Faults = nil }))
	}
	for i := range s.World.Faults {
		all = append(all, with(s, func(c *sim.Config) { c.Faults = slices.Delete(c.Faults, i, i+1) }))
	}
	return all
}

// fewerPeers has fewer in the room, and in crowds.
func fewerPeers(f Failure) (all []scenarios.Scenario) {
	s := f.Scenario
	for _, n := range fewer(s.World.Peers) {
		all = append(all, with(s, func(c *sim.Config) {
			c.Peers = max(n, 2)
			c.Speakers = min(c.Speakers, c.Peers)
			c.Community = min(c.Community, c.Peers-c.Speakers)
			if c.Community == 0 {
				c.Community = -1
			}
		}))
	}
	for i, one := range s.World.Faults {
		for _, n := range fewer(one.Peers) {
			all = append(all, with(s, func(c *sim.Config) { c.Faults[i].Peers = max(n, 1) }))
		}
	}
	return all
}

// fewer are numbers below n, half of it first.
func fewer(n int) []int {
	if n <= 1 {
		return nil
	}
	return slices.Compact([]int{n / 2, n * 3 / 4, n - 1})
}

// plainer takes one thing away that makes a room what it is.
func plainer(f Failure) (all []scenarios.Scenario) {
	s, c := f.Scenario, f.Scenario.World
	add := func(unlike bool, change func(*sim.Config)) {
		if unlike {
			all = append(all, with(s, change))
		}
	}
	add(c.Churn.Rate > 0, func(c *sim.Config) { c.Churn = sim.Churn{} })
	add(c.Churn.Graceful > 0, func(c *sim.Config) { c.Churn.Graceful = 0 })
	add(c.Loss.Rate > 0, func(c *sim.Config) { c.Loss = sim.Loss{} })
	add(c.Loss.Burst > 0, func(c *sim.Config) { c.Loss.Burst = 0 })
	add(c.Geography.Name != "continent", func(c *sim.Config) { c.Geography = sim.Continent() })
	add(c.Speech != sim.Turns, func(c *sim.Config) { c.Speech = sim.Turns })
	for _, n := range fewer(c.Speakers) {
		add(true, func(c *sim.Config) { c.Speakers = n })
	}
	add(c.Trees != 1, func(c *sim.Config) { c.Trees = 1 })
	add(c.Community > 0, func(c *sim.Config) { c.Community = -1 })
	add(c.Community > 1, func(c *sim.Config) { c.Community = 1 })
	add(c.Relays != 1, func(c *sim.Config) { c.Relays = 1 })
	add(c.MaxChildren != 24, func(c *sim.Config) { c.MaxChildren = 24 })
	add(c.CommunityChildren != 64, func(c *sim.Config) { c.CommunityChildren = 64 })
	for i, f := range c.Faults {
		add(f.Share > 0 && f.Share != 1 && f.Share != 0.5, func(c *sim.Config) { c.Faults[i].Share = 1 })
		add(f.Share > 0 && f.Share != 1 && f.Share != 0.5, func(c *sim.Config) { c.Faults[i].Share = 0.5 })
	}
	return all
}

// sooner has things happen earlier and take less long.
func sooner(f Failure) (all []scenarios.Scenario) {
	s := f.Scenario
	settling := s.Duration - s.Calm
	if s.Calm > 0 {
		for _, calm := range []time.Duration{lastFault(s) + tick, halfway(lastFault(s), s.Calm)} {
			if calm < s.Calm {
				early := s
				early.Calm, early.Duration = calm, calm+settling
				all = append(all, early)
			}
		}
	}
	for _, d := range []time.Duration{tick, s.World.Arrivals / 2} {
		if d = d.Round(tick); d >= tick && d < s.World.Arrivals {
			all = append(all, with(s, func(c *sim.Config) { c.Arrivals = d }))
		}
	}
	for i, one := range s.World.Faults {
		for _, at := range []time.Duration{one.At / 2, one.At - time.Second} {
			if at = at.Round(tick); at >= 0 && at < one.At {
				all = append(all, with(s, func(c *sim.Config) { c.Faults[i].At = at }))
			}
		}
		if d := (one.For / 2).Round(tick); d > 0 && d < one.For {
			all = append(all, with(s, func(c *sim.Config) { c.Faults[i].For = d }))
		}
	}
	return all
}

// halfway is between two times.
func halfway(a, b time.Duration) time.Duration { return (a + (b-a)/2).Round(tick) }

// rounder has what is left happen at whole seconds.
func rounder(f Failure) (all []scenarios.Scenario) {
	s := f.Scenario
	if calm := s.Calm.Truncate(time.Second); calm > 0 && calm < s.Calm {
		round := s
		round.Calm, round.Duration = calm, calm+s.Duration-s.Calm
		all = append(all, round)
	}
	for i, one := range s.World.Faults {
		if at := one.At.Truncate(time.Second); at < one.At {
			all = append(all, with(s, func(c *sim.Config) { c.Faults[i].At = at }))
		}
		if d := one.For.Truncate(time.Second); d > 0 && d < one.For {
			all = append(all, with(s, func(c *sim.Config) { c.Faults[i].For = d }))
		}
	}
	return all
}
