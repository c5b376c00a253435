// Package sample has two short recordings to speak, so that a room can be tried
// without a microphone: a host and a guest who tell what a banyan is and how the
// room works.
//
// The voices are synthetic and the words are ours. Both were made by
// internal/generate, which needs espeak-ng, sox and libopus: Opus at 24 kbit/s in
// frames of 20 ms.
package sample

import (
	"bytes"
	_ "embed"
	"fmt"

	"github.com/banyan-rooms/banyan/node/audio"
	"github.com/banyan-rooms/banyan/node/audio/ogg"
)

//go:generate go run -tags nolibopusfile,generate ./internal/generate

// Host is a woman's voice, as an Ogg file.
//
//go:embed host.ogg
var Host []byte

// Guest is a man's voice, as an Ogg file.
//
//go:embed guest.ogg
var Guest []byte

// Names are the recordings that there are.
func Names() []string { return []string{"host", "guest"} }

// Open opens the recording with one of Names.
func Open(name string) (audio.Source, error) {
	switch name {
	case "host":
		return ogg.NewSource(bytes.NewReader(Host))
	case "guest":
		return ogg.NewSource(bytes.NewReader(Guest))
	default:
		return nil, fmt.Errorf("there is no bundled recording %q: take one of %q", name, Names())
	}
}
