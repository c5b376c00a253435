package wav

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"math"

	"github.com/banyan-rooms/banyan/node/audio"
)

// chunk is how many samples are read and converted at once.
const chunk = 4096

// Reader gives the samples of a WAV file as 48 kHz mono. It is not safe for
// concurrent use.
type Reader struct {
	r        io.Reader
	format   format
	resample *resampler // nil if the file has 48 kHz
	block    []byte
	in, out  []float64 // out from at on waits to be read
	at       int
	ended    bool
}

// NewReader reads the header.
func NewReader(r io.Reader) (*Reader, error) {
	buffered := bufio.NewReader(r)
	format, size, err := readFormat(buffered)
	if err != nil {
		return nil, err
	}
	d := &Reader{r: io.LimitReader(buffered, size), format: format, block: make([]byte, format.block())}
	if format.rate != audio.SampleRate {
		d.resample = newResampler(format.rate, audio.SampleRate)
	}
	return d, nil
}

// Read fills pcm and returns how many samples there were: less than asked only at
// the end, and then with io.EOF. A file that is shorter than its header says, as one
// from a pipe or from a recorder that died is, ends where it ends.
func (d *Reader) Read(pcm []int16) (n int, err error) {
	for n < len(pcm) {
		if d.at == len(d.out) {
			if d.ended {
				return n, io.EOF
			}
			if err := d.fill(); err != nil {
				return n, fmt.Errorf("read WAV samples: %w", err)
			}
			continue
		}
		pcm[n] = quantise(d.out[d.at])
		n, d.at = n+1, d.at+1
	}
	return n, nil
}

// fill reads one chunk and converts it.
func (d *Reader) fill() error {
	d.in, d.out, d.at = d.in[:0], d.out[:0], 0
	for len(d.in) < chunk && !d.ended {
		_, err := io.ReadFull(d.r, d.block)
		switch {
		case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
			d.ended = true
		case err != nil:
			return err
		default:
			d.in = append(d.in, d.format.mono(d.block))
		}
	}
	if d.resample == nil {
		d.out = append(d.out, d.in...)
		return nil
	}
	d.resample.push(d.in)
	d.out = d.resample.pull(d.out, d.ended)
	return nil
}

// quantise rounds to 16 bits; what is too loud is clipped.
func quantise(v float64) int16 {
	return int16(max(math.MinInt16, min(math.MaxInt16, math.Round(v*(1<<15)))))
}
