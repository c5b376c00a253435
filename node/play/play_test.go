package play

import (
	"context"
	"errors"
	"io"
	"testing"
	"testing/synctest"
	"time"

	"github.com/banyan-rooms/banyan/node/audio"
)

const ms = time.Millisecond

// counted gives n frames.
type counted struct{ n int }

func (c *counted) Next() (audio.Frame, error) {
	if c.n == 0 {
		return audio.Frame{}, io.EOF
	}
	c.n--
	return audio.Frame{Packet: []byte{byte(c.n)}}, nil
}

func TestFramesAreSaidEvery20ms(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		begin := time.Now()
		var at []time.Duration
		var stamps []uint32
		said, err := Run(t.Context(), &counted{4}, Turn{}, func(f audio.Frame) error {
			at, stamps = append(at, time.Since(begin)), append(stamps, f.Timestamp)
			return nil
		})
		if err != nil || said != 4 {
			t.Fatalf("said %d, %v; want 4 frames", said, err)
		}
		for i := range 4 {
			if at[i] != time.Duration(i)*20*ms || stamps[i] != uint32(i)*audio.FrameSamples {
				t.Errorf("frame %d: said at %v with timestamp %d, want %v and %d", i, at[i], stamps[i], time.Duration(i)*20*ms, i*audio.FrameSamples)
			}
		}
	})
}

func TestAPlayerThatFellBehindGoesOnFromNow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var stamps []uint32
		_, err := Run(t.Context(), &counted{3}, Turn{}, func(f audio.Frame) error {
			stamps = append(stamps, f.Timestamp/audio.FrameSamples)
			if len(stamps) == 1 {
				<-time.After(time.Second) // the machine was asleep
			}
			return nil
		})
		if err != nil || len(stamps) != 3 || stamps[1] != 50 || stamps[2] != 51 {
			t.Errorf("got frames at ticks %v, %v; want 0 50 51", stamps, err)
		}
	})
}

func TestTurnsDoNotOverlap(t *testing.T) {
	first, second := Turn{1, 2, 8 * time.Second}, Turn{2, 2, 8 * time.Second}
	for at := time.Unix(0, 0); at.Before(time.Unix(40, 0)); at = at.Add(500 * ms) {
		a, b := first.floor(at), second.floor(at)
		if (a == 0) == (b == 0) {
			t.Fatalf("at %v: both wait or both speak (%v, %v)", at.Unix(), a, b)
		}
		if next := at.Add(max(a, b)); first.floor(next) != 0 && second.floor(next) != 0 {
			t.Fatalf("at %v: nobody speaks after waiting %v", at.Unix(), max(a, b))
		}
	}
	if got := (Turn{}).floor(time.Unix(5, 0)); got != 0 {
		t.Errorf("the zero turn waits %v, want 0", got)
	}
}

func TestOutOfTurnNothingIsSaid(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		turn := Turn{Number: 2, Of: 2, Each: time.Second}
		_, err := Run(t.Context(), &counted{120}, turn, func(audio.Frame) error {
			if wait := turn.floor(time.Now()); wait > 0 {
				t.Errorf("said something %v before its turn", wait)
			}
			return nil
		})
		if err != nil {
			t.Error(err)
		}
	})
}

func TestRunEnds(t *testing.T) {
	broken := errors.New("broken")
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if said, err := Run(ctx, &counted{1000}, Turn{}, func(audio.Frame) error { return nil }); err != nil || said > 1 {
		t.Errorf("cancelled: said %d, %v; want at most one frame and no error", said, err)
	}
	if _, err := Run(t.Context(), &counted{2}, Turn{}, func(audio.Frame) error { return broken }); !errors.Is(err, broken) {
		t.Errorf("say failed: got %v, want %v", err, broken)
	}
	if _, err := Run(t.Context(), failing{broken}, Turn{}, func(audio.Frame) error { return nil }); !errors.Is(err, broken) {
		t.Errorf("source failed: got %v, want %v", err, broken)
	}
}

type failing struct{ err error }

func (f failing) Next() (audio.Frame, error) { return audio.Frame{}, f.err }

func TestLoop(t *testing.T) {
	opened := 0
	source, err := Loop(func() (audio.Source, error) {
		if opened++; opened == 3 {
			return &counted{0}, nil // nothing in it the third time
		}
		return &counted{2}, nil
	})
	if err != nil {
		t.Fatal(err)
	}
	got := 0
	for ; ; got++ {
		if _, err = source.Next(); err != nil {
			break
		}
	}
	if got != 4 || !errors.Is(err, io.EOF) {
		t.Errorf("got %d frames, then %v; want 4, then the end", got, err)
	}
}
