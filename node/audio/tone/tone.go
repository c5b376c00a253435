// Package tone makes up voices for tests: PCM that comes and goes like speech, that
// Opus takes for speech, and that is found again exactly where it was.
//
// A voice is a row of syllables. Each has a consonant (noise) and a vowel (harmonics
// of a gliding pitch under three formants); after some of them the voice takes a
// breath. Lengths, pitches and vowels are drawn from the seed and never repeat, which
// makes the cross-correlation of a voice with itself a single sharp peak, and that of
// two voices nothing.
//
// One seed gives one voice on one machine; another processor may round the last bit
// of a sample differently.
package tone

import (
	"math"
	"math/rand/v2"
	"time"

	"github.com/banyan-rooms/banyan/node/audio"
)

const (
	rate      = audio.SampleRate
	loudness  = 9000.0     // peak of a vowel, of 32768
	hiss      = 1500.0     // peak of a consonant
	brightest = 4000.0     // Hz, the highest harmonic
	edge      = rate / 100 // samples in which a sound begins and ends
)

// formants are the three resonances, in Hz, of some vowels (Peterson and Barney,
// "Control methods used in a study of the vowels", 1952, men).
var formants = [][3]float64{
	{730, 1090, 2440}, // father
	{270, 2290, 3010}, // see
	{300, 870, 2240},  // boot
	{530, 1840, 2480}, // head
	{570, 840, 2410},  // law
	{660, 1720, 2410}, // had
	{490, 1350, 1690}, // bird
}

// Voice is one made-up speaker, who never ends. It is not safe for concurrent use.
type Voice struct {
	random *rand.Rand
	pitch  float64 // Hz, of this voice
	phase  float64 // of the fundamental, in turns

	left     int       // syllables to the next breath
	syllable []float64 // being said
	at       int
}

// New returns the voice of a seed, at the beginning of its speech.
func New(seed uint64) *Voice {
	random := rand.New(rand.NewPCG(seed, 0x62616e79616e))
	return &Voice{random: random, pitch: 90 + 130*random.Float64()}
}

// Speech is the first part of the speech of a seed's voice.
func Speech(seed uint64, length time.Duration) []int16 {
	pcm := make([]int16, length*rate/time.Second)
	New(seed).Read(pcm)
	return pcm
}

// Read fills pcm with what the voice says next.
func (v *Voice) Read(pcm []int16) {
	for i := range pcm {
		if v.at == len(v.syllable) {
			v.speak()
		}
		pcm[i] = int16(v.syllable[v.at])
		v.at++
	}
}

// speak makes up the next syllable and the pause after it.
func (v *Voice) speak() {
	consonant, vowel, pause := v.between(30, 70), v.between(90, 230), v.between(10, 50)
	if v.left--; v.left <= 0 {
		v.left = 3 + v.random.IntN(6)
		pause = v.between(150, 450)
	}
	v.at, v.syllable = 0, v.syllable[:0]
	for i := range consonant {
		v.syllable = append(v.syllable, hiss*swell(i, consonant)*(2*v.random.Float64()-1))
	}
	v.sing(vowel)
	v.syllable = append(v.syllable, make([]float64, pause)...)
}

// sing adds a vowel.
func (v *Voice) sing(samples int) {
	from, to := v.near(), v.near()
	weights := v.vowel(max(from, to))
	sum := 0.0
	for _, w := range weights {
		sum += w
	}
	for i := range samples {
		along := float64(i) / float64(samples)
		_, v.phase = math.Modf(v.phase + (from+(to-from)*along)/rate)
		s, before := 0.0, 0.0
		now, cos := math.Sincos(2 * math.Pi * v.phase)
		for _, w := range weights { // sin (k+1)x = 2 cos x sin kx - sin (k-1)x
			s += w * now
			now, before = 2*cos*now-before, now
		}
		v.syllable = append(v.syllable, loudness*swell(i, samples)*s/sum)
	}
}

// vowel is how strong each harmonic of a pitch is.
func (v *Voice) vowel(pitch float64) []float64 {
	peaks := formants[v.random.IntN(len(formants))]
	weights := make([]float64, int(brightest/pitch))
	for k := range weights {
		hz := pitch * float64(k+1)
		for n, peak := range peaks {
			off := (hz - peak) / (60 * float64(n+1))
			weights[k] += 1 / (1 + off*off) / float64(n+1)
		}
		weights[k] += 0.05 // the voice itself is never quite gone
	}
	return weights
}

// near is a pitch that this voice may have now.
func (v *Voice) near() float64 { return v.pitch * (0.8 + 0.5*v.random.Float64()) }

// between draws a length between two, given in milliseconds, in samples.
func (v *Voice) between(low, high int) int { return (low + v.random.IntN(high-low)) * rate / 1000 }

// swell lets a sound of n samples begin and end softly.
func swell(i, n int) float64 {
	return math.Sin(math.Pi / 2 * min(1, float64(i)/edge, float64(n-i)/edge))
}
