package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"runtime"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"github.com/banyan-rooms/banyan/cmd/internal/program"
)

// soakOptions are what `soak` can be told.
type soakOptions struct {
	limit time.Duration // on the wall
	seed  uint64
	runs  int
	keep  string
	tries int
	json  bool
}

func soakCommand() *cobra.Command {
	o := &soakOptions{}
	cmd := &cobra.Command{
		Use:   "soak",
		Short: "Make up rooms and faults, and look for one that fails",
		Long: `Draw one random case after the other, each from a seed of its own: a room of two to
three hundred peers, most of them small, the network, who comes and goes, and up to
four faults. Each is run on a core of its own, and two things are looked at:

  safety     no invariant of the mesh breaks, after any event (a loop, a frame played
             twice, a peer that feeds more than it may, ...)
  liveness   when the faults are over the room gets calm: nothing is lost, nobody
             leaves. Within a minute (three, where some had passed no sound on) it must
             be one tree in which everybody hears the stage. Rooms that the faults
             left too few who feed others in are excused; the summary says how many
             were judged.

A case that fails is made small: fewer peers and faults, no loss, no churn, shorter, as
long as it fails in the same way. What is left is written as a scenario into --keep, with
the command that plays it again. Only the first ` + fmt.Sprint(shrinkEach) + ` that failed alike are made small.

The same --seed and --runs give the same cases and the same trace hash, however many
cores there are (GOMAXPROCS sets how many are used). A soak that ends otherwise speaks
for its first cases without a gap: with their number as --runs they can be played again.
When the time is over the cases under way are finished, which takes a second as a rule;
those that need more than ` + fmt.Sprint(grace) + ` are dropped. Ctrl-C drops them at once. After ` + fmt.Sprint(enough) + ` failures a
soak has seen enough, and ends with the case that was the last of them.

What failed past the first case that was dropped is kept too, and named apart (in the
JSON, beyond): it is not among the cases that are counted. The exit code is 1 when
something failed, be it there.`,
		Example: `  # Ten minutes on all cores
  banyan-sim soak --for 10m

  # Overnight, on one core and out of the way, from seeds that nobody has had
  GOMAXPROCS=1 nice banyan-sim soak --for 8h --seed $(date +%s)000000 --keep found

  # What continuous integration runs: always the same fifty
  banyan-sim soak --runs 50 --json

  # One case again that a soak named
  banyan-sim soak --seed 4711 --runs 1

  # A failure that was kept: play it and read what led to it
  banyan-sim run found/4711.yaml --trace trace.txt; tail -n 100 trace.txt`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return o.run(cmd) },
	}
	f := cmd.Flags()
	f.DurationVar(&o.limit, "for", time.Minute, "how long to begin cases (0: until --runs or Ctrl-C; so it is with --runs alone)")
	f.Uint64Var(&o.seed, "seed", 1, "the first case's; each further one has the next")
	f.IntVar(&o.runs, "runs", 0, "stop after so many cases (0: no limit)")
	f.StringVar(&o.keep, "keep", "found", "the `DIR`ectory in which failures are kept; made when there is one")
	f.IntVar(&o.tries, "tries", defaultTries, "runs to make a failure small with (0: keep it as it is)")
	f.BoolVar(&o.json, "json", false, "print one JSON object instead of the summary")
	return cmd
}

// errFailed is a soak that found something.
var errFailed = errors.New("cases failed")

// run soaks, makes small what failed, and sums up.
func (o *soakOptions) run(cmd *cobra.Command) error {
	if o.limit < 0 || o.runs < 0 || o.tries < 0 || o.keep == "" {
		return program.Usage("--for %v --runs %d --tries %d --keep %q: want positive numbers, and a directory", o.limit, o.runs, o.tries, o.keep)
	}
	if o.runs > 0 && !cmd.Flags().Changed("for") {
		o.limit = 0
	}
	s := newSoaking(o.seed, o.runs, o.limit, newProgress(cmd.ErrOrStderr()))
	s.fleet(cmd.Context(), runtime.GOMAXPROCS(0))
	return o.report(cmd, s)
}

// report keeps what a soak found, prints what there is to say of it, and returns an error
// if anything failed.
func (o *soakOptions) report(cmd *cobra.Command, s *soaking) error {
	found, err := o.keepAll(cmd.Context(), s)
	s.line.clear()
	summary := o.sumUp(s, found, cmd.Root().Version)
	return errors.Join(summary.failure(), err, summary.print(cmd.OutOrStdout(), o.json))
}

// keepAll makes the failures small and writes them down, in the order of their seeds:
// those of the cases that are counted, then those beyond. All of them are returned; the
// error says which could not be written.
func (o *soakOptions) keepAll(ctx context.Context, s *soaking) ([]finding, error) {
	failed := slices.Concat(s.prefix.failed, s.prefix.beyond())
	if len(failed) == 0 {
		return nil, nil
	}
	var errs []error
	if err := os.MkdirAll(o.keep, 0o755); err != nil { //nolint:gosec // others may read what was found
		errs = append(errs, fmt.Errorf("keep failures: %w", err))
	}
	alike := map[string]int{}
	var found []finding
	for _, f := range failed {
		tries := o.tries
		if alike[f.Way]++; alike[f.Way] > shrinkEach {
			tries = 0
		}
		one, err := o.keepOne(ctx, s.line, f, tries)
		errs = append(errs, err)
		found = append(found, one)
	}
	return found, errors.Join(errs...)
}
