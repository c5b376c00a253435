package soak

import (
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/banyan-rooms/banyan/mesh/sim"
	"github.com/banyan-rooms/banyan/mesh/sim/scenarios"
)

// never is the stop of a run that nobody ends.
func never() error { return nil }

func TestDraw(t *testing.T) {
	check := func(t rapid.TB, seed uint64) {
		s := Draw(seed)
		if err := s.World.Validate(); err != nil {
			t.Fatalf("seed %d: %v", seed, err)
		}
		crowds := 0
		for _, f := range s.World.Faults {
			crowds += f.Peers
		}
		if s.World.Peers+crowds > mostPeers || len(s.World.Faults) > 4 || !quiet(s) || s.Calm > 3*time.Minute || s.Duration < s.Calm+settleIn {
			t.Fatalf("seed %d: %+v", seed, s)
		}
		text, err := scenarios.Format(s)
		if err != nil {
			t.Fatalf("seed %d: %v", seed, err)
		}
		again, err := scenarios.Parse(text)
		if err != nil || !reflect.DeepEqual(again, s) || !reflect.DeepEqual(Draw(seed), s) {
			t.Fatalf("seed %d: %v, wrote\n%s\nread %+v\nwant %+v", seed, err, text, again, s)
		}
	}
	for seed := range uint64(5000) {
		check(t, seed)
	}
	rapid.Check(t, func(t *rapid.T) { check(t, rapid.Uint64().Draw(t, "seed")) })
}

// TestDrawLeavesNothingOut holds that each knob is turned, each fault happens, and most
// rooms are small.
func TestDrawLeavesNothingOut(t *testing.T) {
	seen, small := map[string]int{}, 0
	const seeds = 1000
	for seed := range uint64(seeds) {
		s := Draw(seed)
		c := s.World
		for what, is := range map[string]bool{
			"no community relay": c.Community < 0, "several": c.Community > 1, "no relays": c.Relays < 0, "all relay": c.Relays == 1,
			"conversation": c.Speech == sim.Conversation, "globe": c.Geography.Name == "globe", "a full stage": c.Speakers > 4,
			"no loss": c.Loss.Rate == 0, "bursts": c.Loss.Burst > 1, "churn": c.Churn.Rate > 0, "goodbyes": c.Churn.Graceful > 0,
			"no faults": len(c.Faults) == 0, "four faults": len(c.Faults) == 4, "large": c.Peers > 200, "two peers": c.Peers == 2,
			"slow arrivals": c.Arrivals > 10*time.Second,
		} {
			if is {
				seen[what]++
			} else {
				seen[what] += 0
			}
		}
		for _, f := range c.Faults {
			seen[fmt.Sprint("fault ", f.Kind)]++
		}
		if c.Peers <= 30 {
			small++
		}
	}
	for what, n := range seen {
		if n == 0 {
			t.Errorf("%s: never in %d seeds", what, seeds)
		}
	}
	if len(seen) != 16+6 || small < seeds*6/10 {
		t.Errorf("saw %v, and %d small rooms", seen, small)
	}
}

func TestWay(t *testing.T) {
	at := "seed 3 at 1.5s, event 71: "
	tests := []struct {
		err  error
		want string
	}{
		{errors.New(at + `invariant "no loop": peer 5 is below itself, 2 hops up`), `invariant "no loop"`},
		{errors.New(at + `invariant "as mesh numbers them": peer 5: invariant 4: xY12ab remembers too much`), "invariant 4"},
		{errors.New(at + "peer 5: machine sent *wire.Join, which has no bytes: 7 slots"), "peer …: machine sent *wire.Join, which has no bytes: … slots"},
		{fmt.Errorf("%w 1m after the last fault: %sinvariant 6: abc and def are both roots", scenarios.ErrUnsettled, at), "the room is not one tree again: two roots"},
		{errors.Join(fmt.Errorf("%w 1m", scenarios.ErrUnsettled), fmt.Errorf("%w: 9", scenarios.ErrDeaf)), "the room is not one tree again"},
		{errors.Join(nil, fmt.Errorf("%w: 9", scenarios.ErrDeaf)), "somebody does not hear the stage"},
		{fmt.Errorf("%w: index out of range [7]\ngoroutine 1", ErrPanic), "panic: index out of range […]"},
	}
	for _, tt := range tests {
		if got := way(tt.err); got != tt.want {
			t.Errorf("%v\nfailed as %q, want %q", tt.err, got, tt.want)
		}
	}
}

