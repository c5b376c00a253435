package scenarios

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"runtime"
	"slices"
	"strings"
	"sync"

	"github.com/banyan-rooms/banyan/mesh/sim"
)

// Measure is what became of a target, over the seeds.
type Measure struct {
	Name    string   `json:"name"`
	Measure string   `json:"measure"`
	AtMost  *float64 `json:"at_most,omitempty"`
	AtLeast *float64 `json:"at_least,omitempty"`
	Target  float64  `json:"target"` // whichever of the two it is
	Value   float64  `json:"value"`  // the mean over the seeds
	Low     float64  `json:"low"`    // of the 95 % interval of the mean
	High    float64  `json:"high"`
	P50     float64  `json:"p50"` // of the seeds' values
	P95     float64  `json:"p95"`
	P99     float64  `json:"p99"`
	Worst   uint64   `json:"worst_seed"` // whose value is farthest on the wrong side
	Holds   bool     `json:"holds"`
}

// Result is what a scenario came to.
type Result struct {
	Scenario  string       `json:"scenario"`
	About     string       `json:"about"`
	Seeds     int          `json:"seeds"`
	First     uint64       `json:"first_seed"` // the others follow
	Protocol  string       `json:"protocol"`
	Peers     int          `json:"peers"`
	Seconds   float64      `json:"duration_s"` // of each run, simulated
	Events    uint64       `json:"events"`
	TraceHash string       `json:"trace_hash"` // of the runs' hashes, in the order of the seeds
	Measures  []Measure    `json:"measures"`
	Reports   []sim.Report `json:"reports,omitempty"`
}

// Play runs a scenario with so many seeds, from the first one on, a run for each core at
// a time; done is called after each run, from any goroutine. What a run says does not
// depend on the others, nor on how many run at once. The first invariant that breaks ends
// the play.
func Play(ctx context.Context, s Scenario, first uint64, done func(ran int)) (Result, error) {
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	reports := make([]sim.Report, s.Seeds)
	var mu sync.Mutex
	next, ran := 0, 0
	var wg sync.WaitGroup
	atOnce := min(runtime.GOMAXPROCS(0), s.Seeds)
	s.World.Cores = runtime.GOMAXPROCS(0) / atOnce
	for range atOnce {
		wg.Go(func() {
			for {
				mu.Lock()
				n := next
				next++
				mu.Unlock()
				if n >= s.Seeds || ctx.Err() != nil {
					return
				}
				r, err := Run(s, first+uint64(n), func() error { return context.Cause(ctx) })
				if err != nil {
					stop(err)
					return
				}
				mu.Lock()
				reports[n] = r.Report
				ran++
				done(ran)
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	if err := context.Cause(ctx); err != nil {
		return Result{}, err
	}
	return sumUp(s, reports)
}

// sumUp works out what the runs say of the targets.
func sumUp(s Scenario, reports []sim.Report) (Result, error) {
	r := Result{Scenario: s.Name, About: s.About, Seeds: s.Seeds, First: reports[0].Seed, Protocol: reports[0].Protocol, Peers: s.World.Peers, Seconds: s.Duration.Seconds(), Reports: reports}
	hash := sha256.New()
	for _, one := range reports {
		r.Events += one.Events
		hash.Write([]byte(one.TraceHash))
	}
	r.TraceHash = hex.EncodeToString(hash.Sum(nil))
	for _, t := range s.Targets {
		values := make([]float64, len(reports))
		for i, one := range reports {
			v, err := number(one, t.Measure)
			if err != nil {
				return r, err
			}
			values[i] = v
		}
		r.Measures = append(r.Measures, measure(t, r.First, values))
	}
	return r, nil
}

// measure sums one target up.
func measure(t Target, first uint64, values []float64) Measure {
	m := Measure{Name: t.Name, Measure: t.Measure, AtMost: t.AtMost, AtLeast: t.AtLeast, Value: mean(values)}
	m.Low, m.High = interval(values)
	worst := slices.Max(values)
	if t.AtMost != nil {
		m.Target, m.Holds = *t.AtMost, m.High <= *t.AtMost
	} else {
		m.Target, m.Holds = *t.AtLeast, m.Low >= *t.AtLeast
		worst = slices.Min(values)
	}
	m.Worst = first + uint64(slices.Index(values, worst))
	ordered := slices.Sorted(slices.Values(values))
	rank := func(percent int) float64 { return ordered[(len(ordered)*percent+99)/100-1] }
	m.P50, m.P95, m.P99 = rank(50), rank(95), rank(99)
	return m
}

func mean(values []float64) float64 {
	sum := 0.0
	for _, v := range values {
		sum += v
	}
	return sum / float64(len(values))
}

// resamples is how often the bootstrap draws.
const resamples = 2000

// interval is the 95 % interval of the mean, by the percentile bootstrap, whose draws are
// the same each time.
func interval(values []float64) (low, high float64) {
	random := rand.New(rand.NewPCG(1, 2))
	means := make([]float64, resamples)
	for i := range means {
		sum := 0.0
		for range values {
			sum += values[random.IntN(len(values))]
		}
		means[i] = sum / float64(len(values))
	}
	slices.Sort(means)
	return means[resamples*25/1000], means[resamples*975/1000-1]
}

// number is a report's number by its path in JSON, such as gap_ms.p95.
func number(r sim.Report, path string) (float64, error) {
	text, err := json.Marshal(r)
	if err != nil {
		return 0, err
	}
	var at any
	if err := json.Unmarshal(text, &at); err != nil {
		return 0, err
	}
	for word := range strings.SplitSeq(path, ".") {
		object, ok := at.(map[string]any)
		if !ok {
			return 0, fmt.Errorf("a report has no number %q", path)
		}
		at = object[word]
	}
	v, ok := at.(float64)
	if !ok {
		return 0, fmt.Errorf("a report has no number %q", path)
	}
	return v, nil
}
