package main

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/banyan-rooms/banyan/node/audio"
	"github.com/banyan-rooms/banyan/node/audio/record"
)

// tape is the recording of a visit. When it cannot go on, the visit does.
type tape struct {
	dir    string
	own    chan audio.Frame // what this guest says
	spoken uint64           // frames of it

	recorder *record.Recorder // nil once it has ended
	failed   error            // why it ended too early
	speakers []record.Speaker // once it has ended
}

func newTape(dir string) (*tape, error) {
	r, err := record.New(dir, newDecoder)
	if err != nil {
		return nil, err
	}
	return &tape{dir: dir, recorder: r, own: make(chan audio.Frame, 64)}, nil
}

// keep hands over what this guest says, if there is a tape.
func (t *tape) keep(ctx context.Context, f audio.Frame) {
	if t == nil {
		return
	}
	select {
	case t.own <- f:
	case <-ctx.Done():
	}
}

// run lets the recorder do something, if it still records.
func (t *tape) run(cmd *cobra.Command, do func(*record.Recorder) error) {
	if t.recorder == nil {
		return
	}
	if t.failed = do(t.recorder); t.failed != nil {
		note(cmd, "The recording ends here, you stay in the room: %v", t.failed)
		_ = t.end() // of the same cause
	}
}

// end ends the recorder.
func (t *tape) end() error {
	err := t.recorder.Close()
	t.speakers, t.recorder = t.recorder.Speakers(), nil
	return err
}

// close ends the tape, and says if it is not whole.
func (t *tape) close() error {
	if t.recorder != nil {
		return t.end()
	}
	return fmt.Errorf("the recording in %s is not whole", t.dir)
}
