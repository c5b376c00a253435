package scenarios

import (
	"fmt"
	"path/filepath"
	"testing"

	"github.com/banyan-rooms/banyan/mesh/sim"
)

// TestFound plays what soaks have found: it was put right, and stays right.
func TestFound(t *testing.T) { playAll(t, "found/*.yaml") }

// playAll plays the scenarios of a folder with each of their seeds; none may fail,
// nor miss a target that it names.
func playAll(t *testing.T, pattern string) {
	t.Helper()
	files, err := filepath.Glob(pattern)
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			t.Parallel()
			s, err := Load(file)
			if err != nil {
				t.Fatal(err)
			}
			for seed := s.Seed; seed < s.Seed+uint64(s.Seeds); seed++ {
				if err := playOne(s, seed); err != nil {
					t.Errorf("%v\nagain: banyan-sim run mesh/sim/scenarios/%s --seeds 1 --seed %d --trace trace.txt", err, file, seed)
				}
			}
		})
	}
}

func playOne(s Scenario, seed uint64) error {
	ran, err := Run(s, seed, never)
	if err != nil {
		return err
	}
	sum, err := sumUp(s, []sim.Report{ran.Report})
	if err != nil {
		return err
	}
	for _, m := range sum.Measures {
		if !m.Holds {
			return fmt.Errorf("%s is %g, and the target %g", m.Measure, m.Value, m.Target)
		}
	}
	return nil
}
