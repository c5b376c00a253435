package wav

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"

	"github.com/banyan-rooms/banyan/node/audio"
)

const (
	headerSize = 44
	// maxData is the most that a WAV file holds: its sizes have 32 bits. It is a bit
	// over twelve hours.
	maxData = 1<<32 - headerSize - 1
)

// ErrFull says that the file has reached the size that the format allows.
var ErrFull = errors.New("a WAV file holds no more than 4 GB, which is 12 hours: begin another")

// Writer writes a 48 kHz 16-bit mono file. Every second of sound goes out at once,
// and the header after it, so that a file is whole up to there whatever happens
// later. It is not safe for concurrent use.
type Writer struct {
	w       io.WriteSeeker
	waiting []byte
	data    int64 // bytes of samples written
}

// NewWriter writes the header of a file without samples. w stands at its beginning.
func NewWriter(w io.WriteSeeker) (*Writer, error) {
	d := &Writer{w: w}
	if _, err := w.Write(header(0)); err != nil {
		return nil, fmt.Errorf("write WAV header: %w", err)
	}
	return d, nil
}

// Write adds samples.
func (d *Writer) Write(pcm []int16) error {
	for _, s := range pcm {
		d.waiting = binary.LittleEndian.AppendUint16(d.waiting, uint16(s))
	}
	if len(d.waiting) < 2*audio.SampleRate {
		return nil
	}
	return d.flush()
}

// Close writes what is left. It does not close the underlying file.
func (d *Writer) Close() error { return d.flush() }

func (d *Writer) flush() error {
	if len(d.waiting) == 0 {
		return nil
	}
	if d.data+int64(len(d.waiting)) > maxData {
		return ErrFull
	}
	if _, err := d.w.Write(d.waiting); err != nil {
		return fmt.Errorf("write WAV samples: %w", err)
	}
	d.data += int64(len(d.waiting))
	d.waiting = d.waiting[:0]
	if _, err := d.w.Seek(-headerSize-d.data, io.SeekCurrent); err != nil {
		return fmt.Errorf("seek to the WAV header: %w", err)
	}
	if _, err := d.w.Write(header(uint32(d.data))); err != nil {
		return fmt.Errorf("write WAV header: %w", err)
	}
	if _, err := d.w.Seek(d.data, io.SeekCurrent); err != nil {
		return fmt.Errorf("seek to the end of the WAV file: %w", err)
	}
	return nil
}

// header is all that precedes size bytes of samples.
func header(size uint32) []byte {
	const width = 2
	b := binary.LittleEndian.AppendUint32([]byte("RIFF"), size+headerSize-8)
	b = binary.LittleEndian.AppendUint32(append(b, "WAVEfmt "...), 16)
	b = binary.LittleEndian.AppendUint16(b, codePCM)
	b = binary.LittleEndian.AppendUint16(b, 1)
	b = binary.LittleEndian.AppendUint32(b, audio.SampleRate)
	b = binary.LittleEndian.AppendUint32(b, audio.SampleRate*width)
	b = binary.LittleEndian.AppendUint16(b, width)
	b = binary.LittleEndian.AppendUint16(b, width*8)
	return binary.LittleEndian.AppendUint32(append(b, "data"...), size)
}
