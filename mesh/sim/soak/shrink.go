package soak

import (
	"reflect"
	"time"

	"github.com/banyan-rooms/banyan/mesh/sim/scenarios"
)

// Tries is how many runs are enough to make a failure small: few get smaller after that.
const Tries = 400

// otherSeeds are tried with each smaller case beside its own. A room of another size is
// another room, in which the failure may want another accident.
var otherSeeds = []uint64{1, 2}

// Shrink looks for the smallest case that fails in the same way, with at most so many runs.
// stop, when it returns an error, ends the search early; seen is told after each run how
// many there were and what is best so far. The result always fails.
func Shrink(f Failure, tries int, stop func() error, seen func(tried int, best Failure)) (best Failure, tried int) {
	s := shrinker{best: f, tries: tries, stop: stop, seen: seen, quiet: quiet(f.Scenario)}
	for smaller := true; smaller && !s.over; {
		smaller = false
		for _, next := range steps {
			smaller = s.exhaust(next) || smaller
		}
	}
	return s.best, s.tried
}

// shrinker is a search for a smaller failure.
type shrinker struct {
	best  Failure
	quiet bool // the faults were over when it got calm: so they must be in what is found
	tries int
	tried int
	over  bool
	stop  func() error
	seen  func(int, Failure)
}

// exhaust takes a step again and again, as long as what it gives still fails.
func (s *shrinker) exhaust(next step) (smaller bool) {
	for found := true; found && !s.over; {
		found = false
		for _, c := range next(s.best) {
			if found = s.fails(c); found || s.over {
				break
			}
		}
		smaller = smaller || found
	}
	return smaller
}

// fails tells whether a case fails as the best one does, and makes it the best.
func (s *shrinker) fails(c scenarios.Scenario) bool {
	if reflect.DeepEqual(c.World, s.best.Scenario.World) && c.Calm == s.best.Scenario.Calm && c.Duration == s.best.Scenario.Duration ||
		s.quiet && !quiet(c) || c.World.Validate() != nil {
		return false
	}
	for _, seed := range append([]uint64{c.Seed}, otherSeeds...) {
		if s.over = s.over || s.tried >= s.tries; s.over {
			return false
		}
		c.Seed = seed
		_, f, err := Run(c, s.stop)
		if err != nil {
			s.over = true
			return false
		}
		s.tried++
		same := f != nil && f.Way == s.best.Way
		if same {
			s.best = *f
		}
		s.seen(s.tried, s.best)
		if same {
			return true
		}
	}
	return false
}

// quiet tells whether all have arrived and the faults are over when a case gets calm, if
// it does: else nobody could expect it to settle.
func quiet(s scenarios.Scenario) bool { return s.Calm == 0 || s.Calm > lastFault(s) }

// lastFault is when the last fault of a case ends, or its first listeners have arrived.
func lastFault(s scenarios.Scenario) time.Duration {
	last := opening + s.World.Arrivals
	for _, f := range s.World.Faults {
		last = max(last, f.At+f.For)
	}
	return last
}
