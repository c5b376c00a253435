package main

import (
	"context"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/sync/errgroup"

	"github.com/banyan-rooms/banyan/cmd/internal/events"
	"github.com/banyan-rooms/banyan/node/audio"
	"github.com/banyan-rooms/banyan/node/audio/record"
)

func newJoin() *cobra.Command {
	var f nodeFlags
	var v visitFlags
	cmd := &cobra.Command{
		Use:   "join LINK",
		Short: "Enter a room: listen, record, speak",
		Long: `Enter the room of an invite link, or (by its ID) a room that you were in before
or that is announced in the lobby, and stay until Ctrl-C.

With --speak the node raises its hand, accepts the invitation to the stage, and
speaks the file once (or standard input). With --record it keeps what is said:
one Ogg Opus file for each speaker, as it was sent, and mix.wav with everyone.`,
		Example: `  banyan join 'banyan:...'
  banyan join 'banyan:...' --record talk/ --for 1h
  espeak-ng --stdout "Hello" | banyan join 'banyan:...' --speak -`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := v.check(); err != nil {
				return err
			}
			return run(cmd, f, func(ctx context.Context, d *desk) error {
				begun := time.Now()
				room, err := d.Join(ctx, args[0])
				if err != nil {
					return err
				}
				return visit(ctx, &guest{desk: d, cmd: cmd, flags: f, visit: v, room: room, begun: begun})
			})
		},
	}
	f.add(cmd)
	v.add(cmd)
	return cmd
}

// visit stays in a room that was entered, and does there what the flags ask for.
func visit(ctx context.Context, g *guest) error {
	if g.visit.stay > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, g.visit.stay)
		defer cancel()
	}
	ctx, g.leave = context.WithCancel(ctx)
	defer g.leave()
	if err := g.listen(); err != nil {
		return err
	}
	var all errgroup.Group
	all.Go(func() error { return g.hear(ctx) })
	all.Go(func() error { return g.watch(ctx) })
	if g.visit.speak != "" {
		all.Go(func() error { return g.speak(ctx) })
	}
	err := all.Wait()
	g.report()
	return err
}

// report is the last that a guest says.
func (g *guest) report() {
	heard := g.meter.Report()
	e := events.Event{Event: events.Report, Room: g.room.String(), Sent: int(g.sent.Load()), Depth: int(g.depth.Load()), Heard: &heard}
	if first := g.meter.First(); !first.IsZero() {
		e.AfterMS = max(1, first.Sub(g.begun).Milliseconds())
	}
	g.say(e)
	if heard.Expected > 0 {
		printf(g.cmd, g.flags, "Heard %d frames of %d voices, %.2f %% in time.", heard.Received, heard.Speakers, 100*heard.Delivered)
	}
	if g.tape != nil {
		printf(g.cmd, g.flags, "Recorded into %s:", filepath.Join(g.tape.dir, record.MixName))
		for _, s := range g.tape.speakers {
			printf(g.cmd, g.flags, "  %s: %v of sound, %d of its frames lost", s.Path, frames(s.Played), s.Lost)
		}
	}
	if sent := g.sent.Load(); sent > 0 {
		printf(g.cmd, g.flags, "Spoke %v.", frames(uint64(sent)))
	}
}

// frames is how long some frames last.
func frames(n uint64) time.Duration { return time.Duration(n) * audio.FrameDuration }
