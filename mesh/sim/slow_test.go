//go:build slow

package sim

import (
	"fmt"
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
