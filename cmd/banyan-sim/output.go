package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime/pprof"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/banyan-rooms/banyan/mesh/sim"
)

// open opens the files that the flags name; what it returns closes them.
func (o *options) open(config *sim.Config) (closeAll func() error, err error) {
	var closers []func() error
	closeAll = func() error {
		var errs []error
		for _, c := range closers {
			errs = append(errs, c())
		}
		return errors.Join(errs...)
	}
	if o.trace != "" {
		f, err := os.Create(o.trace)
		if err != nil {
			return nil, fmt.Errorf("open the trace: %w", err)
		}
		out := bufio.NewWriterSize(f, 1<<20)
		config.Trace = out
		closers = append(closers, out.Flush, f.Close)
	}
	if o.cpuprofile != "" {
		f, err := os.Create(o.cpuprofile)
		if err != nil {
			return nil, errors.Join(fmt.Errorf("open the profile: %w", err), closeAll())
		}
		if err := pprof.StartCPUProfile(f); err != nil {
			return nil, errors.Join(fmt.Errorf("start the profile: %w", err), f.Close(), closeAll())
		}
		closers = append(closers, func() error { pprof.StopCPUProfile(); return nil }, f.Close)
	}
	return closeAll, nil
}

// result is what --json prints: the report, and what is not the same every time.
type result struct {
	sim.Report
	EventsPerSecond float64 `json:"events_per_s"`
	WallSeconds     float64 `json:"wall_s"`
	PeakRSS         int64   `json:"peak_rss_bytes"`
	Version         string  `json:"version"`
}

func (o *options) print(w io.Writer, version string, report sim.Report, wall time.Duration) error {
	rate := float64(report.Events) / max(wall.Seconds(), 1e-9)
	if o.json {
		return json.NewEncoder(w).Encode(result{report, rate, wall.Seconds(), peakRSS(), version})
	}
	if err := report.WriteTable(w); err != nil {
		return err
	}
	_, err := fmt.Fprintf(w, "in        %.1f s, %.0f events/s, %.1f times as fast as the clock, at most %d MiB\n",
		wall.Seconds(), rate, report.DurationSeconds/max(wall.Seconds(), 1e-9), peakRSS()>>20)
	return err
}

// replay is the command that gives the same run with a listing.
func (o *options) replay(cmd *cobra.Command) string {
	words := []string{cmd.CommandPath()}
	cmd.Flags().Visit(func(f *pflag.Flag) {
		switch f.Name {
		case "trace", "json", "cpuprofile", "log-level":
		default:
			words = append(words, "--"+f.Name, f.Value.String())
		}
	})
	return strings.Join(append(words, "--trace", "trace.txt"), " ")
}
