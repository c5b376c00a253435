package sim

import (
	"math"
	"math/rand/v2"
	"testing"
	"time"
)

const draws = 200_000

func TestLogarithmAndPower(t *testing.T) {
	for _, u := range []uint64{1, 2, 3, 1 << 20, 1 << 63, math.MaxUint64, 0x123456789abcdef} {
		want := 64*math.Ln2 - math.Log(float64(u))
		if got := float64(negLog(u)) / one; math.Abs(got-want) > 1e-6 {
			t.Errorf("-ln(%d/2^64) = %v, want %v", u, got, want)
		}
	}
	for _, x := range []float64{0, 0.5, 1, 3.25, -0.75, -4, 9.999} {
		want := math.Exp2(x)
		if got := float64(exp2(int64(x*one))) / one; math.Abs(got-want) > 1e-5*max(1, want) {
			t.Errorf("2^%v = %v, want %v", x, got, want)
		}
	}
}

func TestDrawsHaveTheirMeans(t *testing.T) {
	const ms = time.Millisecond
	tests := []struct {
		name string
		draw func(*rand.PCG) time.Duration
		want time.Duration
	}{
		{"exponential", func(r *rand.PCG) time.Duration { return exponential(r, 100*ms) }, 100 * ms},
		{"exponential of hours", func(r *rand.PCG) time.Duration { return exponential(r, 5*time.Hour) / 1000 }, 18 * time.Second},
		{"jitter", func(r *rand.PCG) time.Duration { return jitter(r, 2*ms) }, 2 * ms},
		{"between", func(r *rand.PCG) time.Duration { return between(r, 10*ms, 30*ms) }, 20 * ms},
		// The mean of a lognormal is median × e^(σ²/2), with σ = 0.7 ln 2.
		{"lognormal", func(r *rand.PCG) time.Duration { return lognormal(r, 4*ms, 700) }, 4500 * time.Microsecond},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := stream(1, 2, forNetwork)
			var sum time.Duration
			for range draws {
				sum += tt.draw(r)
			}
			if got := sum / draws; math.Abs(float64(got-tt.want)) > 0.02*float64(tt.want) {
				t.Errorf("mean of %d draws %v, want %v", draws, got, tt.want)
			}
		})
	}
}

func TestLossHasItsRateAndBursts(t *testing.T) {
	tests := []struct {
		name      string
		loss      Loss
		rate, row float64 // lost share; mean packets lost in a row
	}{
		{"none", Loss{}, 0, 0},
		{"even 2 %", Even(0.02), 0.02, 1 / 0.98},
		{"bursts of three at 2 %", Bursts(0.02), 0.02, 3},
		{"bursts of ten at 20 %", Loss{Rate: 0.2, Burst: 10}, 0.2, 10},
		{"half", Even(0.5), 0.5, 2},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c, r := newChannel(tt.loss), stream(3, 1, forNetwork)
			var bad, before bool
			var lost, rows float64
			for range 10 * draws {
				gone := c.loses(r, &bad)
				if gone {
					lost++
				}
				if gone && !before {
					rows++
				}
				before = gone
			}
			if got := lost / (10 * draws); math.Abs(got-tt.rate) > 0.05*tt.rate {
				t.Errorf("lost %.4f, want %.4f", got, tt.rate)
			}
			if got := lost / max(1, rows); math.Abs(got-tt.row) > 0.05*tt.row {
				t.Errorf("%.2f lost in a row, want %.2f", got, tt.row)
			}
		})
	}
}

func TestStreamsDiffer(t *testing.T) {
	seen := map[uint64]string{}
	for seed := range uint64(3) {
		for peer := range 50 {
			for p := forIdentity; p <= forUplink; p++ {
				x := stream(seed, peer, p).Uint64()
				if other, ok := seen[x]; ok {
					t.Fatalf("seed %d peer %d purpose %d starts as %s", seed, peer, p, other)
				}
				seen[x] = "another"
			}
		}
	}
	if a, b := stream(7, 8, forLife).Uint64(), stream(7, 8, forLife).Uint64(); a != b {
		t.Errorf("the same stream starts with %d and %d", a, b)
	}
}
