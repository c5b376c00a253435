package ogg

import (
	"errors"
	"fmt"
	"io"

	"github.com/banyan-rooms/banyan/node/audio"
)

// ErrDuration says that the packets of a file are not 20 ms long, which is all that
// travels in Banyan: the file has to be encoded again.
var ErrDuration = errors.New("its Opus packets are not 20 ms long; encode it again with frames of 20 ms, which is what encoders do if not told otherwise")

const (
	// speechLevel is the level of all packets with sound in them: speech of usual
	// loudness has about -30 dBov. What it really is, only decoding would tell.
	speechLevel = 30
	// dtxSize is the most that a packet has in which nothing is sent (RFC 6716
	// section 2.1.9): table of contents and one byte.
	dtxSize = 2
)

// Source gives the packets of a file as frames, untouched.
type Source struct {
	reader    *Reader
	timestamp uint32
	first     *audio.Frame // read ahead, nil once it is given
}

// NewSource reads an Ogg file up to the first packet, so that a file which cannot be
// spoken is refused before anybody listens.
func NewSource(r io.Reader) (*Source, error) {
	reader, err := NewReader(r)
	if err != nil {
		return nil, err
	}
	s := &Source{reader: reader}
	first, err := s.read()
	switch {
	case err == nil:
		s.first = &first
	case !errors.Is(err, io.EOF):
		return nil, err
	}
	return s, nil
}

// Next implements [audio.Source]. The level is 30 (-30 dBov) for a packet with sound
// and 127 for one without, as the packets are not decoded. A file that was cut off,
// as by a recorder that died, ends where it ends.
func (s *Source) Next() (audio.Frame, error) {
	if s.first != nil {
		first := *s.first
		s.first = nil
		return first, nil
	}
	return s.read()
}

// read reads the next packet.
func (s *Source) read() (audio.Frame, error) {
	packet, samples, err := s.reader.Next()
	if errors.Is(err, io.ErrUnexpectedEOF) {
		return audio.Frame{}, io.EOF
	}
	if err != nil {
		return audio.Frame{}, err
	}
	if samples != audio.FrameSamples {
		return audio.Frame{}, ErrDuration
	}
	if len(packet) > audio.MaxPacket {
		return audio.Frame{}, fmt.Errorf("an Opus packet has %d bytes, more than the %d that travel: encode it again at up to 200 kbit/s", len(packet), audio.MaxPacket)
	}
	frame := audio.Frame{Timestamp: s.timestamp, Packet: packet, Level: speechLevel}
	if len(packet) <= dtxSize {
		frame.Level = audio.Silence
	}
	s.timestamp += audio.FrameSamples
	return frame, nil
}
