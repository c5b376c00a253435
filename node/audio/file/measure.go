package file

import (
	"fmt"

	"github.com/banyan-rooms/banyan/node/audio"
)

// Measure gives the frames of source with the level that decoder hears in them.
func Measure(source audio.Source, decoder audio.Decoder) audio.Source {
	return &measured{source: source, decoder: decoder}
}

type measured struct {
	source  audio.Source
	decoder audio.Decoder
	pcm     [audio.FrameSamples]int16
}

// Next implements [audio.Source].
func (m *measured) Next() (audio.Frame, error) {
	frame, err := m.source.Next()
	if err != nil {
		return frame, err
	}
	if err := m.decoder.Decode(m.pcm[:], frame.Packet); err != nil {
		return frame, fmt.Errorf("measure the level of a packet: %w", err)
	}
	frame.Level = audio.Level(m.pcm[:])
	return frame, nil
}
