package main

import (
	"context"
	"fmt"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/sync/errgroup"

	"github.com/banyan-rooms/banyan/cmd/internal/events"
	"github.com/banyan-rooms/banyan/crypto/identity"
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
				return visit(ctx, cmd, f, v, d, room, begun)
			})
		},
	}
	f.add(cmd)
	v.add(cmd)
	return cmd
}

// visit stays in a room that was entered, and does there what the flags ask for.
func visit(ctx context.Context, cmd *cobra.Command, f nodeFlags, v visitFlags, d *desk, room identity.RoomID, begun time.Time) error {
	if v.stay > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, v.stay)
		defer cancel()
	}
	ctx, leave := context.WithCancel(ctx)
	defer leave()
	g := &guest{desk: d, cmd: cmd, flags: f, visit: v, room: room, begun: begun, leave: leave}
	if err := g.listen(); err != nil {
		return err
	}
	var all errgroup.Group
	all.Go(func() error { return g.hear(ctx) })
	all.Go(func() error { return g.watch(ctx) })
	if v.speak != "" {
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
	if g.visit.record != "" {
		printf(g.cmd, g.flags, "Recorded into %s", g.visit.record)
	}
	if sent := g.sent.Load(); sent > 0 {
		printf(g.cmd, g.flags, "Spoke %s.", fmt.Sprint(time.Duration(sent)*20*time.Millisecond))
	}
}
