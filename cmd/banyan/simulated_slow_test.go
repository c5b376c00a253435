//go:build slow && linux

package main

import (
	"cmp"
	"slices"
	"testing"
	"time"

	"github.com/banyan-rooms/banyan/mesh/sim"
	"github.com/banyan-rooms/banyan/node/measure"
)

// simulated is what the simulator says of a village's measure: the same places, network,
// relays and people, from the village's seed on, each seed by itself.
type simulated struct {
	Seeds int   `json:"seeds"`
	P50   spans `json:"p50"` // of the seeds' medians
	P95   spans `json:"p95"`
}

// spans is the mean and the reach of some milliseconds.
type spans struct {
	Mean int64 `json:"mean"`
	Low  int64 `json:"low"`
	High int64 `json:"high"`
}

const (
	simulatedSeeds = 10
	// settling is how long a simulated village has before anything happens to it.
	settling = 40 * time.Second
)

// alike is what the village's like is to live through in the simulator, and what to read
// of it.
type alike struct {
	measure func(sim.Report) sim.Quantiles
	faults  []sim.Fault
	trees   int // that the room has; 0 means as many as the village lets it
}

// in is the same in a room of so many trees.
func (a *alike) in(trees int) *alike { return &alike{a.measure, a.faults, trees} }

// simulate has the village's like live in the simulator, once for each seed.
func (v *village) simulate(t *testing.T, a *alike) *simulated {
	t.Helper()
	cfg := sim.Config{
		Peers: serving + 1 + v.arrivals, Community: serving, CommunityChildren: relayLimit,
		Relays: 1, MaxChildren: peerFanOut, Trees: cmp.Or(a.trees, v.trees), Speakers: 1, Loss: sim.Even(packetLoss),
		Arrivals: settling / 2, Faults: a.faults, Slack: measure.DefaultSlack, FromCapture: true,
	}
	length := settling
	for _, f := range a.faults {
		length = max(length, f.At+f.For+2*aftermath)
	}
	var p50, p95 []int64
	for seed := range uint64(simulatedSeeds) {
		cfg.Seed = v.seed + seed
		w, err := sim.New(cfg)
		if err != nil {
			t.Fatal(err)
		}
		if err := w.Run(length); err != nil {
			t.Fatalf("the simulated village of seed %d: %v", cfg.Seed, err)
		}
		q := a.measure(w.Report())
		p50, p95 = append(p50, q.P50.Milliseconds()), append(p95, q.P95.Milliseconds())
	}
	return &simulated{Seeds: simulatedSeeds, P50: spanOf(p50), P95: spanOf(p95)}
}

func spanOf(values []int64) spans {
	sum := int64(0)
	for _, v := range values {
		sum += v
	}
	return spans{Mean: sum / int64(len(values)), Low: slices.Min(values), High: slices.Max(values)}
}

// The village's like, for each measure that the simulator has as well.
var (
	likeJoins   = &alike{measure: func(r sim.Report) sim.Quantiles { return r.Join }}
	likeParents = &alike{measure: gapsOf, faults: []sim.Fault{
		{At: settling, Kind: sim.KillRelay}, {At: settling + 2*aftermath, Kind: sim.KillRelay},
	}}
	likeRoot  = &alike{measure: gapsOf, faults: []sim.Fault{{At: settling, Kind: sim.KillRoot}}}
	likeSplit = &alike{
		measure: func(r sim.Report) sim.Quantiles { return r.Healed },
		faults:  []sim.Fault{{At: settling, Kind: sim.Split, Share: 0.5, For: splitFor}},
	}
)

func gapsOf(r sim.Report) sim.Quantiles { return r.Gap }
