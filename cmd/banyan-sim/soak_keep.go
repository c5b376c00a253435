package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"

	"github.com/banyan-rooms/banyan/mesh/sim/soak"
)

const (
	defaultTries = soak.Tries
	// shrinkEach is how many failures of one kind are made small: the rest most likely
	// have the same cause.
	shrinkEach = 3
)

// finding is a failure that was kept.
type finding struct {
	Seed   uint64 `json:"seed"` // of the case as it was drawn
	Way    string `json:"way"`
	Error  string `json:"error"` // of what is left of it
	Peers  int    `json:"peers"`
	Faults int    `json:"faults"`
	Tries  int    `json:"tries"` // runs that it was made small with
	File   string `json:"file"`  // empty when it could not be written
	Replay string `json:"replay"`
}

// keepOne makes a failure small and writes it down. What cannot be written is a finding
// all the same, and played again as it was drawn.
func (o *soakOptions) keepOne(ctx context.Context, line *progress, f soak.Failure, tries int) (finding, error) {
	seed, tried := f.Scenario.Seed, 0
	if tries > 0 {
		f, tried = soak.Shrink(f, tries, ctx.Err, func(tried int, best soak.Failure) {
			line.shrink(seed, tried, tries, best.Scenario.World.Peers, len(best.Scenario.World.Faults))
		})
	}
	file := filepath.Join(o.keep, fmt.Sprintf("%d.yaml", seed))
	text, err := f.Text(file, seed)
	if err == nil {
		err = os.WriteFile(file, text, 0o644) //nolint:gosec // others may read what was found
	}
	replay := soak.Replay(file)
	if err != nil {
		file, replay = "", fmt.Sprintf("banyan-sim soak --seed %d --runs 1", seed)
		err = fmt.Errorf("keep the failure of seed %d: %w", seed, err)
	}
	first, _, _ := strings.Cut(f.Err.Error(), "\n")
	return finding{
		Seed: seed, Way: f.Way, Error: first, Peers: f.Scenario.World.Peers, Faults: len(f.Scenario.World.Faults),
		Tries: tried, File: file, Replay: replay,
	}, err
}

// soaked is what --json prints of a soak. All that is said of its cases is of the first
// Runs of them: soak --seed First --runs Runs says it again.
type soaked struct {
	First           uint64    `json:"first_seed"`
	Runs            int       `json:"runs"`
	Judged          int       `json:"judged"` // of them had what a tree is made of when they were calm
	Failed          int       `json:"failed"`
	Events          uint64    `json:"events"`
	TraceHash       string    `json:"trace_hash"` // of the runs' hashes, in the order of the seeds
	Ended           string    `json:"ended"`      // why
	Failures        []finding `json:"failures"`
	Beyond          []finding `json:"beyond"`       // failed among cases past the runs, and are not counted
	EventsPerSecond float64   `json:"events_per_s"` // of all cores, before failures were made small
	WallSeconds     float64   `json:"wall_s"`
	Cores           int       `json:"cores"`
	Version         string    `json:"version"`
}

func (o *soakOptions) sumUp(s *soaking, found []finding, version string) soaked {
	p := s.prefix
	r := soaked{
		First: s.first, Runs: p.runs, Judged: p.judged, Failed: len(p.failed), Events: p.events, TraceHash: p.sum(),
		Failures: []finding{}, Beyond: []finding{}, // none, and not null
		EventsPerSecond: float64(s.events) / max(s.took.Seconds(), 1e-9), WallSeconds: s.took.Seconds(), Cores: runtime.GOMAXPROCS(0), Version: version,
	}
	r.Failures = append(r.Failures, found[:r.Failed]...)
	r.Beyond = append(r.Beyond, found[r.Failed:]...)
	switch {
	case s.ended == nil:
		r.Ended = "all runs are over"
	case errors.Is(s.ended, context.Canceled):
		r.Ended = "interrupted"
	default:
		r.Ended = s.ended.Error()
	}
	return r
}

// failure is the error of a soak in which something failed.
func (r soaked) failure() error {
	switch more := len(r.Beyond); {
	case more > 0:
		return fmt.Errorf("%d of %d %w, and %d beyond them", r.Failed, r.Runs, errFailed, more)
	case r.Failed > 0:
		return fmt.Errorf("%d of %d %w", r.Failed, r.Runs, errFailed)
	}
	return nil
}

// print writes the summary.
func (r soaked) print(w io.Writer, asJSON bool) error {
	if asJSON {
		return json.NewEncoder(w).Encode(r)
	}
	for _, f := range r.Failures {
		f.print(w)
	}
	more := ""
	if n := len(r.Beyond); n > 0 {
		fmt.Fprint(w, "Beyond the cases that are counted:\n\n")
		for _, f := range r.Beyond {
			f.print(w)
		}
		more = fmt.Sprintf(", and %d beyond them", n)
	}
	_, err := fmt.Fprintf(w, "%d cases from seed %d on, %d of them held to settle, %d failed%s\ntrace %s of %d events\nin %.1f s on %d cores, %.0f events/s; %s\n",
		r.Runs, r.First, r.Judged, r.Failed, more, r.TraceHash, r.Events, r.WallSeconds, r.Cores, r.EventsPerSecond, r.Ended)
	return err
}

// print writes a paragraph about a failure.
func (f finding) print(w io.Writer) {
	fmt.Fprintf(w, "seed %d: %s\n  %s\n  %d peers, %d faults: %s\n\n", f.Seed, f.Way, f.Error, f.Peers, f.Faults, f.Replay)
}
