// Package wav reads WAV files of any usual kind as 48 kHz mono PCM, and writes
// 48 kHz 16-bit mono.
//
// A file is RIFF: "RIFF", its size less 8 as u32 LE, "WAVE", then chunks of a name
// [4]byte, a size u32 LE, that many bytes and one more if the size is odd. Chunk
// "fmt " says how samples are laid out, chunk "data" holds them. All others are
// passed over.
//
// Channels are averaged. Other rates are converted by windowed-sinc interpolation
// (J. O. Smith, "Digital Audio Resampling", CCRMA): every sample that comes out is
// the sum of the samples around its time, weighted by a sinc of 32 zero crossings
// under a Kaiser window; when the rate goes down, the sinc is stretched, which
// takes away what the lower rate cannot carry.
package wav
