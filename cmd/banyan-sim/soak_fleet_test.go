package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/banyan-rooms/banyan/mesh/sim"
	"github.com/banyan-rooms/banyan/mesh/sim/scenarios"
	"github.com/banyan-rooms/banyan/mesh/sim/soak"
)

// firstSeed is that of the made-up soaks, whose cases only take time.
const firstSeed = 1000

// made is what comes of a made-up case.
func made(n int, fails bool) (scenarios.Ran, *soak.Failure) {
	ran := scenarios.Ran{Report: sim.Report{TraceHash: fmt.Sprint("hash ", n), Events: uint64(n + 1)}, Judged: n%2 == 0}
	if !fails {
		return ran, nil
	}
	s := scenarios.Scenario{Seed: firstSeed + uint64(n), Seeds: 1, Duration: time.Minute, World: sim.Config{Peers: 9}}
	return ran, &soak.Failure{Scenario: s, Way: "it is made up", Err: fmt.Errorf("case %d is made up", n)}
}

// makeUp has the cases of a soak take the times that takes says, and fail where fails does.
func makeUp(s *soaking, takes func(n int) time.Duration, fails func(n int) bool) {
	s.play = func(c scenarios.Scenario, stop func() error) (scenarios.Ran, *soak.Failure, error) {
		n := int(c.Seed - firstSeed)
		for end := time.Now().Add(takes(n)); time.Now().Before(end); <-time.After(10 * time.Millisecond) {
			if err := stop(); err != nil {
				return scenarios.Ran{}, nil, err
			}
		}
		ran, failed := made(n, fails(n))
		return ran, failed, nil
	}
}

// inOrder is a prefix of made-up cases that ended one after the other.
func inOrder(runs int, fails func(n int) bool) *prefix {
	p := newPrefix()
	for n := range runs {
		ran, failed := made(n, fails(n))
		p.add(n, outcome{ran.Report.TraceHash, ran.Report.Events, ran.Judged, failed})
	}
	return p
}

// seeds are those of failures.
func seeds(failed []soak.Failure) (all []uint64) {
	for _, f := range failed {
		all = append(all, f.Scenario.Seed)
	}
	return all
}

// wantSame holds that two prefixes say the same of their cases.
func wantSame(t *testing.T, got, want *prefix) {
	t.Helper()
	if got.runs != want.runs || got.judged != want.judged || got.events != want.events || got.sum() != want.sum() ||
		!slices.Equal(seeds(got.failed), seeds(want.failed)) {
		t.Errorf("got %d runs, %d judged, %d events, %s, failed %v\nwant %d runs, %d judged, %d events, %s, failed %v",
			got.runs, got.judged, got.events, got.sum(), seeds(got.failed), want.runs, want.judged, want.events, want.sum(), seeds(want.failed))
	}
}

func TestFleetSpeaksForItsFirstCases(t *testing.T) {
	odd := func(n int) bool { return n%2 == 1 }
	const second = time.Second
	tests := []struct {
		name        string
		slow        map[int]time.Duration // the others take a second
		cores, runs int
		limit       time.Duration
		interrupt   time.Duration // 0: never
		wantRuns    int
		wantBeyond  []uint64
		wantEnded   error
		wantTook    time.Duration
	}{
		{"runs that are over", nil, 2, 5, 0, 0, 5, nil, nil, 3 * second},
		{"what is under way when the time is over is finished", map[int]time.Duration{1: 5 * second}, 2, 0, 2500 * time.Millisecond, 0, 4, nil, errTime, 5 * second},
		{"a case that takes too long is a gap", map[int]time.Duration{2: time.Hour}, 2, 0, 4500 * time.Millisecond, 0, 2, []uint64{1003, 1005}, errTime, 4500*time.Millisecond + grace},
		{"the first case is a gap", map[int]time.Duration{0: time.Hour}, 2, 0, 2500 * time.Millisecond, 0, 0, []uint64{1001, 1003}, errTime, 2500*time.Millisecond + grace},
		{"an interrupt waits for none", map[int]time.Duration{1: 5 * second}, 2, 0, 0, 4500 * time.Millisecond, 1, []uint64{1003}, context.Canceled, 4500 * time.Millisecond},
		{"an interrupt when the time is over waits for none", map[int]time.Duration{1: 9 * second}, 2, 0, second, 4500 * time.Millisecond, 1, nil, errTime, 4500 * time.Millisecond},
		{"the last run ends when the time is over", nil, 1, 2, 1500 * time.Millisecond, 0, 2, nil, nil, 2 * second},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ctx, interrupt := context.WithCancel(t.Context())
				defer interrupt()
				if tt.interrupt > 0 {
					defer time.AfterFunc(tt.interrupt, interrupt).Stop()
				}
				s := newSoaking(firstSeed, tt.runs, tt.limit, &progress{})
				makeUp(s, func(n int) time.Duration { return max(tt.slow[n], second) }, odd)
				s.fleet(ctx, tt.cores)
				wantSame(t, s.prefix, inOrder(tt.wantRuns, odd))
				if got := seeds(s.prefix.beyond()); !slices.Equal(got, tt.wantBeyond) {
					t.Errorf("failed beyond: %v, want %v", got, tt.wantBeyond)
				}
				if !errors.Is(s.ended, tt.wantEnded) || s.took.Truncate(100*time.Millisecond) != tt.wantTook {
					t.Errorf("ended by %v after %v, want %v after %v", s.ended, s.took, tt.wantEnded, tt.wantTook)
				}
			})
		})
	}
}

