//go:build slow

package sim

import (
	"fmt"
	"runtime"
	"testing"
	"time"
)

// TestSlowRoughRooms is the promise of issue 2: twenty rooms of three hundred under
// churn and bursty loss, with all invariants after every event, and one tree again
// when the faults have stopped.
func TestSlowRoughRooms(t *testing.T) {
	for seed := range uint64(20) {
		t.Run(fmt.Sprintf("seed=%d", seed), func(t *testing.T) {
			w := ran(t, rough(seed), time.Minute)
			r := w.Report()
			t.Logf("delivered %.4f, depth %d, gap p95 %v of %d, join p95 %v, %d events",
				r.Delivered, r.DepthMax, r.Gap.P95, r.Gap.Count, r.Join.P95, r.Events)
			w.Calm()
			if err := w.Run(w.Now() + 30*time.Second); err != nil {
				t.Fatal(err)
			}
			if err := w.Settled(); err != nil {
				t.Error(err)
			}
		})
	}
}

// TestSlowALargeRoomOnAnyNumberOfCores is a room that is large enough for several shards, on
// one core, on two and on more than there may be.
func TestSlowALargeRoomOnAnyNumberOfCores(t *testing.T) {
	var want string
	for _, procs := range []int{1, 2, 8} {
		func() {
			defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(procs))
			w := ran(t, Config{Seed: 7, Peers: 4 * shardPeers, Loss: Bursts(0.02), Churn: Churn{Rate: 0.5, Graceful: 0.3}}, 8*time.Second)
			if len(w.shards) < 2 {
				t.Fatalf("%d shards", len(w.shards))
			}
			got := w.Report().TraceHash
			if want == "" {
				want = got
			}
			if got != want {
				t.Errorf("on %d processors the trace is %s, on one %s", procs, got, want)
			}
		}()
	}
}
