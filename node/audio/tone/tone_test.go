package tone

import (
	"math"
	"slices"
	"testing"
	"time"

	"github.com/banyan-rooms/banyan/node/audio"
)

// product is the correlation coefficient of two pieces of the same length.
func product(a, b []int16) float64 {
	var ab, aa, bb float64
	for i := range a {
		x, y := float64(a[i]), float64(b[i])
		ab, aa, bb = ab+x*y, aa+x*x, bb+y*y
	}
	return ab / math.Sqrt(aa*bb)
}

func TestAVoiceIsFoundOnlyWhereItIs(t *testing.T) {
	speech := Speech(1, 6*time.Second)
	piece := speech[2*rate : 3*rate]
	for at := 0; at+len(piece) <= len(speech); at += 96 {
		got := product(piece, speech[at:at+len(piece)])
		if off := at - 2*rate; off == 0 && got < 0.999 || (off < -480 || off > 480) && math.Abs(got) > 0.35 {
			t.Errorf("%.2f ms off the correlation is %.3f", float64(off)/48, got)
		}
	}
}

func TestVoicesDiffer(t *testing.T) {
	for seed := range uint64(5) {
		if got := product(Speech(seed, 5*time.Second), Speech(seed+1, 5*time.Second)); math.Abs(got) > 0.1 {
			t.Errorf("voices %d and %d correlate by %.3f", seed, seed+1, got)
		}
	}
}

func TestOneSeedIsOneVoice(t *testing.T) {
	want := Speech(7, time.Second)
	v, got := New(7), make([]int16, len(want))
	for part := got; len(part) > 0; {
		n := min(len(part), 777)
		v.Read(part[:n])
		part = part[n:]
	}
	if !slices.Equal(got, want) {
		t.Error("read in parts the speech is another")
	}
}

func TestItSoundsLikeSpeech(t *testing.T) {
	for seed := range uint64(5) {
		speech := Speech(seed, 10*time.Second)
		quiet, loud := 0, 0
		for frame := range slices.Chunk(speech, audio.FrameSamples) {
			switch level := audio.Level(frame); {
			case level > 50:
				quiet++
			case level < 30:
				loud++
			}
		}
		if quiet < 40 || loud < 250 {
			t.Errorf("voice %d: of 500 frames %d are pauses and %d are loud", seed, quiet, loud)
		}
		if peak := slices.Max(speech); peak < 2000 || peak > 20000 {
			t.Errorf("voice %d: the peak is %d", seed, peak)
		}
	}
}

func BenchmarkSpeech(b *testing.B) {
	pcm := make([]int16, audio.FrameSamples)
	v := New(1)
	for b.Loop() {
		v.Read(pcm)
	}
}
