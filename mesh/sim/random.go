package sim

import (
	"math"
	"math/bits"
	"math/rand/v2"
	"time"
)

// purpose names one random stream of a peer. Streams do not share state: what a
// peer draws for its jitter never moves what it draws for its life.
type purpose uint64

const (
	forIdentity purpose = iota + 1 // the key
	forMachine                     // handed to mesh.New
	forPlace                       // where it lives, its last mile
	forNetwork                     // jitter, loss and retransmissions of what it sends
	forLife                        // when it arrives and leaves
	forGossip                      // when its gossip reaches whom
	forFinding                     // which candidates it hears of
	forSpeech                      // when it talks (of peer 0: who has the floor)
	forFaults                      // of peer 0: whom they hit
	forUplink                      // how much it can send
)

// stream returns the random stream of a peer for a purpose.
func stream(seed uint64, peer int, p purpose) *rand.PCG {
	return rand.NewPCG(mix(seed+uint64(p)), mix(uint64(peer)^uint64(p)<<48))
}

// mix spreads neighbouring numbers over all 64 bits (the finaliser of SplitMix64,
// Steele, Lea and Flood 2014).
func mix(x uint64) uint64 {
	x += 0x9e3779b97f4a7c15
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}

// The draws below use whole numbers only. Go may fuse a multiplication and an
// addition of floating point on some processors, and math.Log and math.Exp are
// assembly on others; one seed must give one run everywhere.

// threshold turns a probability into the number that a 64-bit draw stays under.
func threshold(p float64) uint64 {
	switch {
	case p <= 0:
		return 0
	case p >= 1:
		return math.MaxUint64
	}
	return uint64(p * (1 << 63) * 2) // powers of two: exact
}

// chance is true with the probability behind a threshold.
func chance(r *rand.PCG, t uint64) bool { return r.Uint64() < t }

// below draws a number in [0, n).
func below(r *rand.PCG, n int) int {
	hi, _ := bits.Mul64(r.Uint64(), uint64(n))
	return int(hi)
}

// between draws a duration in [low, high).
func between(r *rand.PCG, low, high time.Duration) time.Duration {
	if high <= low {
		return low
	}
	return low + time.Duration(below(r, int(high-low)))
}

const (
	one     = 1 << 32    // 1 in the fixed point that is used here
	logTwo  = 2977044472 // ln 2
	maxMean = time.Duration(1) << 56
)

// exponential draws a duration of the exponential distribution.
func exponential(r *rand.PCG, mean time.Duration) time.Duration {
	return scaled(min(mean, maxMean), negLog(r.Uint64()|1))
}

// scaled is d × x for a fixed-point x.
func scaled(d time.Duration, x uint64) time.Duration {
	hi, lo := bits.Mul64(uint64(d), x)
	return time.Duration(hi<<32 | lo>>32)
}

// negLog is -ln(u / 2^64) in fixed point, for u > 0: the logarithm to base 2 bit
// by bit, by squaring.
func negLog(u uint64) uint64 {
	zeros := bits.LeadingZeros64(u)
	m := u << zeros // in [1, 2) as 1.63
	log2 := uint64(63-zeros) * one
	for bit := uint64(one / 2); bit > 0; bit /= 2 {
		hi, lo := bits.Mul64(m, m)
		if hi>>63 == 1 { // the square is 2 or more
			m = hi
			log2 |= bit
		} else {
			m = hi<<1 | lo>>63
		}
	}
	hi, lo := bits.Mul64(64*one-log2, logTwo)
	return hi<<32 | lo>>32
}

// lognormal draws a duration with the given median; one standard deviation away
// it is 2^(doublings/1000) times as much, or as little.
func lognormal(r *rand.PCG, median time.Duration, doublings int64) time.Duration {
	var sum uint64 // of twelve uniform draws: mean 6, variance 1 (Irwin-Hall)
	for range 12 {
		sum += r.Uint64() >> 32
	}
	z := int64(sum) - 6*one
	return scaled(median, exp2(z*doublings/1000))
}

// roots are 2^(1/2), 2^(1/4), ... in fixed point. A square root is rounded the
// same way everywhere.
var roots = func() (t [32]uint64) {
	x := 2.0
	for i := range t {
		x = math.Sqrt(x)
		t[i] = uint64(x * one)
	}
	return t
}()

// exp2 is 2^x for a fixed-point x in (-31, 31).
func exp2(x int64) uint64 {
	whole, frac := x>>32, uint64(x)&(one-1)
	y := uint64(one)
	for i := range roots {
		if frac&(one>>(i+1)) != 0 {
			hi, lo := bits.Mul64(y, roots[i])
			y = hi<<32 | lo>>32
		}
	}
	if whole < 0 {
		return y >> -whole
	}
	return y << whole
}

// quantiles of the exponential distribution with mean 1, in fixed point: a draw
// for every packet has to be a look into a table.
var quantiles = func() (t [1024]uint64) {
	for i := range t {
		t[i] = negLog((uint64(2*i) + 1) << 53)
	}
	return t
}()

// jitter draws an exponential delay quickly; it never exceeds 7.7 times the mean.
func jitter(r *rand.PCG, mean time.Duration) time.Duration {
	return scaled(mean, quantiles[r.Uint64()>>54])
}
