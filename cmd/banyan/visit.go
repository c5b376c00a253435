package main

import (
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/banyan-rooms/banyan/cmd/internal/program"
	"github.com/banyan-rooms/banyan/node/audio"
	"github.com/banyan-rooms/banyan/node/audio/file"
	"github.com/banyan-rooms/banyan/node/audio/opus"
	"github.com/banyan-rooms/banyan/node/audio/record"
	"github.com/banyan-rooms/banyan/node/audio/sample"
	"github.com/banyan-rooms/banyan/node/play"
)

// visitFlags are the flags of commands that stay in a room.
type visitFlags struct {
	speak  string
	record string
	stay   time.Duration
	stats  time.Duration
	loop   bool
	turn   string

	floor play.Turn // of turn
}

// turnLength is how long each of those who take turns has the floor.
const turnLength = 6 * time.Second

func (v *visitFlags) add(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.StringVar(&v.speak, "speak", "", "a WAV or Ogg Opus file to speak, or - for standard input")
	flags.StringVar(&v.record, "record", "", "directory to record into: one Ogg Opus file a speaker, yourself among them, and mix.wav")
	flags.DurationVar(&v.stay, "for", 0, "leave after this long (0: stay until Ctrl-C)")
	flags.DurationVar(&v.stats, "stats", 0, "say this often how well the sound comes (0: never)")
	flags.BoolVar(&v.loop, "loop", false, "speak the file again and again")
	flags.StringVar(&v.turn, "turn", "", "speak in turns, by the clock: 1/2 and 2/2 are two who alternate")
}

// check finds what makes no sense, before anything is started.
func (v *visitFlags) check() error {
	if v.stay < 0 {
		return program.Usage("--for %v: want a duration like 20s", v.stay)
	}
	if v.stats < 0 {
		return program.Usage("--stats %v: want a duration like 10s", v.stats)
	}
	if v.loop && v.speak == file.Stdin {
		return program.Usage("--loop: standard input can be spoken once only")
	}
	if v.speak != "" && v.speak != file.Stdin {
		source, err := openSpeech(v.speak) // better now than on the stage
		if err != nil {
			return err
		}
		_ = source.Close() // it was only read
	}
	if v.record != "" {
		if err := record.Check(v.record); err != nil {
			return err
		}
	}
	if v.turn == "" {
		return nil
	}
	number, of, ok := strings.Cut(v.turn, "/")
	n, err1 := strconv.Atoi(number)
	m, err2 := strconv.Atoi(of)
	if !ok || err1 != nil || err2 != nil || n < 1 || n > m {
		return program.Usage("--turn %q: want N/M, such as 1/2", v.turn)
	}
	v.floor = play.Turn{Number: n, Of: m, Each: turnLength}
	return nil
}

// source opens what is to be spoken.
func (v *visitFlags) source() (audio.Source, error) {
	if !v.loop {
		return openSpeech(v.speak)
	}
	return play.Loop(func() (audio.Source, error) { return openSpeech(v.speak) })
}

// bundled marks the recordings that come with the program.
const bundled = "builtin:"

// openSpeech opens a recording whose levels are those of its sound, which a page shows.
func openSpeech(path string) (speech, error) {
	source, err := openRecording(path)
	if err != nil {
		return speech{}, err
	}
	decoder, err := newDecoder()
	if err != nil {
		return speech{}, err
	}
	return speech{file.Measure(source, decoder), source}, nil
}

func openRecording(path string) (audio.Source, error) {
	if name, ok := strings.CutPrefix(path, bundled); ok {
		return sample.Open(name)
	}
	source, err := file.Open(path, newEncoder)
	if err != nil {
		return nil, fmt.Errorf("speak %s: %w", path, err)
	}
	return source, nil
}

// speech is a source that can be closed if what it is made of can.
type speech struct {
	audio.Source
	of audio.Source
}

// Close implements [io.Closer].
func (s speech) Close() error {
	if c, ok := s.of.(io.Closer); ok {
		return c.Close()
	}
	return nil
}

func newEncoder() (audio.Encoder, error) { return opus.NewEncoder(opus.Config{}) }

func newDecoder() (audio.Decoder, error) { return opus.NewDecoder() }
