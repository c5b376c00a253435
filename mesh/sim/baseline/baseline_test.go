package baseline_test

import (
	"fmt"
	"runtime"
	"testing"
	"time"

	"github.com/banyan-rooms/banyan/mesh/sim"
	"github.com/banyan-rooms/banyan/mesh/sim/baseline"
)

// world makes a world of a protocol.
func world(t testing.TB, protocol string, cfg sim.Config) *sim.World {
	t.Helper()
	maker, err := baseline.Named(protocol)
	if err != nil {
		t.Fatal(err)
	}
	cfg.Protocol = maker
	w, err := sim.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return w
}

// ran runs one to an end.
func ran(t testing.TB, protocol string, cfg sim.Config, until time.Duration) *sim.World {
	t.Helper()
	w := world(t, protocol, cfg)
	if err := w.Run(until); err != nil {
		t.Fatalf("%s: %v\nwith %+v", protocol, err, cfg)
	}
	return w
}

func TestNamed(t *testing.T) {
	for _, name := range baseline.Names() {
		maker, err := baseline.Named(name)
		if err != nil || (maker == nil) != (name == baseline.Banyan) || maker != nil && maker.Name != name {
			t.Errorf("%s: %+v, %v", name, maker, err)
		}
	}
	if _, err := baseline.Named("flood"); err == nil {
		t.Error("there is a protocol called flood")
	}
}

func TestEverybodyHearsInAQuietRoom(t *testing.T) {
	tests := []struct {
		protocol  string
		delivered float64
		copies    float64
		depth     int
	}{
		{"star", 1, 1, 1},
		{"reactive", 0.9999, 1.001, 8},
		{"plumtree", 0.97, 1.5, 20}, // too deep for some, grown out of a flood, and grafted where it is slow
	}
	for _, tt := range tests {
		t.Run(tt.protocol, func(t *testing.T) {
			r := ran(t, tt.protocol, sim.Config{Seed: 1, Peers: 100}, 14*time.Second).Report()
			if r.Delivered < tt.delivered || r.Copies > tt.copies || r.DepthMax > tt.depth || r.PlayedTwice > 0 || r.Protocol != tt.protocol {
				t.Errorf("delivered %v, %v copies, depth %d: %+v", r.Delivered, r.Copies, r.DepthMax, r)
			}
			if r.Restored.Count > 0 || r.Healed.Count > 0 {
				t.Errorf("what only Banyan's mesh has was measured: %+v", r)
			}
		})
	}
}

// rough is a room under churn, and 2 % of loss in bursts on every link.
func rough(seed uint64) sim.Config {
	return sim.Config{
		Seed: seed, Peers: 100, Loss: sim.Bursts(0.02), Churn: sim.Churn{Rate: 0.5, Graceful: 0.3},
		Speech: sim.Conversation, Speakers: 4, Faults: []sim.Fault{{At: 6 * time.Second, Kind: sim.KillRelay}},
	}
}

func TestInvariantsHoldInARoughRoom(t *testing.T) {
	for _, name := range baseline.Names()[1:] {
		for seed := range uint64(2) {
			t.Run(fmt.Sprintf("%s/seed=%d", name, seed), func(t *testing.T) {
				if r := ran(t, name, rough(seed), 10*time.Second).Report(); r.PlayedTwice > 0 || r.Frames == 0 || r.Delay.Count == 0 {
					t.Errorf("%+v", r)
				}
			})
		}
	}
}

func TestTheSameSeedIsTheSameRun(t *testing.T) {
	for _, name := range baseline.Names()[1:] {
		t.Run(name, func(t *testing.T) {
			once := func(procs int, slice time.Duration) string {
				defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(procs))
				w := world(t, name, rough(7))
				for at := slice; at <= 8*time.Second; at += slice {
					if err := w.Run(at); err != nil {
						t.Fatal(err)
					}
				}
				r := w.Report()
				return fmt.Sprintf("%s of %d events", r.TraceHash, r.Events)
			}
			want := once(1, 8*time.Second)
			if got := once(2, 100*time.Millisecond); got != want {
				t.Errorf("on two processors, in slices, %s; on one %s", got, want)
			}
		})
	}
}

func TestAStandbyServerTakesOver(t *testing.T) {
	for _, name := range []string{"star", "reactive"} {
		r := ran(t, name, sim.Config{Seed: 2, Peers: 60, Community: 2, Faults: []sim.Fault{{At: 9 * time.Second, Kind: sim.KillRoot}}}, 20*time.Second).Report()
		if r.NewRoot.Count != 1 || r.NewRoot.Max > 4*time.Second || r.Roots != 1 || r.Orphans > 0 || r.Gap.P95 > 7*time.Second {
			t.Errorf("%s: new root %+v, %d roots, %d orphans, gaps %+v", name, r.NewRoot, r.Roots, r.Orphans, r.Gap)
		}
	}
}
