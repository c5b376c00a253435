package wav

import "math"

const (
	crossings = 32  // zero crossings of the sinc on each side: a transition band of some 8 % of the band
	steps     = 512 // table entries between two crossings; linear between them leaves an error under -100 dB
	beta      = 9   // of the Kaiser window: about -90 dB outside of the band
	// passband leaves the transition band below half the lower of the two rates.
	passband = 0.94
)

// kernel is the right half of the windowed sinc, and one more entry.
var kernel = func() (table [crossings*steps + 2]float64) {
	for i := range crossings * steps {
		x := float64(i) / steps
		sinc := 1.0
		if i > 0 {
			sinc = math.Sin(math.Pi*x) / (math.Pi * x)
		}
		along := x / crossings
		table[i] = sinc * bessel(beta*math.Sqrt(1-along*along)) / bessel(beta)
	}
	return table
}()

// bessel is the modified Bessel function of the first kind and order zero.
func bessel(x float64) float64 {
	sum, term := 1.0, 1.0
	for k := 1.0; term > sum*1e-17; k++ {
		term *= x / 2 / k * (x / 2 / k)
		sum += term
	}
	return sum
}

// weight is the kernel at x crossings from its middle.
func weight(x float64) float64 {
	at := math.Abs(x) * steps
	i := int(at)
	if i >= crossings*steps {
		return 0
	}
	return kernel[i] + (at-float64(i))*(kernel[i+1]-kernel[i])
}

// resampler converts a stream from one rate to another. Time is counted in whole
// numbers, so that an hour drifts by nothing.
type resampler struct {
	from, to int64
	scale    float64 // crossings per input sample: the band that is kept
	reach    int64   // input samples needed on each side

	in   []float64 // input from sample base on
	base int64
	made int64 // samples put out
}

func newResampler(from, to int) *resampler {
	scale := passband * min(1, float64(to)/float64(from))
	return &resampler{from: int64(from), to: int64(to), scale: scale, reach: int64(math.Ceil(crossings / scale))}
}

// push adds input.
func (r *resampler) push(in []float64) { r.in = append(r.in, in...) }

// pull appends to dst what can be made of the input so far; at the end of the input
// (last) what is missing counts as silence.
func (r *resampler) pull(dst []float64, last bool) []float64 {
	end := r.base + int64(len(r.in))
	for {
		whole := r.made * r.from / r.to
		if last && whole >= end || !last && whole+r.reach >= end {
			break
		}
		part := float64(r.made*r.from%r.to) / float64(r.to)
		sum := 0.0
		for i := max(r.base, whole-r.reach); i <= min(end-1, whole+r.reach+1); i++ {
			sum += r.in[i-r.base] * weight((float64(i-whole)-part)*r.scale)
		}
		dst = append(dst, sum*r.scale)
		r.made++
	}
	keep := min(max(r.made*r.from/r.to-r.reach, r.base), end)
	r.in = append(r.in[:0], r.in[keep-r.base:]...)
	r.base = keep
	return dst
}