func TestRun(t *testing.T) {
	s := scenarios.Scenario{Seed: 1, Seeds: 1, Duration: 10 * time.Second, World: sim.Config{Peers: 5}}
	s.World.Invariants = []sim.Invariant{{Name: "nobody is attached", Check: func(sc *sim.Scene) error {
		if sc.Machine.Attached(0) {
			panic(fmt.Sprintf("peer %d is", sc.Peer))
		}
		return nil
	}}}
	_, f, err := Run(s, never)
	if err != nil || f == nil || f.Way != "panic: peer … is" || !strings.Contains(f.Err.Error(), "soak_test.go") {
		t.Errorf("a panic: %v, %+v", err, f)
	}
	enough := errors.New("enough")
	if _, f, err = Run(s, func() error { return enough }); f != nil || !errors.Is(err, enough) {
		t.Errorf("stopped: %v, %+v", err, f)
	}
}

// crowded fails once somebody feeds more than two.
var crowded = sim.Invariant{Name: "few children", Check: func(s *sim.Scene) error {
	if s.Machine.Children(0) > 2 {
		return fmt.Errorf("peer %d feeds %d", s.Peer, s.Machine.Children(0))
	}
	return nil
}}

func TestShrinkAnInvariant(t *testing.T) {
	s := Draw(11)
	s.World.Peers, s.World.MaxChildren, s.World.Relays, s.World.Community = 30, 8, 1, -1
	s.World.Loss, s.World.Churn = sim.Bursts(0.05), sim.Churn{Rate: 0.5}
	s.World.Arrivals = 5 * time.Second
	s.World.Faults = []sim.Fault{{At: 9 * time.Second, Kind: sim.KillRelay}, {At: 11300 * time.Millisecond, Kind: sim.KillRoot}, {At: 12 * time.Second, Kind: sim.Crowd, Peers: 20}}
	s.World.Invariants = []sim.Invariant{crowded}
	s.Calm, s.Duration = 20*time.Second, 80*time.Second
	_, f, err := Run(s, never)
	if err != nil || f == nil {
		t.Fatalf("the planted invariant holds: %v", err)
	}
	said := 0
	best, tried := Shrink(*f, 80, never, func(int, Failure) { said++ })
	c := best.Scenario.World
	if best.Way != f.Way || c.Peers > 8 || len(c.Faults) > 1 || c.Loss.Rate > 0 || c.Churn.Rate > 0 || best.Scenario.Calm > 0 || best.Scenario.Duration > 15*time.Second {
		t.Errorf("after %d runs: %+v", tried, best)
	}
	if said != tried || tried > 80 {
		t.Errorf("%d runs, told %d times", tried, said)
	}
	if _, again, err := Run(best.Scenario, never); err != nil || again == nil || again.Way != f.Way {
		t.Errorf("what is left does not fail: %v, %+v", err, again)
	}
	twice, _ := Shrink(*f, 80, never, func(int, Failure) {})
	if best.Scenario.World.Invariants, twice.Scenario.World.Invariants = nil, nil; !reflect.DeepEqual(best.Scenario, twice.Scenario) {
		t.Errorf("once it shrinks to %+v, once to %+v", best.Scenario, twice.Scenario)
	}
	if few, n := Shrink(*f, 3, never, func(int, Failure) {}); n != 3 || few.Way != f.Way {
		t.Errorf("with three runs: %d, %+v", n, few)
	}
	if same, n := Shrink(*f, 9, func() error { return errors.New("enough") }, func(int, Failure) {}); n != 0 || same.At != f.At {
		t.Errorf("stopped at once: %d, %+v", n, same)
	}
}

func TestShrinkWhatDoesNotSettle(t *testing.T) {
	s := scenarios.Scenario{Seed: 2, Seeds: 1, Calm: 12 * time.Second, Duration: 30 * time.Second, World: sim.Config{
		Peers: 24, Relays: 1, Community: 2, Slack: time.Second, Arrivals: 3 * time.Second, Loss: sim.Even(0.05), Speech: sim.Conversation, Geography: sim.Continent(),
		Faults: []sim.Fault{{At: 6 * time.Second, Kind: sim.KillRelay}, {At: 8300 * time.Millisecond, Kind: sim.Split, Share: 0.4, For: time.Hour}},
	}}
	_, f, err := Run(s, never)
	if err != nil || f == nil {
		t.Fatalf("a room that stays split settles: %v", err)
	}
	best, tried := Shrink(*f, 120, never, func(int, Failure) {})
	c := best.Scenario.World
	if len(c.Faults) != 1 || c.Faults[0].Kind != sim.Split || c.Peers > 6 || c.Loss.Rate > 0 || best.Scenario.Duration-best.Scenario.Calm != 18*time.Second {
		t.Errorf("after %d runs: %+v", tried, best)
	}
	text, err := best.Text("split.yaml", 2)
	if err != nil || !strings.HasPrefix(string(text), "# banyan-sim run split.yaml --trace trace.txt\nabout: ") || !strings.Contains(string(text), "Soak case 2 failed: the room is not one tree") {
		t.Errorf("%v, wrote\n%s", err, text)
	}
	if again, err := scenarios.Parse(text); err != nil || !reflect.DeepEqual(again.World, c) || again.Seed != best.Scenario.Seed {
		t.Errorf("%v, read %+v", err, again)
	}
}
