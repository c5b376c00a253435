// Package play speaks a recording in real time: a frame every 20 ms, stamped with
// the media time at which it is said.
//
// It starts no goroutine; [Run] belongs to whoever calls it.
package play

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/banyan-rooms/banyan/node/audio"
)

// maxBehind is how far a player that was not scheduled may fall behind before it
// gives up catching up: after that it goes on from now, as a live voice would.
const maxBehind = 100 * time.Millisecond

// Turn says when a speaker who talks in turns has the floor: the wall clock is cut
// into spans of Each, and of every Of spans the speaker has the one numbered Number
// (from 1). Speakers on one machine thereby take turns without telling each other.
// The zero Turn always has the floor.
type Turn struct {
	Number, Of int
	Each       time.Duration
}

// floor is how long from now the speaker has to wait for its turn; 0 means it is on.
func (t Turn) floor(now time.Time) time.Duration {
	if t.Of <= 1 {
		return 0
	}
	cycle := time.Duration(t.Of) * t.Each
	at := time.Duration(now.UnixNano() % int64(cycle))
	begin := time.Duration(t.Number-1) * t.Each
	switch {
	case at < begin:
		return begin - at
	case at < begin+t.Each:
		return 0
	default:
		return cycle - at + begin
	}
}

// Run says all of source, and returns how many frames were said. It ends with the
// source, with ctx (which is no error), or with the first error of either side.
func Run(ctx context.Context, source audio.Source, turn Turn, say func(audio.Frame) error) (said int, err error) {
	begin := time.Now()
	timer := time.NewTimer(0)
	defer timer.Stop()
	for at := time.Duration(0); ; at += audio.FrameDuration {
		if now := time.Since(begin); now-at > maxBehind {
			at = now.Truncate(audio.FrameDuration)
		}
		if wait := turn.floor(begin.Add(at)); wait > 0 {
			at = (at + wait + audio.FrameDuration - 1).Truncate(audio.FrameDuration)
		}
		timer.Reset(time.Until(begin.Add(at)))
		select {
		case <-ctx.Done():
			return said, nil
		case <-timer.C:
		}
		frame, err := source.Next()
		if errors.Is(err, io.EOF) {
			return said, nil
		}
		if err != nil {
			return said, fmt.Errorf("read what to say: %w", err)
		}
		frame.Timestamp = uint32(at / audio.FrameDuration * audio.FrameSamples)
		if err := say(frame); err != nil {
			return said, err
		}
		said++
	}
}

// Loop returns a source that opens its recording again whenever it has ended, and
// closes the one before, if it is an [io.Closer]. The error of opening it again is the
// source's.
func Loop(open func() (audio.Source, error)) (audio.Source, error) {
	first, err := open()
	return &loop{open: open, now: first}, err
}

type loop struct {
	open func() (audio.Source, error)
	now  audio.Source
}

// Next implements [audio.Source]. A recording without a single frame ends the loop.
func (l *loop) Next() (audio.Frame, error) {
	frame, err := l.now.Next()
	if !errors.Is(err, io.EOF) {
		return frame, err
	}
	if old, ok := l.now.(io.Closer); ok {
		_ = old.Close() // it was only read
	}
	if l.now, err = l.open(); err != nil {
		return audio.Frame{}, err
	}
	return l.now.Next()
}
