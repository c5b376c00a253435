package measure

import (
	"maps"
	"slices"
	"time"
)

// Histogram counts durations by whole milliseconds. Histograms of several
// listeners add up, which their percentiles would not.
type Histogram map[int64]int

// Add counts one duration.
func (h Histogram) Add(d time.Duration) { h[d.Milliseconds()]++ }

// Merge counts all of other in h.
func (h Histogram) Merge(other Histogram) {
	for ms, n := range other {
		h[ms] += n
	}
}

// Quantiles is how a measure is shown, in milliseconds.
type Quantiles struct {
	P50 int64 `json:"p50"`
	P95 int64 `json:"p95"`
	Max int64 `json:"max"`
}

// Quantiles sums the histogram up; all zero when it is empty. They follow the
// nearest-rank method: the smallest value that at least the share p reaches.
func (h Histogram) Quantiles() Quantiles {
	values := slices.Sorted(maps.Keys(h))
	if len(values) == 0 {
		return Quantiles{}
	}
	total := 0
	for _, n := range h {
		total += n
	}
	rank := func(percent int) int64 {
		want := (total*percent + 99) / 100
		for _, v := range values {
			if want -= h[v]; want <= 0 {
				return v
			}
		}
		return values[len(values)-1]
	}
	return Quantiles{P50: rank(50), P95: rank(95), Max: values[len(values)-1]}
}
