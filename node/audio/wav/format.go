package wav

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
)

// ErrNotWAV says that the input does not begin as a WAV file does.
var ErrNotWAV = errors.New("not a WAV file")

const (
	codePCM        = 1
	codeFloat      = 3
	codeExtensible = 0xfffe

	minRate, maxRate = 4000, 768000
	maxChannels      = 64
	// headRoom is how long a "fmt " chunk may be; the longest known has 40 bytes.
	headRoom = 4096
)

// format is how samples are laid out.
type format struct {
	code     uint16
	channels int
	rate     int
	bits     int
}

// readFormat reads up to the first sample. size is that of the data in bytes, or
// math.MaxInt64 if whoever wrote the header did not know.
func readFormat(r io.Reader) (f format, size int64, err error) {
	var riff [12]byte
	if _, err := io.ReadFull(r, riff[:]); err != nil {
		return f, 0, errors.Join(ErrNotWAV, err)
	}
	if string(riff[:4]) != "RIFF" || string(riff[8:]) != "WAVE" {
		return f, 0, ErrNotWAV
	}
	for {
		var chunk [8]byte
		if _, err := io.ReadFull(r, chunk[:]); err != nil {
			return f, 0, fmt.Errorf("read the header of a WAV file: %w", midHeader(err))
		}
		size := int64(binary.LittleEndian.Uint32(chunk[4:]))
		switch string(chunk[:4]) {
		case "fmt ":
			if f, err = readFormatChunk(r, size); err != nil {
				return f, 0, err
			}
		case "data":
			if f.channels == 0 {
				return f, 0, errors.New("the WAV file does not say what its samples are")
			}
			if size == 0 || size == math.MaxUint32 {
				size = math.MaxInt64
			}
			return f, size, nil
		default:
			if _, err := io.CopyN(io.Discard, r, size+size&1); err != nil {
				return f, 0, fmt.Errorf("read the header of a WAV file: %w", midHeader(err))
			}
		}
	}
}

// midHeader turns an end of the input inside the header into an unexpected one.
func midHeader(err error) error {
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}

func readFormatChunk(r io.Reader, size int64) (format, error) {
	if size < 16 || size > headRoom {
		return format{}, fmt.Errorf("the WAV file describes its samples in %d bytes: want 16 to 40", size)
	}
	b := make([]byte, size+size&1)
	if _, err := io.ReadFull(r, b); err != nil {
		return format{}, fmt.Errorf("read the header of a WAV file: %w", midHeader(err))
	}
	f := format{
		code:     binary.LittleEndian.Uint16(b),
		channels: int(binary.LittleEndian.Uint16(b[2:])),
		rate:     int(binary.LittleEndian.Uint32(b[4:])),
		bits:     int(binary.LittleEndian.Uint16(b[14:])),
	}
	if f.code == codeExtensible && size >= 26 {
		f.code = binary.LittleEndian.Uint16(b[24:])
	}
	return f, f.check()
}

// check refuses what cannot be read, and says what to do.
func (f format) check() error {
	switch {
	case f.code == codePCM && (f.bits == 8 || f.bits == 16 || f.bits == 24 || f.bits == 32):
	case f.code == codeFloat && (f.bits == 32 || f.bits == 64):
	default:
		return fmt.Errorf("the WAV file has samples of format %d with %d bits: save it as 16-bit PCM", f.code, f.bits)
	}
	if f.channels < 1 || f.channels > maxChannels {
		return fmt.Errorf("the WAV file has %d channels: save it with 1 to %d", f.channels, maxChannels)
	}
	if f.rate < minRate || f.rate > maxRate {
		return fmt.Errorf("the WAV file has %d samples a second: save it with %d to %d", f.rate, minRate, maxRate)
	}
	return nil
}

// block is the bytes of one sample of all channels.
func (f format) block() int { return f.channels * f.bits / 8 }

// sample is one sample of one channel, full scale being 1.
func (f format) sample(b []byte) float64 {
	switch {
	case f.code == codeFloat && f.bits == 64:
		return sane(math.Float64frombits(binary.LittleEndian.Uint64(b)))
	case f.code == codeFloat:
		return sane(float64(math.Float32frombits(binary.LittleEndian.Uint32(b))))
	case f.bits == 8:
		return (float64(b[0]) - 128) / (1 << 7)
	case f.bits == 16:
		return float64(int16(binary.LittleEndian.Uint16(b))) / (1 << 15)
	case f.bits == 24:
		return float64(int32(b[0])<<8|int32(b[1])<<16|int32(b[2])<<24) / (1 << 31)
	default:
		return float64(int32(binary.LittleEndian.Uint32(b))) / (1 << 31)
	}
}

// sane is v, or silence rather than a bang if v is no number or far over full scale.
func sane(v float64) float64 {
	if v >= -16 && v <= 16 {
		return v
	}
	return 0
}

// mono is the mean of all channels of one block.
func (f format) mono(block []byte) float64 {
	sum, width := 0.0, f.bits/8
	for c := range f.channels {
		sum += f.sample(block[c*width:])
	}
	return sum / float64(f.channels)
}
