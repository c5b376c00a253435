package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"runtime"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/banyan-rooms/banyan/cmd/internal/program"
	"github.com/banyan-rooms/banyan/mesh/sim/baseline"
	"github.com/banyan-rooms/banyan/mesh/sim/scenarios"
)

// played is what --json prints of a scenario: its result, and what is not the same every
// time.
type played struct {
	scenarios.Result
	EventsPerSecond float64 `json:"events_per_s"` // of all cores
	WallSeconds     float64 `json:"wall_s"`
	Cores           int     `json:"cores"`
	PeakRSS         int64   `json:"peak_rss_bytes"`
	Version         string  `json:"version"`
}

// ofScenario are the flags that go with a scenario; the rest is what it says itself.
var ofScenario = map[string]bool{"seeds": true, "seed": true, "json": true, "protocol": true, "trace": true, "cpuprofile": true, "log-level": true}

// play plays a scenario with many seeds.
func (o *options) play(cmd *cobra.Command, name string) (err error) {
	var foreign error
	cmd.Flags().Visit(func(f *pflag.Flag) {
		if !ofScenario[f.Name] && foreign == nil {
			foreign = program.Usage("--%s: a scenario says that itself; change its file", f.Name)
		}
	})
	if foreign != nil {
		return foreign
	}
	s, err := scenarios.Load(name)
	if err != nil {
		return program.Usage("%w", err)
	}
	first := s.Seed
	if cmd.Flags().Changed("seed") {
		first = o.world.Seed
	}
	if o.seeds > 0 {
		s.Seeds = o.seeds
	}
	if cmd.Flags().Changed("protocol") {
		if s.World.Protocol, err = baseline.Named(o.protocol.word); err != nil {
			return program.Usage("%w", err)
		}
	}
	if o.trace != "" && s.Seeds != 1 {
		return program.Usage("--trace: of one run only; give --seeds 1 and its --seed")
	}
	closeFiles, err := o.open(&s.World)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, closeFiles()) }()
	spareMemory(s.World.Peers)
	line := newProgress(cmd.ErrOrStderr())
	started := time.Now()
	r, err := scenarios.Play(cmd.Context(), s, first, func(ran int) { line.count(ran, s.Seeds) })
	line.clear()
	switch {
	case errors.Is(err, context.Canceled):
		return err
	case err != nil:
		return fmt.Errorf("%w\nShow it again: banyan-sim run %s --seeds 1 --seed SEED --trace trace.txt", err, name)
	}
	wall := time.Since(started)
	p := played{
		Result: r, EventsPerSecond: float64(r.Events) / max(wall.Seconds(), 1e-9), WallSeconds: wall.Seconds(),
		Cores: runtime.GOMAXPROCS(0), PeakRSS: peakRSS(), Version: cmd.Root().Version,
	}
	if o.json {
		return json.NewEncoder(cmd.OutOrStdout()).Encode(p)
	}
	return p.print(cmd.OutOrStdout(), name)
}

// print writes the table.
func (p played) print(w io.Writer, name string) error {
	fmt.Fprintf(w, "%s\n\n%s with %s: %d peers, %d seeds from %d on, %v s each\n\n", p.About, p.Scenario, p.Protocol, p.Peers, p.Seeds, p.First, p.Seconds)
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "\tmeasure\ttarget\tmean\t95 % interval\tp50\tp95\tp99\tworst seed\tholds")
	for _, m := range p.Measures {
		sign, holds := "≤", "yes"
		if m.AtLeast != nil {
			sign = "≥"
		}
		if !m.Holds {
			holds = "NO"
		}
		fmt.Fprintf(t, "%s\t%s\t%s %g\t%.5g\t%.5g to %.5g\t%.5g\t%.5g\t%.5g\t%d\t%s\n",
			m.Name, m.Measure, sign, m.Target, m.Value, m.Low, m.High, m.P50, m.P95, m.P99, m.Worst, holds)
	}
	if err := t.Flush(); err != nil {
		return err
	}
	_, err := fmt.Fprintf(w, "\ntrace %s of %d events\nin %.1f s on %d cores, %.0f events/s, at most %d MiB\none run alone: banyan-sim run %s --seeds 1 --seed SEED --trace trace.txt\n",
		p.TraceHash, p.Events, p.WallSeconds, p.Cores, p.EventsPerSecond, p.PeakRSS>>20, name)
	return err
}

func scenariosCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "scenarios",
		Short: "List the scenarios that come with the program",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			t := tabwriter.NewWriter(cmd.OutOrStdout(), 0, 0, 2, ' ', 0)
			for _, name := range scenarios.Names() {
				s, err := scenarios.Load(name)
				if err != nil {
					return err
				}
				fmt.Fprintf(t, "%s\t%d peers, %d × %v\t%s\n", name, s.World.Peers, s.Seeds, s.Duration, s.About)
			}
			return t.Flush()
		},
	}
}