// TestFleetEndsWithTheSameFailure on any number of cores, whichever fails first.
func TestFleetEndsWithTheSameFailure(t *testing.T) {
	fails := func(n int) bool { return n%3 != 0 }
	for _, runs := range []int{0, 1000, 150, 149} { // case 149 is the hundredth that fails
		for _, cores := range []int{1, 2, 7, 300} {
			synctest.Test(t, func(t *testing.T) {
				s := newSoaking(firstSeed, runs, 0, &progress{})
				makeUp(s, func(n int) time.Duration { return time.Duration(100+37*n%600) * time.Millisecond }, fails)
				s.fleet(t.Context(), cores)
				want, ended := 150, errEnough
				if runs == 150 || runs == 149 {
					want, ended = runs, nil
				}
				wantSame(t, s.prefix, inOrder(want, fails))
				if !errors.Is(s.ended, ended) {
					t.Errorf("%d runs on %d cores ended by %v, want %v", runs, cores, s.ended, ended)
				}
			})
		}
	}
}

// report is what the command prints of a soak that is over, and its error.
func report(t *testing.T, s *soaking, o *soakOptions) (string, error) {
	t.Helper()
	cmd := soakCommand()
	cmd.SetContext(t.Context())
	var out strings.Builder
	cmd.SetOut(&out)
	err := o.report(cmd, s)
	return out.String(), err
}

// TestSoakReportsWhatFailsBeyond its cases, as text and as an object, and keeps it.
func TestSoakReportsWhatFailsBeyond(t *testing.T) {
	fails := func(n int) bool { return n == 1 || n == 4 }
	s := newSoaking(firstSeed, 0, 0, &progress{})
	s.prefix = inOrder(2, fails)
	for n := 3; n < 6; n++ {
		ran, failed := made(n, fails(n))
		s.prefix.add(n, outcome{ran.Report.TraceHash, ran.Report.Events, ran.Judged, failed})
	}
	dir := t.TempDir()
	text, err := report(t, s, &soakOptions{keep: dir})
	if !errors.Is(err, errFailed) || err.Error() != "1 of 2 cases failed, and 1 beyond them" {
		t.Errorf("the text's error: %v", err)
	}
	out, err := report(t, s, &soakOptions{keep: dir, json: true})
	if !errors.Is(err, errFailed) {
		t.Errorf("the object's error: %v", err)
	}
	r := unmarshal(t, out)
	if r.Runs != 2 || r.Failed != 1 || r.Events != 3 || len(r.Failures) != 1 || r.Failures[0].Seed != 1001 || len(r.Beyond) != 1 || r.Beyond[0].Seed != 1004 {
		t.Errorf("got %+v", r)
	}
	rest := text
	for _, want := range []string{
		"seed 1001: ", "Beyond the cases that are counted:", "seed 1004: ",
		"2 cases from seed 1000 on, 1 of them held to settle, 1 failed, and 1 beyond them\ntrace " + r.TraceHash + " of 3 events\n",
	} {
		_, after, ok := strings.Cut(rest, want)
		if rest = after; !ok {
			t.Fatalf("no %q at its place in\n%s", want, text)
		}
	}
	for _, f := range slices.Concat(r.Failures, r.Beyond) {
		text, err := os.ReadFile(f.File)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := scenarios.Parse(text); err != nil {
			t.Errorf("what was kept: %v", err)
		}
	}
}

// TestSoakNamesWhatItCannotKeep has no place for failures.
func TestSoakNamesWhatItCannotKeep(t *testing.T) {
	fails := func(n int) bool { return n > 0 }
	s := newSoaking(firstSeed, 3, 0, &progress{})
	s.prefix = inOrder(3, fails)
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	out, err := report(t, s, &soakOptions{keep: file, json: true})
	if !errors.Is(err, errFailed) || !strings.Contains(err.Error(), "keep the failure of seed 1002") {
		t.Errorf("got %v", err)
	}
	var got []string
	for _, f := range unmarshal(t, out).Failures {
		got = append(got, f.File+f.Replay)
	}
	if want := []string{"banyan-sim soak --seed 1001 --runs 1", "banyan-sim soak --seed 1002 --runs 1"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}
