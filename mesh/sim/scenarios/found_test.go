package scenarios

import (
	"path/filepath"
	"testing"
)

// TestFound plays what soaks have found: it was put right, and stays right.
func TestFound(t *testing.T) { playAll(t, "found/*.yaml") }

// playAll plays the scenarios of a folder with each of their seeds; none may fail.
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
				if _, err := Run(s, seed, never); err != nil {
					t.Errorf("%v\nagain: banyan-sim run mesh/sim/scenarios/%s --seeds 1 --seed %d --trace trace.txt", err, file, seed)
				}
			}
		})
	}
}
