package record

import (
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"strings"
	"syscall"
	"time"
	"unicode"

	"github.com/banyan-rooms/banyan/crypto/identity"
	"github.com/banyan-rooms/banyan/node/audio"
	"github.com/banyan-rooms/banyan/node/audio/jitter"
	"github.com/banyan-rooms/banyan/node/audio/ogg"
)

// restFrames is one second of silence.
const restFrames = int(time.Second / audio.FrameDuration)

// speaker is one who is recorded.
type speaker struct {
	id      identity.ID
	buffer  *jitter.Buffer
	decoder audio.Decoder
	file    *os.File
	ogg     *ogg.Writer
	broken  uint64
	rested  int // 20 ms of silence since the last sound
	pcm     [audio.FrameSamples]int16
}

// begin opens the file of a speaker heard for the first time. Should two have one
// name, the second has its ID added.
func (r *Recorder) begin(id identity.ID, name string) (*speaker, error) {
	decoder, err := r.newDecoder()
	if err != nil {
		return nil, fmt.Errorf("record %s: %w", id.Short(), err)
	}
	base := fileName(name)
	if base == "" {
		base = id.Short()
	} else if r.taken(base) {
		base += "-" + id.Short()
	}
	f, err := r.create(base + ".ogg")
	if err != nil {
		return nil, err
	}
	w, err := ogg.NewWriter(f, binary.LittleEndian.Uint32(id[len(id)-4:]), name)
	if err != nil {
		return nil, errors.Join(failed(f.Name(), err), f.Close())
	}
	s := &speaker{
		id: id, decoder: decoder, file: f, ogg: w,
		buffer: jitter.New(jitter.Config{Min: Delay, Max: Delay, Patience: patience}),
	}
	r.speakers = append(r.speakers, s)
	return s, nil
}

// taken tells whether a speaker's file is called so already, on a disk that knows no
// upper and lower case.
func (r *Recorder) taken(base string) bool {
	for _, s := range r.speakers {
		if strings.HasSuffix(strings.ToLower(s.file.Name()), string(os.PathSeparator)+strings.ToLower(base)+".ogg") {
			return true
		}
	}
	return false
}

// maxName bounds the length of a file's name, in runes; the usual limit is 255 bytes.
const maxName = 40

// fileName makes a name that a stranger chose harmless: letters and digits stay,
// all else becomes a hyphen.
func fileName(name string) string {
	var out []rune
	for _, c := range name {
		switch {
		case len(out) == maxName:
			return strings.Trim(string(out), "-")
		case unicode.IsLetter(c) || unicode.IsDigit(c) || c == '_':
			out = append(out, c)
		case len(out) > 0 && out[len(out)-1] != '-':
			out = append(out, '-')
		}
	}
	return strings.Trim(string(out), "-")
}

// play gives the 20 ms that are due, nil for silence, and writes them to the file at
// their position. The samples are valid until the next call.
func (s *speaker) play(due time.Duration, position int64) ([]int16, error) {
	frame, state := s.buffer.Pop(due)
	if state == jitter.Empty {
		return nil, s.rest()
	}
	s.rested = 0
	if state == jitter.OK {
		samples, err := ogg.Duration(frame.Packet)
		if err == nil && samples == audio.FrameSamples && len(frame.Packet) <= audio.MaxPacket &&
			s.decoder.Decode(s.pcm[:], frame.Packet) == nil {
			if err := s.ogg.Write(position, frame.Packet); err != nil {
				return nil, s.failed(err)
			}
			return s.pcm[:], nil
		}
		s.broken++
	}
	if err := s.decoder.Conceal(s.pcm[:]); err != nil {
		return nil, nil //nolint:nilerr // what cannot even be concealed is silence
	}
	return s.pcm[:], nil
}

// waits tells whether something of the speaker is not written yet.
func (s *speaker) waits() bool { return s.buffer.Waiting() > 0 }

// rest passes 20 ms of silence. After a second of it, what was said is written out:
// it would have to wait for the speaker's next word otherwise.
func (s *speaker) rest() error {
	if s.rested++; s.rested != restFrames {
		return nil
	}
	return s.failed(s.ogg.Flush())
}

// close ends the file.
func (s *speaker) close() error {
	return s.failed(errors.Join(s.ogg.Close(), s.file.Close()))
}

// failed puts what failed into words, if it did.
func (s *speaker) failed(err error) error { return failed(s.file.Name(), err) }

// failed puts what failed for a file into words, if it did.
func failed(path string, err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, syscall.ENOSPC):
		return fmt.Errorf("record to %s, whose disk is full; make room there, or record to another folder: %w", path, err)
	default:
		return fmt.Errorf("record to %s: %w", path, err)
	}
}
