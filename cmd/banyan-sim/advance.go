package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/banyan-rooms/banyan/mesh/sim"
)

// slice is how much simulated time runs between two looks at the clock on the
// wall and at the signals.
const slice = 50 * time.Millisecond

// advance runs the world to the end, or until ctx ends, and shows how far it is
// when someone is watching.
func advance(ctx context.Context, world *sim.World, end time.Duration, stderr io.Writer) error {
	line := newProgress(stderr)
	defer line.clear()
	for at := time.Duration(0); at < end; {
		if ctx.Err() != nil {
			return fmt.Errorf("stopped at %v of %v of simulated time: %w", at, end, ctx.Err())
		}
		at = min(at+slice, end)
		if err := world.Run(at); err != nil {
			return err
		}
		line.show(at, end, world.Events())
	}
	return nil
}

// progress is one line on a terminal that is written over and over. On anything
// else than a terminal it is silent.
type progress struct {
	w       io.Writer // nil when nobody watches
	started time.Time
	shown   time.Time
	events  uint64
}

func newProgress(w io.Writer) *progress {
	now := time.Now()
	if f, ok := w.(*os.File); ok {
		if info, err := f.Stat(); err == nil && info.Mode()&os.ModeCharDevice != 0 {
			return &progress{w: w, started: now, shown: now}
		}
	}
	return &progress{}
}

// show writes the line anew, ten times a second at most.
func (p *progress) show(at, end time.Duration, events uint64) {
	now := time.Now()
	if p.w == nil || now.Sub(p.shown) < 100*time.Millisecond {
		return
	}
	rate := float64(events-p.events) / now.Sub(p.shown).Seconds()
	p.shown, p.events = now, events
	left := time.Duration(float64(now.Sub(p.started)) * float64(end-at) / float64(at))
	const width = 30
	done := int(width * at / end)
	fmt.Fprintf(p.w, "\r[%s%s] %v of %v, %.2f million events/s, %v left \x1b[K",
		strings.Repeat("#", done), strings.Repeat(".", width-done),
		at.Truncate(100*time.Millisecond), end, rate/1e6, left.Round(time.Second))
}

// count writes how many of some runs are over.
func (p *progress) count(ran, of int) {
	if p.w == nil {
		return
	}
	const width = 30
	done := width * ran / of
	left := time.Duration(float64(time.Since(p.started)) * float64(of-ran) / float64(ran))
	fmt.Fprintf(p.w, "\r[%s%s] %d of %d seeds, %v left \x1b[K", strings.Repeat("#", done), strings.Repeat(".", width-done), ran, of, left.Round(time.Second))
}

// clear leaves the terminal as it was.
func (p *progress) clear() {
	if p.w != nil {
		fmt.Fprint(p.w, "\r\x1b[K")
	}
}
