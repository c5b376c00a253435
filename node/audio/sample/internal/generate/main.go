//go:build generate

// Command generate makes the recordings of package sample: espeak-ng speaks, sox
// takes silence from both ends and evens out the loudness, and our own Opus encoder
// and Ogg writer do the rest. It is run in the folder of that package.
package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"log"
	"os"
	"os/exec"

	"github.com/banyan-rooms/banyan/node/audio"
	"github.com/banyan-rooms/banyan/node/audio/file"
	"github.com/banyan-rooms/banyan/node/audio/ogg"
	"github.com/banyan-rooms/banyan/node/audio/opus"
)

const bitrate = 24000

// voice is one recording.
type voice struct {
	path, title, name, speed, words string
}

var voices = []voice{
	{
		"host.ogg", "What a banyan is", "en-gb+f3", "155",
		"Welcome to Banyan. A banyan is a tree whose branches grow roots of their own, " +
			"until one tree is a whole grove. This room works the same way: " +
			"everybody who listens passes the sound on to a few others.",
	},
	{
		"guest.ogg", "How the room works", "en-us+m3", "150",
		"Thank you for having me. There is no server in the middle that could fail or listen in. " +
			"If a branch breaks, those below it take hold of another one, " +
			"and most of the time you will not even hear it.",
	},
}

func main() {
	log.SetFlags(0)
	for _, v := range voices {
		if err := v.record(); err != nil {
			log.Fatalf("%s: %v", v.path, err)
		}
	}
}

// record makes one file.
func (v voice) record() error {
	spoken, err := run(nil, "espeak-ng", "-v", v.name, "-s", v.speed, "--stdout", v.words)
	if err != nil {
		return err
	}
	even, err := run(spoken, "sox", "-V1", "--ignore-length", "-t", "wav", "-", "-t", "wav", "-r", "48000", "-b", "16", "-D", "-",
		"silence", "1", "0.01", "0.5%", "reverse", "silence", "1", "0.01", "0.5%", "reverse",
		"pad", "0.1", "0.4", "norm", "-4")
	if err != nil {
		return err
	}
	source, err := file.New(bytes.NewReader(even), func() (audio.Encoder, error) {
		return opus.NewEncoder(opus.Config{Bitrate: bitrate})
	})
	if err != nil {
		return err
	}
	return v.write(source)
}

// write puts all of source into the file.
func (v voice) write(source audio.Source) error {
	var out bytes.Buffer
	w, err := ogg.NewWriter(&out, 1, v.title)
	if err != nil {
		return err
	}
	for {
		frame, err := source.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return err
		}
		if err := w.Write(w.Position(), frame.Packet); err != nil {
			return err
		}
	}
	if err := w.Close(); err != nil {
		return err
	}
	return os.WriteFile(v.path, out.Bytes(), 0o644)
}

// run gives what a command writes when it is fed with in.
func run(in []byte, name string, args ...string) ([]byte, error) {
	cmd := exec.Command(name, args...)
	cmd.Stdin, cmd.Stderr = bytes.NewReader(in), os.Stderr
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("run %s: %w", name, err)
	}
	return out, nil
}
