// Package file opens a recording to be spoken, of whatever kind it is: the packets
// of an Ogg file with Opus go out as they are, the samples of a WAV file are encoded.
package file

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/banyan-rooms/banyan/node/audio"
	"github.com/banyan-rooms/banyan/node/audio/ogg"
	"github.com/banyan-rooms/banyan/node/audio/wav"
)

// Stdin is the path that stands for the standard input.
const Stdin = "-"

// ErrNotAudio says that a file is neither of the kinds that can be spoken.
var ErrNotAudio = errors.New(`neither a WAV file nor an Ogg file with Opus; convert it first, as with "ffmpeg -i IN OUT.wav"`)

// Source is an open recording. Its end is io.EOF.
type Source interface {
	audio.Source
	io.Closer
}

// Open opens the recording at path, or the standard input if path is [Stdin]. What
// it is, its first bytes tell, not its name. newEncoder is called for a WAV file only.
//
// Frames of a WAV file have the level of their samples, and the last is filled up
// with silence. Those of an Ogg file have the level that [ogg.Source] gives; see
// [Measure] for the real one.
func Open(path string, newEncoder func() (audio.Encoder, error)) (Source, error) {
	f := io.NopCloser(os.Stdin)
	if path != Stdin {
		var err error
		if f, err = os.Open(path); err != nil {
			return nil, fmt.Errorf("open recording: %w", err)
		}
	}
	source, err := New(f, newEncoder)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("open recording %q: %w", path, err), f.Close())
	}
	return opened{source, f, path}, nil
}

// New is [Open] for bytes that come from elsewhere.
func New(r io.Reader, newEncoder func() (audio.Encoder, error)) (audio.Source, error) {
	buffered := bufio.NewReader(r)
	start, err := buffered.Peek(4)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	switch string(start) {
	case "OggS":
		return ogg.NewSource(buffered)
	case "RIFF":
		reader, err := wav.NewReader(buffered)
		if err != nil {
			return nil, err
		}
		encoder, err := newEncoder()
		if err != nil {
			return nil, err
		}
		return &encoded{reader: reader, encoder: encoder}, nil
	case "":
		return nil, errors.New("it is empty")
	default:
		return nil, ErrNotAudio
	}
}

// opened is a source with the file that it reads.
type opened struct {
	audio.Source
	io.Closer
	path string
}

// Next implements [audio.Source].
func (o opened) Next() (audio.Frame, error) {
	frame, err := o.Source.Next()
	if err != nil && !errors.Is(err, io.EOF) {
		return frame, fmt.Errorf("recording %q: %w", o.path, err)
	}
	return frame, err
}

// encoded gives PCM as frames.
type encoded struct {
	reader  *wav.Reader
	encoder audio.Encoder
	next    uint32
	pcm     [audio.FrameSamples]int16
}

// Next implements [audio.Source].
func (e *encoded) Next() (audio.Frame, error) {
	n, err := e.reader.Read(e.pcm[:])
	if err != nil && !errors.Is(err, io.EOF) {
		return audio.Frame{}, err
	}
	if n == 0 {
		return audio.Frame{}, io.EOF
	}
	clear(e.pcm[n:])
	packet, err := e.encoder.Encode(nil, e.pcm[:])
	if err != nil {
		return audio.Frame{}, err
	}
	frame := audio.Frame{Timestamp: e.next, Packet: packet, Level: audio.Level(e.pcm[:])}
	e.next += audio.FrameSamples
	return frame, nil
}
