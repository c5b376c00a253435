package main

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/spf13/cobra"

	"github.com/banyan-rooms/banyan/crypto/identity"
	"github.com/banyan-rooms/banyan/node/audio"
	"github.com/banyan-rooms/banyan/node/audio/record"
)

func TestARecordingThatFailsEndsAlone(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "talk")
	recording, err := newTape(dir)
	if err != nil {
		t.Fatal(err)
	}
	var notes bytes.Buffer
	cmd := &cobra.Command{}
	cmd.SetErr(&notes)
	full := errors.New("the disk is full")
	for range 3 {
		recording.run(cmd, func(*record.Recorder) error { return full })
	}
	if got := notes.String(); strings.Count(got, full.Error()) != 1 {
		t.Errorf("said %q, want the cause once", got)
	}
	if err := recording.close(); err == nil || !strings.Contains(err.Error(), dir) {
		t.Errorf("ended with %v, want that the recording in %s is not whole", err, dir)
	}
}

func TestOneIsRecordedAmongTheOthers(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "talk")
	recording, err := newTape(dir)
	if err != nil {
		t.Fatal(err)
	}
	encoder, err := newEncoder()
	if err != nil {
		t.Fatal(err)
	}
	packet, err := encoder.Encode(nil, make([]int16, audio.FrameSamples))
	if err != nil {
		t.Fatal(err)
	}
	recording.keep(t.Context(), audio.Frame{Packet: packet})
	own := <-recording.own
	recording.run(&cobra.Command{}, func(r *record.Recorder) error {
		return r.Heard(record.Frame{Speaker: identity.ID{1}, Name: "Ann", Number: 1, Frame: own})
	})
	if err := recording.close(); err != nil {
		t.Fatal(err)
	}
	if s := recording.speakers; len(s) != 1 || s[0].Played != 1 {
		t.Errorf("recorded %+v", s)
	}
	if _, err := os.Stat(filepath.Join(dir, "Ann.ogg")); err != nil {
		t.Error(err)
	}
	(*tape)(nil).keep(t.Context(), own) // without --record there is none
}
