package sim

import (
	"encoding/json"
	"slices"
	"time"
)

// Histogram counts durations in steps of 100 µs, up to a minute. The zero
// Histogram is empty and ready.
type Histogram struct {
	counts []uint64
	total  uint64
}

const (
	step     = 100 * time.Microsecond
	maxSteps = int(time.Minute / step)
)

// Add counts one duration; what is negative counts as 0, what is over a minute
// as a minute.
func (h *Histogram) Add(d time.Duration) {
	i := min(max(0, int(d/step)), maxSteps)
	if i >= len(h.counts) {
		h.counts = append(h.counts, make([]uint64, i+1-len(h.counts))...)
	}
	h.counts[i]++
	h.total++
}

// merge adds what another one has counted.
func (h *Histogram) merge(o *Histogram) {
	if more := len(o.counts) - len(h.counts); more > 0 {
		h.counts = append(h.counts, make([]uint64, more)...)
	}
	for i, n := range o.counts {
		h.counts[i] += n
	}
	h.total += o.total
}

// clone returns a copy that does not share anything.
func (h *Histogram) clone() Histogram { return Histogram{slices.Clone(h.counts), h.total} }

// Count is how many durations were added.
func (h *Histogram) Count() uint64 { return h.total }

// Share is the share of all durations that are at most d, which is less than a minute;
// 1 of none.
func (h *Histogram) Share(d time.Duration) float64 {
	if h.total == 0 {
		return 1
	}
	var within uint64
	for _, n := range h.counts[:min(len(h.counts), int(d/step)+1)] {
		within += n
	}
	return float64(within) / float64(h.total)
}

// Quantile is the smallest duration that at least a share of permille/1000 of all
// do not exceed (the nearest-rank method), or 0 when there are none.
func (h *Histogram) Quantile(permille uint64) time.Duration {
	rank := max(1, (h.total*permille+999)/1000)
	var seen uint64
	for i, n := range h.counts {
		if seen += n; seen >= rank {
			return time.Duration(i) * step
		}
	}
	return 0
}

// Quantiles sums the histogram up.
func (h *Histogram) Quantiles() Quantiles {
	return Quantiles{
		P50: h.Quantile(500), P95: h.Quantile(950), P99: h.Quantile(990), Max: h.Quantile(1000),
		Count: h.total,
	}
}

// Quantiles are the usual few numbers about many durations.
type Quantiles struct {
	P50, P95, P99, Max time.Duration
	Count              uint64 // how many there were
}

// MarshalJSON writes milliseconds.
func (q Quantiles) MarshalJSON() ([]byte, error) {
	ms := func(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }
	return json.Marshal(struct {
		P50   float64 `json:"p50"`
		P95   float64 `json:"p95"`
		P99   float64 `json:"p99"`
		Max   float64 `json:"max"`
		Count uint64  `json:"count"`
	}{ms(q.P50), ms(q.P95), ms(q.P99), ms(q.Max), q.Count})
}
