package main

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/banyan-rooms/banyan/mesh/sim"
	"github.com/banyan-rooms/banyan/mesh/sim/scenarios"
	"github.com/banyan-rooms/banyan/mesh/sim/soak"
)

// TestSoak is the soak that runs with every change: always the same cases.
func TestSoak(t *testing.T) {
	seeds := "24"
	if testing.Short() {
		seeds = "6"
	}
	out, err := execute(t.Context(), "soak", "--seed", "20", "--runs", seeds, "--tries", "0", "--keep", filepath.Join(t.TempDir(), "found"))
	if err != nil {
		t.Errorf("%v:\n%s\nMake it small with banyan-sim soak --seed SEED --runs 1", err, out)
	}
}

func TestSoakIsTheSameOnAnyNumberOfCores(t *testing.T) {
	play := func(cores int) soaked {
		t.Helper()
		defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(cores))
		out, err := execute(t.Context(), "soak", "--seed", "40", "--runs", "8", "--tries", "0", "--keep", t.TempDir(), "--json")
		if err != nil && !errors.Is(err, errFailed) {
			t.Fatal(err)
		}
		r := unmarshal(t, out)
		if (err != nil) != (r.Failed > 0) || r.Cores != cores {
			t.Errorf("%v, with %+v", err, r)
		}
		return r
	}
	one, four := play(1), play(4)
	if one.TraceHash != four.TraceHash || one.Events != four.Events || one.Runs != 8 || four.Runs != 8 || one.Judged != four.Judged || one.Failed != four.Failed {
		t.Errorf("on one core %+v\non four %+v", one, four)
	}
	if one.Judged == 0 || one.Events == 0 || one.First != 40 || one.Ended != "all runs are over" {
		t.Errorf("got %+v", one)
	}
}

// TestSoakEndedByTimeCanBePlayedAgain by its number of runs, on fewer cores.
func TestSoakEndedByTimeCanBePlayedAgain(t *testing.T) {
	play := func(cores int, args ...string) soaked {
		t.Helper()
		defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(cores))
		out, err := execute(t.Context(), append([]string{"soak", "--seed", "8", "--tries", "0", "--keep", t.TempDir(), "--json"}, args...)...)
		if err != nil && !errors.Is(err, errFailed) {
			t.Fatal(err)
		}
		return unmarshal(t, out)
	}
	timed := play(4, "--for", "100ms")
	if timed.Runs == 0 {
		t.Skip("no case ended in time: too little of a processor")
	}
	again := play(1, "--runs", strconv.Itoa(timed.Runs))
	if timed.TraceHash != again.TraceHash || timed.Events != again.Events || timed.Runs != again.Runs || timed.Judged != again.Judged || timed.Failed != again.Failed {
		t.Errorf("by time %+v\nby runs %+v", timed, again)
	}
}

func unmarshal(t *testing.T, out string) (r soaked) {
	t.Helper()
	if err := json.Unmarshal([]byte(out), &r); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return r
}

func TestSoakEnds(t *testing.T) {
	interrupted, stop := context.WithCancel(t.Context())
	stop()
	tests := []struct {
		name string
		ctx  context.Context //nolint:containedctx // it is what is tested
		args []string
		want string
	}{
		{"when the time is over", t.Context(), []string{"--for", "50ms"}, "the time is over"},
		{"when it is interrupted", interrupted, nil, "interrupted"},
		{"after its runs", t.Context(), []string{"--runs", "1", "--seed", "30"}, "all runs are over"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "found")
			out, err := execute(tt.ctx, append([]string{"soak", "--keep", dir, "--tries", "0"}, tt.args...)...)
			if err != nil && !errors.Is(err, errFailed) || !strings.Contains(out, tt.want) || !strings.Contains(out, "held to settle") {
				t.Errorf("%v, said %s", err, out)
			}
			if _, missing := os.Stat(dir); err == nil && missing == nil {
				t.Error("there is a place for failures, and none")
			}
		})
	}
	for _, args := range [][]string{{"--for", "-1s"}, {"--runs", "-1"}, {"--keep", ""}, {"more"}} {
		if _, err := execute(t.Context(), append([]string{"soak"}, args...)...); err == nil || errors.Is(err, errFailed) {
			t.Errorf("%v: got %v", args, err)
		}
	}
}

// TestSoakKeepsWhatFails has rooms stay split.
func TestSoakKeepsWhatFails(t *testing.T) {
	s := scenarios.Scenario{Seeds: 1, Calm: 9 * time.Second, Duration: 20 * time.Second, World: sim.Config{
		Peers: 12, Relays: 1, Slack: time.Second, Arrivals: time.Second, Geography: sim.Continent(),
		Faults: []sim.Fault{{At: 5 * time.Second, Kind: sim.KillRelay}, {At: 6 * time.Second, Kind: sim.Split, Share: 0.5, For: time.Hour}},
	}}
	so := newSoaking(7, 0, 0, &progress{})
	for n := range 2*shrinkEach + 1 { // it may have two roots, or some without a parent
		s.Seed = so.first + uint64(n)
		ran, f, err := soak.Run(s, t.Context().Err)
		if err != nil || f == nil {
			t.Fatalf("a split room settles: %v", err)
		}
		so.prefix.add(n, outcome{ran.Report.TraceHash, ran.Report.Events, ran.Judged, f})
	}
	o := &soakOptions{keep: filepath.Join(t.TempDir(), "found"), tries: 12}
	found, err := o.keepAll(t.Context(), so)
	if err != nil || len(found) != so.prefix.runs {
		t.Fatalf("%v, found %+v", err, found)
	}
	small, smaller := map[string]int{}, 0
	for _, f := range found {
		if f.Tries > 0 {
			small[f.Way]++
		}
		if f.Peers < 12 {
			smaller++
		}
		if f.Tries == 0 && f.Peers < 12 || small[f.Way] > shrinkEach || f.Tries == 0 && small[f.Way] < shrinkEach {
			t.Errorf("after %v: %+v", small, f)
		}
		if !strings.HasPrefix(f.Replay, "banyan-sim run ") || !strings.Contains(f.Replay, f.File) {
			t.Errorf("replay with %q", f.Replay)
		}
	}
	if smaller == 0 {
		t.Errorf("none of %d failures was made smaller", len(found))
	}
	for _, f := range []finding{found[0], found[len(found)-1]} {
		_, err := execute(t.Context(), strings.Fields(f.Replay)[1:3]...)
		if err == nil || !strings.Contains(err.Error(), f.Error) {
			t.Errorf("played again it says %v\nwant %s", err, f.Error)
		}
	}
	var out strings.Builder
	if err := o.sumUp(so, found, "v1").print(&out, false); err != nil || !strings.Contains(out.String(), "7 failed") || !strings.Contains(out.String(), found[0].Replay) {
		t.Errorf("%v, said %s", err, out.String())
	}
}
