//go:build slow && linux

package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/banyan-rooms/banyan/cmd/internal/events"
	"github.com/banyan-rooms/banyan/node/measure"
)

// figure is one measure of a village, as it is printed and kept.
type figure struct {
	Name    string  `json:"name"`    // of the target (T1, T2, ...), where there is one
	Measure string  `json:"measure"` // in words
	Unit    string  `json:"unit"`
	Value   int64   `json:"value"` // the worst
	P50     int64   `json:"p50"`
	P95     int64   `json:"p95"`
	N       int     `json:"n"`     // what was measured
	Nodes   int     `json:"nodes"` // processes that ran
	Seed    uint64  `json:"seed"`
	Loss    float64 `json:"loss"`
	Busy    float64 `json:"busy"` // share of the machine's CPU time that was used since the figure before; near 1 the figure is the machine's
	Lab     float64 `json:"lab"`  // what of it the village and its network used

	Simulated *simulated `json:"simulated,omitempty"` // the same in the simulator, where it has it
	alike     *alike
}

// figures are those of one village.
type figures struct {
	v    *village
	all  []figure
	load load

	busy, lab float64 // newest shares
}

// add adds a measure and prints it, and keeps for later how it is simulated; nil is not.
func (f *figures) add(t *testing.T, name, what string, values measure.Histogram, a *alike) {
	t.Helper()
	q := values.Quantiles()
	one := figure{
		Name: name, Measure: what, Unit: "ms", Value: q.Max, P50: q.P50, P95: q.P95,
		Seed: f.v.seed, Loss: packetLoss, alike: a,
	}
	f.look(t)
	one.Busy, one.Lab = f.busy, f.lab
	for _, n := range values {
		one.N += n
	}
	for _, group := range [][]*villager{f.v.relays, f.v.people} {
		for _, p := range group {
			if !p.gone {
				one.Nodes++
			}
		}
	}
	one.print(t)
	f.all = append(f.all, one)
}

func (f *figure) print(t *testing.T) {
	t.Helper()
	line, err := json.Marshal(f)
	if err != nil {
		t.Error(err)
	}
	fmt.Println(string(line))
}

// compare adds what the simulator says, now that the village needs no core any more.
func (f *figures) compare(t *testing.T) {
	t.Helper()
	for i := range f.all {
		if one := &f.all[i]; one.alike != nil {
			one.Simulated = f.v.simulate(t, one.alike)
			one.print(t)
		}
	}
}

// keep keeps the figures beside the other artifacts of the run.
func (f *figures) keep(t *testing.T) {
	t.Helper()
	dir := os.Getenv("BANYAN_OUT")
	if dir == "" {
		return
	}
	raw, err := json.MarshalIndent(f.all, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(dir, 0o750); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, t.Name()+".json"), append(raw, '\n'), 0o600); err != nil {
		t.Fatal(err)
	}
}

// load is how much time all CPUs have had, and worked, so far, in ticks of 10 ms.
type load struct{ all, work, lab uint64 }

// shortest is the time over which shares mean something.
const shortest = 200

// look finds the shares of its time in which the machine worked, and worked for the lab,
// since the last look. The time of processes that have ended is not counted.
func (f *figures) look(t *testing.T) {
	t.Helper()
	raw, err := os.ReadFile("/proc/stat")
	if err != nil {
		t.Fatal(err)
	}
	line, _, _ := strings.Cut(string(raw), "\n") // cpu user nice system idle iowait irq ...
	now := load{lab: ticksOf(os.Getpid())}
	for i, field := range strings.Fields(line)[1:] {
		n, _ := strconv.ParseUint(field, 10, 64)
		if now.all += n; i != 3 && i != 4 {
			now.work += n
		}
	}
	spent := now.all - f.load.all
	if spent < shortest {
		return
	}
	share := func(now, then uint64) float64 { return float64(100*(max(now, then)-then)/spent) / 100 }
	f.busy, f.lab = share(now.work, f.load.work), share(now.lab, f.load.lab)
	f.load = now
}

// ticksOf is the time that a process and its children, which run, have worked.
func ticksOf(pid int) (ticks uint64) {
	found, _ := filepath.Glob("/proc/[0-9]*/stat") // the pattern is right
	for _, path := range found {
		raw, err := os.ReadFile(path)
		if err != nil {
			continue // it has ended
		}
		_, rest, _ := strings.Cut(string(raw), ") ") // state parent ... user system, at 11 and 12
		fields := strings.Fields(rest)
		if len(fields) < 13 || fields[1] != strconv.Itoa(pid) && filepath.Base(filepath.Dir(path)) != strconv.Itoa(pid) {
			continue
		}
		for _, field := range fields[11:13] {
			n, _ := strconv.ParseUint(field, 10, 64)
			ticks += n
		}
	}
	return ticks
}

// longestGaps are those of each of a group that began in a span of time; who missed
// nothing has one of no length.
func (v *village) longestGaps(group []*villager, from, to time.Time) measure.Histogram {
	v.mu.Lock()
	defer v.mu.Unlock()
	gaps := measure.Histogram{}
	for _, p := range group {
		longest := time.Duration(0)
		for _, e := range p.said {
			if e.Event == events.Gap && !e.Since.Before(from) && e.Since.Before(to) {
				longest = max(longest, time.Duration(e.GapMS)*time.Millisecond)
			}
		}
		gaps.Add(longest)
	}
	return gaps
}

// first is for each of a group how long after a time it first said what is looked for.
// Who did not is left out.
func (v *village) first(group []*villager, after time.Time, is func(events.Event) bool) measure.Histogram {
	v.mu.Lock()
	defer v.mu.Unlock()
	times := measure.Histogram{}
	for _, p := range group {
		for _, e := range p.said {
			if e.Time.After(after) && is(e) {
				times.Add(e.Time.Sub(after))
				break
			}
		}
	}
	return times
}
