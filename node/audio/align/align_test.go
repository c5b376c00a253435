package align

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/banyan-rooms/banyan/node/audio"
)

const second = audio.SampleRate

// voice is noise of the band of a voice that swells and fades, as syllables do.
func voice(seed uint64, n int) []int16 {
	random := rand.New(rand.NewPCG(seed, 1))
	out := make([]int16, n)
	low := 0.0
	for i := range out {
		low += (random.NormFloat64() - low) * 0.15
		swell := 0.6 + 0.4*math.Sin(2*math.Pi*4*float64(i)/second)
		out[i] = int16(max(-32000, min(32000, low*10000*swell)))
	}
	return out
}

// add mixes noise into a copy.
func add(pcm []int16, rms float64) []int16 {
	random := rand.New(rand.NewPCG(99, 1))
	out := slices.Clone(pcm)
	for i := range out {
		out[i] = int16(max(-32768, min(32767, float64(out[i])+random.NormFloat64()*rms)))
	}
	return out
}

func TestAlign(t *testing.T) {
	source := voice(1, 4*second)
	after := func(n int, pcm []int16) []int16 { return append(make([]int16, n), pcm...) }
	half := slices.Clone(source)
	for i := range half {
		half[i] /= 2
	}
	hole := slices.Clone(source)
	clear(hole[second : 2*second])
	tests := []struct {
		name      string
		recording []int16
		offset    int
		least     float64
		most      float64
	}{
		{"the same", source, 0, 0.9999, 1.0001},
		{"later", after(12345, source), 12345, 0.9999, 1.0001},
		{"later by a sample", after(1, source), 1, 0.9999, 1.0001},
		{"begun too late", source[7777:], -7777, 0.9999, 1.0001},
		{"only the end", source[3*second:], -3 * second, 0.9999, 1.0001},
		{"quieter", after(960, half), 960, 0.999, 1.0001},
		{"in noise as loud", add(after(5000, source), RMS(source)), 5000, 0.6, 0.8},
		{"with a hole", after(333, hole), 333, 0.8, 0.9},
	}
	for _, test := range tests {
		got := Align(test.recording, source)
		if got.Offset != test.offset || got.Correlation < test.least || got.Correlation > test.most {
			t.Errorf("%s: %+v, want offset %d and correlation %v to %v", test.name, got, test.offset, test.least, test.most)
		}
	}
}

func TestWhatIsNotThere(t *testing.T) {
	source := voice(1, 2*second)
	if got := Align(voice(2, 4*second), source); got.Correlation > 0.1 {
		t.Errorf("another voice: %+v, want nothing alike", got)
	}
	for name, recording := range map[string][]int16{"silence": make([]int16, second), "nothing": nil, "a few samples": {1, 2, 3}} {
		if got := Align(recording, source); got != (Match{}) {
			t.Errorf("%s: %+v, want no match", name, got)
		}
		if got := Gaps(Windows(recording, source, 0, 100), 0.5); !slices.Equal(got, []Gap{{0, 2 * second}}) {
			t.Errorf("%s: gaps %v, want all", name, got)
		}
	}
	if got := Align(source, nil); got != (Match{}) {
		t.Errorf("no source: %+v", got)
	}
}

func TestGapsAreFound(t *testing.T) {
	source := voice(3, 10*second)
	clear(source[8*second : 9*second]) // nothing is said here, so nothing can be missed
	recording := append(make([]int16, 20000), source...)
	clear(recording[20000+3*second : 20000+5*second])                            // two seconds are lost
	copy(recording[20000+6*second:], voice(4, second))                           // somebody else is heard
	recording = slices.Insert(recording, 20000+7*second, make([]int16, 9600)...) // and the delay grows by 200 ms
	windows := Windows(recording, source, Align(recording, source).Offset, second/4)
	if len(windows) != 10 {
		t.Fatalf("%d windows, want 10", len(windows))
	}
	if got, want := Gaps(windows, 0.5), []Gap{{3 * second, 5 * second}, {6 * second, 7 * second}}; !slices.Equal(got, want) {
		t.Errorf("gaps %v, want %v; windows %+v", got, want, windows)
	}
	if windows[2].Offset != 20000 || windows[9].Offset != 29600 {
		t.Errorf("offsets %d and %d, want 20000 and 29600", windows[2].Offset, windows[9].Offset)
	}
	if w := windows[0]; math.Abs(w.Said/w.Heard-1) > 0.01 {
		t.Errorf("said %.0f, heard %.0f, want the same", w.Said, w.Heard)
	}
}

func TestRMS(t *testing.T) {
	if got := RMS([]int16{3, -3, 3, -3}); got != 3 {
		t.Errorf("RMS is %v, want 3", got)
	}
	if got := RMS(nil); got != 0 {
		t.Errorf("RMS of nothing is %v", got)
	}
}

func BenchmarkAlign(b *testing.B) {
	source := voice(1, 60*second)
	recording := append(make([]int16, 50000), source...)
	b.ReportAllocs()
	for b.Loop() {
		Align(recording, source)
	}
}
