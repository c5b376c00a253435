package audio

import (
	"math"
	"testing"
)

func TestLevel(t *testing.T) {
	sine := make([]int16, FrameSamples)
	for i := range sine {
		sine[i] = int16(math.Sin(2*math.Pi*float64(i)/48) * math.MaxInt16)
	}
	tests := []struct {
		name string
		pcm  []int16
		want uint8
	}{
		{"nothing", nil, 127},
		{"silence", make([]int16, FrameSamples), 127},
		{"as loud as can be", []int16{math.MinInt16, math.MinInt16}, 0},
		{"full sine", sine, 3},
		{"a tenth", []int16{3277, -3277}, 20},
		{"one step", []int16{1, -1}, 90},
	}
	for _, test := range tests {
		if got := Level(test.pcm); got != test.want {
			t.Errorf("%s: %d, want %d", test.name, got, test.want)
		}
	}
}
