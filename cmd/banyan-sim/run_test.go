package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/banyan-rooms/banyan/mesh/sim/scenarios"
)

// execute runs the command line as a user would, and returns what it printed.
func execute(ctx context.Context, args ...string) (string, error) {
	root := rootCommand()
	root.PersistentFlags().String("log-level", "info", "")
	root.Version = "v1.2.3"
	root.SilenceErrors, root.SilenceUsage = true, true
	var out bytes.Buffer
	root.SetOut(&out)
	root.SetErr(&bytes.Buffer{})
	root.SetArgs(args)
	err := root.ExecuteContext(ctx)
	return out.String(), err
}

func TestRunPrintsOneObject(t *testing.T) {
	args := []string{"run", "--peers", "40", "--seed", "7", "--duration", "10s", "--kill-relay", "6s", "--loss", "2%", "--churn", "0.5", "--json"}
	first, err := execute(t.Context(), args...)
	if err != nil {
		t.Fatal(err)
	}
	var r struct {
		Peers     int                `json:"peers"`
		Seed      uint64             `json:"seed"`
		DepthMax  int                `json:"depth_max"`
		Delivered float64            `json:"delivered"`
		Delay     map[string]float64 `json:"delay_ms"`
		Gap       map[string]float64 `json:"gap_ms"`
		TraceHash string             `json:"trace_hash"`
		Version   string             `json:"version"`
		Events    uint64             `json:"events"`
	}
	d := json.NewDecoder(strings.NewReader(first))
	if err := d.Decode(&r); err != nil || d.More() {
		t.Fatalf("not one object: %v\n%s", err, first)
	}
	if r.Peers != 40 || r.Seed != 7 || r.DepthMax < 1 || r.Delivered <= 0.5 || r.Delay["p50"] <= 0 ||
		len(r.Gap) < 3 || len(r.TraceHash) != 64 || r.Version != "v1.2.3" || r.Events == 0 {
		t.Errorf("got %+v", r)
	}
	again, err := execute(t.Context(), args...)
	if err != nil || !strings.Contains(again, r.TraceHash) {
		t.Errorf("the same command gives another trace: %v\n%s", err, again)
	}
}

func TestRunPrintsATable(t *testing.T) {
	file := filepath.Join(t.TempDir(), "trace.txt")
	out, err := execute(t.Context(), "run", "--peers", "10", "--duration", "4s", "--trace", file)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"depth", "delivered", "delay", "gap", "join", "trace", "events/s"} {
		if !strings.Contains(out, want) {
			t.Errorf("no %q in\n%s", want, out)
		}
	}
	if b, err := os.ReadFile(file); err != nil || !bytes.Contains(b, []byte("arrives")) {
		t.Errorf("the trace: %v, %d bytes", err, len(b))
	}
}

func TestRunRefuses(t *testing.T) {
	tests := []struct {
		name string
		args []string
		want string
	}{
		{"one peer", []string{"--peers", "1"}, "1 peers"},
		{"no time", []string{"--duration", "0s"}, "--duration"},
		{"a kill after the end", []string{"--duration", "10s", "--kill-relay", "11s"}, "--kill-relay"},
		{"a kill before the start", []string{"--kill-root", "-1s"}, "--kill-root"},
		{"a share that is none", []string{"--loss", "lots"}, "want a share"},
		{"an unknown world", []string{"--world", "moon"}, "continent or globe"},
		{"an unknown speech", []string{"--speech", "song"}, "conversation or turns"},
		{"an unknown protocol", []string{"--protocol", "flood"}, "banyan or plumtree"},
		{"an unknown flag", []string{"--colour"}, "colour"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := execute(t.Context(), append([]string{"run"}, tt.args...)...)
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %v, want something about %q", err, tt.want)
			}
		})
	}
}

func TestAnInterruptedRunSaysHowFarItCame(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := execute(ctx, "run", "--peers", "10")
	if err == nil || !strings.Contains(err.Error(), "stopped at 0s of 1m0s") || strings.Contains(err.Error(), "again") {
		t.Errorf("got %v", err)
	}
	if !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want it to be a cancellation", err)
	}
}

func TestAScenario(t *testing.T) {
	file := filepath.Join(t.TempDir(), "mine.yaml")
	text := "about: Mine.\nduration: 8s\nworld: {peers: 10}\ntargets: [{name: T17, measure: duplicates_played, at-most: 0}]\n"
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	out, err := execute(t.Context(), "run", file, "--seeds", "3", "--seed", "4", "--json")
	if err != nil {
		t.Fatal(err)
	}
	var p struct {
		Scenario string              `json:"scenario"`
		Seeds    int                 `json:"seeds"`
		First    uint64              `json:"first_seed"`
		Measures []scenarios.Measure `json:"measures"`
		Rate     float64             `json:"events_per_s"`
		PeakRSS  int64               `json:"peak_rss_bytes"`
	}
	if err := json.Unmarshal([]byte(out), &p); err != nil {
		t.Fatal(err)
	}
	if p.Scenario != "mine" || p.Seeds != 3 || p.First != 4 || len(p.Measures) != 1 || !p.Measures[0].Holds || p.PeakRSS == 0 || p.Rate == 0 {
		t.Errorf("got %+v", p)
	}
	if out, err = execute(t.Context(), "run", file, "--seeds", "1"); err != nil || !strings.Contains(out, "duplicates_played") || !strings.Contains(out, "yes") {
		t.Errorf("the table: %v\n%s", err, out)
	}
	if out, err = execute(t.Context(), "run", file, "--seeds", "1", "--protocol", "star"); err != nil || !strings.Contains(out, "mine with star") {
		t.Errorf("another protocol: %v\n%s", err, out)
	}
	if out, err = execute(t.Context(), "scenarios"); err != nil || !strings.Contains(out, "T16") {
		t.Errorf("the list: %v\n%s", err, out)
	}
	for _, args := range [][]string{{"run", "T99"}, {"run", file, "--peers", "3"}, {"run", file, "--trace", "x"}} {
		if _, err := execute(t.Context(), args...); err == nil {
			t.Errorf("%v: no error", args)
		}
	}
}
