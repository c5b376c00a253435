package scenarios

import (
	"context"
	"errors"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/banyan-rooms/banyan/mesh/sim"
)

const small = `
about: A small room.
seeds: 3
duration: 12s
world: {peers: 30, community: 0, relays: 50%, loss: 2%, speech: conversation, geography: globe}
faults:
  - {at: 8s, what: kill-root}
targets:
  - {name: T4, measure: gap_ms.max, at-most: 5000}
  - {name: mine, measure: delivered, at-least: 0.99999}
`

func TestThoseThatComeWithTheProgram(t *testing.T) {
	names := Names()
	if len(names) < 12 {
		t.Errorf("there are %v", names)
	}
	for _, name := range names {
		s, err := Load(name)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if s.Name != name || s.About == "" || s.Seeds < 5 || len(s.Targets) == 0 {
			t.Errorf("%s: %+v", name, s)
		}
		if !slices.ContainsFunc(s.Targets, func(m Target) bool { return strings.HasPrefix(name, m.Name) }) {
			t.Errorf("%s does not measure what it is called after", name)
		}
	}
	if _, err := Load("T99"); err == nil || !strings.Contains(err.Error(), "T16") {
		t.Errorf("a scenario that is not there: %v", err)
	}
	if _, err := Load("./none.yaml"); err == nil {
		t.Error("a file that is not there was read")
	}
}

func TestParse(t *testing.T) {
	s, err := Parse([]byte(small))
	if err != nil {
		t.Fatal(err)
	}
	w := s.World
	if w.Peers != 30 || w.Community != -1 || w.Relays != 0.5 || w.Loss.Rate != 0.02 || w.Speech != sim.Conversation || w.Geography.Name != "globe" ||
		len(w.Faults) != 1 || w.Faults[0] != (sim.Fault{At: 8 * time.Second, Kind: sim.KillRoot}) || s.Duration != 12*time.Second || len(s.Targets) != 2 {
		t.Errorf("read %+v", s)
	}
	tests := []struct{ name, old, now, says string }{
		{"an unknown word", "seeds: 3", "seads: 3", "seads"},
		{"no time", "duration: 12s", "duration: soon", "soon"},
		{"no duration", "duration: 12s", "duration: 0s", "positive time"},
		{"too many seeds", "seeds: 3", "seeds: 2000000", "2000000 seeds"},
		{"no share", "loss: 2%", "loss: some", "some"},
		{"too lossy", "loss: 2%", "loss: 90%", "0.9"},
		{"an unknown fault", "kill-root", "flood", "flood"},
		{"calm after the end", "seeds: 3", "calm: 12s", "calm at 12s"},
		{"a fault after the end", "at: 8s", "at: 12s", "within 12s"},
		{"unknown talk", "conversation", "shouting", "shouting"},
		{"no such place", "globe", "moon", "moon"},
		{"a target of nothing", "gap_ms.max", "gap_ms.sum", "gap_ms.sum"},
		{"a target of an object", "gap_ms.max", "gap_ms", "no number"},
		{"a target both ways", "at-most: 5000", "at-most: 1, at-least: 0", "either"},
		{"nobody", "peers: 30", "peers: 1", "1 peers"},
		{"no YAML", "seeds: 3", "seeds: [", "yaml"},
	}
	for _, tt := range tests {
		text := strings.Replace(small, tt.old, tt.now, 1)
		if _, err := Parse([]byte(text)); err == nil || !strings.Contains(err.Error(), tt.says) {
			t.Errorf("%s: %v, want an error that says %q", tt.name, err, tt.says)
		}
	}
	if _, err := Parse(make([]byte, maxFile+1)); err == nil {
		t.Error("a file as large as a film was read")
	}
}

func TestPlay(t *testing.T) {
	s, err := Parse([]byte(small))
	if err != nil {
		t.Fatal(err)
	}
	ran := 0
	play := func(cores int) Result {
		t.Helper()
		defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(cores))
		r, err := Play(t.Context(), s, 5, func(int) { ran++ })
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	one, many := play(1), play(8)
	if one.TraceHash != many.TraceHash || one.Measures[0].High != many.Measures[0].High || ran != 6 {
		t.Errorf("on one core %+v, on eight %+v, after %d runs", one, many, ran)
	}
	if one.Seeds != 3 || one.First != 5 || one.Reports[2].Seed != 7 || one.Events == 0 || len(one.Reports) != 3 {
		t.Errorf("got %+v", one)
	}
	if m := one.Measures[0]; !m.Holds || m.Target != 5000 || m.Low > m.Value || m.Value > m.High {
		t.Errorf("the first target: %+v", m)
	}
	if m := one.Measures[1]; m.Holds || m.Value == 0 {
		t.Errorf("the second target, which a dead root does not allow: %+v", m)
	}

	s.World.Invariants = []sim.Invariant{{Name: "nobody is a root", Check: func(sc *sim.Scene) error {
		if sc.Machine.IsRoot(0) {
			return errors.New("somebody is")
		}
		return nil
	}}}
	if _, err := Play(t.Context(), s, 1, func(int) {}); err == nil || !strings.Contains(err.Error(), "nobody is a root") {
		t.Errorf("a broken invariant: %v", err)
	}
	s.World.Invariants = nil
	ctx, stop := context.WithCancel(t.Context())
	stop()
	if _, err := Play(ctx, s, 1, func(int) {}); !errors.Is(err, context.Canceled) {
		t.Errorf("stopped: %v", err)
	}
}

func TestMeasure(t *testing.T) {
	limit := 10.0
	values := []float64{1, 2, 3, 4, 5, 6, 7, 8, 9, 30}
	m := measure(Target{Name: "T1", AtMost: &limit}, 1, values)
	if m.Value != 7.5 || m.Low < 3.5 || m.Low > 5.5 || m.High < 10 || m.High > 15 || m.Holds || m.Worst != 10 || m.P50 != 5 || m.P99 != 30 {
		t.Errorf("at most: %+v", m)
	}
	limit = 3
	m = measure(Target{Name: "T1", AtLeast: &limit}, 1, values)
	if !m.Holds || m.Worst != 1 {
		t.Errorf("at least: %+v", m)
	}
	if low, high := interval([]float64{4, 4, 4}); low != 4 || high != 4 {
		t.Errorf("values that are all the same lie between %v and %v", low, high)
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(small))
	for _, name := range Names() {
		text, err := files.ReadFile(name + ".yaml")
		if err != nil {
			f.Fatal(err)
		}
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		s, err := Parse(text)
		if err == nil && (s.Seeds < 1 || s.Duration <= 0 || s.World.Validate() != nil) {
			t.Errorf("read %+v", s)
		}
	})
}
