package measure

import (
	"slices"
	"testing"
	"time"
)

func TestGaps(t *testing.T) {
	const ms = time.Millisecond
	since := func(n uint64) time.Time { return frame(n, 0).Captured }
	run := func(from, to uint64) (all []Frame) {
		for n := from; n <= to; n++ {
			all = append(all, frame(n, ms))
		}
		return all
	}
	tests := []struct {
		name string
		in   [][]Frame
		want []Gap
	}{
		{"nothing is missing", [][]Frame{run(1, 40)}, nil},
		{"two frames are missing", [][]Frame{run(1, 2), run(5, 40)}, []Gap{{ann, since(3), 40 * ms}}},
		{"it may still come", [][]Frame{run(1, 2), run(5, 14)}, nil},
		{"it came late, and that is a gap", [][]Frame{run(1, 2), run(4, 8), {frame(3, 201*ms)}, run(9, 40)}, []Gap{{ann, since(3), 20 * ms}}},
		{"it came in time after others", [][]Frame{run(1, 2), run(4, 8), {frame(3, 150*ms)}, run(9, 40)}, nil},
		{"what was lost at first is no gap: it may be before the listener came", [][]Frame{run(20, 60)}, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			m := New(Config{})
			for _, f := range slices.Concat(tt.in...) {
				m.Heard(f)
			}
			if got := m.Gaps(); !slices.Equal(got, tt.want) {
				t.Errorf("got %v, want %v", got, tt.want)
			}
			if again := m.Gaps(); again != nil {
				t.Errorf("told again: %v", again)
			}
		})
	}
}

func TestGapsAreBounded(t *testing.T) {
	m := New(Config{})
	for n := uint64(0); n < 4*maxGaps; n += 2 {
		m.Heard(frame(n, time.Millisecond))
	}
	got := m.Gaps()
	if len(got) != maxGaps || got[maxGaps-1].Since.Before(frame(4*maxGaps-20, 0).Captured) {
		t.Errorf("%d gaps are kept, the newest since %v: want the newest %d", len(got), got[len(got)-1].Since, maxGaps)
	}
}
