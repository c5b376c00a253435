// Package align finds what was said in what was recorded: where it begins, how alike
// the two are, and where something is missing. It is how a test knows that sound has
// crossed the tree, rather than that bytes have.
package align

import (
	"math"
	"math/cmplx"

	"gonum.org/v1/gonum/dsp/fourier"

	"github.com/banyan-rooms/banyan/node/audio"
)

// coarse is how many samples are averaged to one for the first, rough search: the
// voice has most of its power below the 3 kHz that are left.
const coarse = 8

// Match is where a source lies in a recording.
type Match struct {
	Offset      int     // sample of the recording at which the source begins; may be negative
	Correlation float64 // over all that overlaps: 1 is the same up to loudness, 0 nothing alike
}

// Align finds the source in the recording. Both have 48 kHz; a minute of each takes
// about 70 MB. Should one of them be silent, the match is zero.
func Align(recording, source []int16) Match {
	rough, ok := search(thin(recording), thin(source))
	if !ok {
		return Match{}
	}
	best := Match{Correlation: math.Inf(-1)}
	for offset := (rough - 1) * coarse; offset <= (rough+1)*coarse; offset++ {
		if c := correlation(recording, source, offset); c > best.Correlation {
			best = Match{offset, c}
		}
	}
	return best
}

// RMS is the root of the mean square of PCM, full scale being 32768.
func RMS(pcm []int16) float64 {
	if len(pcm) == 0 {
		return 0
	}
	sum := 0.0
	for _, s := range pcm {
		sum += float64(s) * float64(s)
	}
	return math.Sqrt(sum / float64(len(pcm)))
}

// thin averages each coarse samples to one.
func thin(pcm []int16) []float64 {
	out := make([]float64, len(pcm)/coarse)
	for i := range out {
		for _, s := range pcm[i*coarse : (i+1)*coarse] {
			out[i] += float64(s)
		}
	}
	return out
}

// search gives the offset at which the products of both add up to the most, by the
// correlation theorem. There is none if one of them is silent.
func search(recording, source []float64) (offset int, ok bool) {
	n := 2
	for n < len(recording)+len(source) {
		n *= 2
	}
	fft := fourier.NewFFT(n)
	r := fft.Coefficients(nil, append(recording, make([]float64, n-len(recording))...))
	s := fft.Coefficients(nil, append(source, make([]float64, n-len(source))...))
	for i := range r {
		r[i] *= cmplx.Conj(s[i])
	}
	products := fft.Sequence(nil, r)
	best := 0.0
	for i, v := range products {
		if v > best {
			best, offset = v, i
		}
	}
	if offset > len(recording) { // round the corner: the source begins before
		offset -= n
	}
	return offset, best > 0
}

// correlation is that of all that overlaps when the source begins at offset.
func correlation(recording, source []int16, offset int) float64 {
	var product, r, s float64
	for i := max(0, -offset); i < len(source) && i+offset < len(recording); i++ {
		a, b := float64(recording[i+offset]), float64(source[i])
		product += a * b
		r += a * a
		s += b * b
	}
	if r == 0 || s == 0 {
		return 0
	}
	return product / math.Sqrt(r*s)
}

// Window is one second of a source and what there is of it in a recording.
type Window struct {
	At          int     // first sample of the source
	Offset      int     // of this second, as in Match: it shows how the delay changed
	Correlation float64 // of this second
	Said, Heard float64 // RMS of the source and of the recording at its place
}

// Windows looks for each second of the source near where offset puts it, up to
// shift samples to each side. What is left over at the end of the source is not
// looked for.
func Windows(recording, source []int16, offset, shift int) (all []Window) {
	for at := 0; at+audio.SampleRate <= len(source); at += audio.SampleRate {
		said := source[at : at+audio.SampleRate]
		begin := min(max(0, at+offset-shift), len(recording))
		end := min(max(begin, at+offset+audio.SampleRate+shift), len(recording))
		match := Align(recording[begin:end], said)
		w := Window{At: at, Offset: offset, Said: RMS(said)}
		if match.Correlation > 0 {
			w.Offset, w.Correlation = match.Offset+begin-at, match.Correlation
		}
		from := min(max(0, at+w.Offset), len(recording))
		w.Heard = RMS(recording[from:min(max(from, at+w.Offset+audio.SampleRate), len(recording))])
		all = append(all, w)
	}
	return all
}

// Gap is a span of a source that is not in a recording, in samples of the source.
type Gap struct{ From, To int }

const (
	// audible is the RMS, -50 dBov, under which nothing was said that could be missed.
	audible = 100
	// faint is the part of what was said under which nothing was heard of it.
	faint = 0.2
)

// Gaps gives the spans in which something was said but not heard: the correlation is
// under least, or hardly any sound is there. Seconds next to each other are one gap.
func Gaps(windows []Window, least float64) (gaps []Gap) {
	for _, w := range windows {
		if w.Said < audible || w.Correlation >= least && w.Heard >= faint*w.Said {
			continue
		}
		if n := len(gaps); n > 0 && gaps[n-1].To == w.At {
			gaps[n-1].To += audio.SampleRate
			continue
		}
		gaps = append(gaps, Gap{w.At, w.At + audio.SampleRate})
	}
	return gaps
}
