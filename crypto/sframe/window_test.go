package sframe

import (
	"math"
	"testing"

	"pgregory.net/rapid"
)

func TestWindow(t *testing.T) {
	type step struct {
		ctr  uint64
		want bool
	}
	tests := []struct {
		name  string
		steps []step
	}{
		{"each once", []step{{0, true}, {1, true}, {2, true}, {1, false}, {0, false}, {2, false}}},
		{"zero is a counter like any", []step{{0, true}, {0, false}}},
		{"it begins anywhere", []step{{5000, true}, {4999, true}, {5000, false}, {5001, true}, {4999, false}}},
		{"out of order", []step{{10, true}, {7, true}, {9, true}, {8, true}, {7, false}, {11, true}}},
		{"the oldest that fits", []step{{WindowSize, true}, {1, true}, {1, false}, {0, false}}},
		{"too old, though never seen", []step{{WindowSize + 5, true}, {5, false}, {0, false}, {6, true}}},
		{"a jump of one less than the window", []step{{3, true}, {3 + WindowSize - 1, true}, {3, false}, {4, true}}},
		{"a jump of just the window", []step{{3, true}, {3 + WindowSize, true}, {3, false}, {4, true}}},
		{"a jump over many windows", []step{{3, true}, {1 << 40, true}, {1<<40 - 1, true}, {3, false}, {1<<40 - WindowSize, false}}},
		{"a jump that lands on the same bit", []step{{3, true}, {3 + 4*WindowSize, true}, {3 + 4*WindowSize, false}, {4 + 4*WindowSize, true}}},
		{"what was jumped over is new", []step{{0, true}, {200, true}, {100, true}, {100, false}, {64, true}, {128, true}}},
		{"the end of all counters", []step{
			{math.MaxUint64 - 1, true},
			{math.MaxUint64, true},
			{math.MaxUint64, false},
			{math.MaxUint64 - WindowSize + 1, true},
			{math.MaxUint64 - WindowSize, false},
			{0, false},
		}},
		{"from nothing to the end", []step{{0, true}, {math.MaxUint64, true}, {math.MaxUint64 - 1, true}, {0, false}}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var w Window
			for _, s := range tt.steps {
				if seen := w.Seen(s.ctr); seen == s.want {
					t.Errorf("Seen(%d) = %v before", s.ctr, seen)
				}
				if got := w.Accept(s.ctr); got != s.want {
					t.Errorf("Accept(%d) = %v, want %v", s.ctr, got, s.want)
				}
				if !w.Seen(s.ctr) {
					t.Errorf("Seen(%d) = false after", s.ctr)
				}
			}
		})
	}
}

// TestWindowSlides runs through several turns of the ring from starts around each
// of its edges.
func TestWindowSlides(t *testing.T) {
	for _, edge := range []uint64{0, 64, WindowSize, 3 * WindowSize, math.MaxUint64 - 4*WindowSize} {
		for start := edge - min(edge, 2); start <= edge+2; start++ {
			var w Window
			for ctr := start; ctr < start+3*WindowSize; ctr++ {
				if !w.Accept(ctr) || w.Accept(ctr) {
					t.Fatalf("from %d: %d is not accepted just once", start, ctr)
				}
				if ctr > start && !w.Seen(ctr-1) {
					t.Fatalf("from %d: %d forgotten after %d", start, ctr-1, ctr)
				}
			}
		}
	}
}

func TestWindowTop(t *testing.T) {
	var w Window
	if top, any := w.Top(); any {
		t.Errorf("nothing was accepted, but the top is %d", top)
	}
	for _, s := range []struct{ ctr, top uint64 }{{9, 9}, {3, 9}, {9, 9}, {12, 12}, {5000, 5000}, {12, 5000}} {
		w.Accept(s.ctr)
		if top, any := w.Top(); !any || top != s.top {
			t.Errorf("after %d: top %d, %v; want %d", s.ctr, top, any, s.top)
		}
	}
}

// TestWindowIsASet holds the ring against a set of all counters ever accepted.
func TestWindowIsASet(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		var w Window
		accepted := map[uint64]bool{}
		top := rapid.SampledFrom([]uint64{0, 1, WindowSize, 1 << 32, math.MaxUint64 - 9*WindowSize}).Draw(rt, "start")
		begun := false
		for range rapid.IntRange(1, 300).Draw(rt, "steps") {
			var ctr uint64
			switch back := rapid.Uint64Range(0, WindowSize+100); rapid.IntRange(0, 9).Draw(rt, "kind") {
			case 0:
				ctr = top + min(back.Draw(rt, "far ahead"), math.MaxUint64-top)
			case 1, 2, 3:
				ctr = top + min(rapid.Uint64Range(0, 70).Draw(rt, "ahead"), math.MaxUint64-top)
			default:
				ctr = top - min(back.Draw(rt, "behind"), top)
			}
			tooOld := begun && ctr < top && top-ctr >= WindowSize
			want := !accepted[ctr] && !tooOld
			if got := w.Seen(ctr); got == want {
				rt.Fatalf("Seen(%d) = %v at top %d", ctr, got, top)
			}
			if got := w.Accept(ctr); got != want {
				rt.Fatalf("Accept(%d) = %v at top %d, want %v", ctr, got, top, want)
			}
			if want {
				accepted[ctr] = true
				if !begun || ctr > top {
					top = ctr
				}
				begun = true
			}
		}
	})
}

func BenchmarkAccept(b *testing.B) {
	var w Window
	b.ReportAllocs()
	for ctr := uint64(0); b.Loop(); ctr++ {
		w.Accept(ctr)
	}
}

func TestWindowNear(t *testing.T) {
	var w Window
	if w.Near(0) {
		t.Error("near to nothing")
	}
	const top = 5000
	w.Accept(top)
	for ctr, want := range map[uint64]bool{
		top: true, top + WindowSize - 1: true, top + WindowSize: false, top - WindowSize + 1: true, top - WindowSize: false, 0: false, math.MaxUint64: false,
	} {
		if w.Near(ctr) != want {
			t.Errorf("Near(%d) is %v", ctr, !want)
		}
	}
}
