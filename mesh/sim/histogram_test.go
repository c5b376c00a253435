package sim

import (
	"encoding/json"
	"testing"
	"time"
)

func TestQuantiles(t *testing.T) {
	const ms = time.Millisecond
	upTo := func(n int) (ds []time.Duration) {
		for i := n; i > 0; i-- {
			ds = append(ds, time.Duration(i)*ms)
		}
		return ds
	}
	tests := []struct {
		name string
		add  []time.Duration
		want Quantiles
	}{
		{"nothing", nil, Quantiles{}},
		{"one value is all of them", []time.Duration{7 * ms}, Quantiles{7 * ms, 7 * ms, 7 * ms, 7 * ms, 1}},
		{"a hundred", upTo(100), Quantiles{50 * ms, 95 * ms, 99 * ms, 100 * ms, 100}},
		{"three: the rank is rounded up", upTo(3), Quantiles{2 * ms, 3 * ms, 3 * ms, 3 * ms, 3}},
		{"below and above the range", []time.Duration{-ms, time.Hour}, Quantiles{0, time.Minute, time.Minute, time.Minute, 2}},
		{"in steps of 100 µs", []time.Duration{1299 * time.Microsecond}, Quantiles{1200 * time.Microsecond, 1200 * time.Microsecond, 1200 * time.Microsecond, 1200 * time.Microsecond, 1}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var h Histogram
			for _, d := range tt.add {
				h.Add(d)
			}
			if got := h.Quantiles(); got != tt.want {
				t.Errorf("got %+v, want %+v", got, tt.want)
			}
		})
	}
}

func TestQuantilesAsJSON(t *testing.T) {
	q := Quantiles{P50: 1500 * time.Microsecond, P95: 20 * time.Millisecond, P99: time.Second, Max: 2 * time.Second, Count: 4}
	got, err := json.Marshal(q)
	const want = `{"p50":1.5,"p95":20,"p99":1000,"max":2000,"count":4}`
	if err != nil || string(got) != want {
		t.Errorf("got %s, %v, want %s", got, err, want)
	}
}
