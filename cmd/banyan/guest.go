package main

import (
	"context"
	"errors"
	"slices"
	"sync/atomic"
	"time"

	"github.com/spf13/cobra"

	"github.com/banyan-rooms/banyan/cmd/internal/events"
	"github.com/banyan-rooms/banyan/crypto/epoch"
	"github.com/banyan-rooms/banyan/crypto/identity"
	"github.com/banyan-rooms/banyan/node"
	"github.com/banyan-rooms/banyan/node/audio"
	"github.com/banyan-rooms/banyan/node/audio/record"
	"github.com/banyan-rooms/banyan/node/measure"
	"github.com/banyan-rooms/banyan/node/play"
	"github.com/banyan-rooms/banyan/rooms"
)

// guest is a node in a room without a page.
type guest struct {
	*desk
	cmd   *cobra.Command
	flags nodeFlags
	visit visitFlags
	room  identity.RoomID
	made  bool // just now, by this guest
	begun time.Time
	leave context.CancelFunc // ends the visit

	heard   <-chan node.Heard
	silence func()

	meter *measure.Meter // owned by hear, and by report after it
	tape  *tape          // likewise; nil without --record
	names map[identity.ID]string

	sent  atomic.Int64
	depth atomic.Int64
}

// listen begins to hear, before anything else could be missed.
func (g *guest) listen() (err error) {
	g.meter, g.names = measure.New(measure.Config{}), make(map[identity.ID]string)
	if g.visit.record != "" {
		if g.tape, err = newTape(g.visit.record); err != nil {
			return err
		}
	}
	g.heard, g.silence, err = g.Hear(g.room)
	return err
}

// hear measures and records what comes, until ctx ends.
func (g *guest) hear(ctx context.Context) (err error) {
	defer g.silence()
	var own <-chan audio.Frame
	var tick <-chan time.Time
	if g.tape != nil {
		clock := time.NewTicker(audio.FrameDuration)
		defer clock.Stop()
		tick, own = clock.C, g.tape.own
		defer func() { err = g.tape.close() }()
	}
	for {
		select {
		case <-ctx.Done():
			return nil
		case h, open := <-g.heard:
			if !open {
				g.leave()
				return nil
			}
			g.take(h)
		case f := <-own:
			g.tape.spoken++
			g.record(record.Frame{Speaker: g.ID(), Number: g.tape.spoken, Frame: f, Arrived: time.Since(g.begun)})
		case <-tick:
			g.tape.run(g.cmd, func(r *record.Recorder) error { return r.Tick(time.Since(g.begun)) })
		}
	}
}

// take takes one frame of others in.
func (g *guest) take(h node.Heard) {
	if g.meter.First().IsZero() {
		g.say(events.Event{Event: events.Sound, Room: g.room.String(), AfterMS: max(1, h.Received.Sub(g.begun).Milliseconds())})
		printf(g.cmd, g.flags, "Sound.")
	}
	g.meter.Heard(measure.Frame{Speaker: h.Speaker, Epoch: epoch.Of(h.KID), Number: h.CTR, Captured: h.Captured, Arrived: h.Received})
	for _, gap := range g.meter.Gaps() {
		g.say(events.Event{Event: events.Gap, Room: g.room.String(), ID: gap.Speaker.String(), Since: gap.Since, GapMS: gap.Length.Milliseconds()})
	}
	if g.tape != nil {
		g.record(record.Frame{Speaker: h.Speaker, Key: h.KID, Number: h.CTR, Frame: h.Frame, Arrived: h.Received.Sub(g.begun)})
	}
}

// record keeps a frame.
func (g *guest) record(f record.Frame) {
	f.Name = g.nameOf(f.Speaker)
	g.tape.run(g.cmd, func(r *record.Recorder) error { return r.Heard(f) })
}

// nameOf is what somebody was called when they were first heard.
func (g *guest) nameOf(id identity.ID) string {
	if name, known := g.names[id]; known {
		return name
	}
	room, _ := g.look()
	for _, p := range room.People {
		g.names[p.ID] = p.Name
	}
	return g.names[id]
}

// watch tells what happens to the room, and ends the visit when the room has ended.
func (g *guest) watch(ctx context.Context) error {
	changed, stop := g.Watch()
	defer stop()
	first := true
	var doubts doubts
	lonely := time.After(lonelyAfter)
	var reach reach
	var stats <-chan time.Time
	if g.visit.stats > 0 {
		clock := time.NewTicker(g.visit.stats)
		defer clock.Stop()
		stats = clock.C
	}
	for {
		room, here := g.look()
		if !here {
			g.leave()
			return nil
		}
		if first {
			g.say(events.Event{Event: events.Room, Room: room.ID.String(), Title: room.Title})
			printf(g.cmd, g.flags, "In the room %q, as %s. Ctrl-C leaves it.", room.Title, room.Role)
			first = false
		}
		if room.Network.Attached {
			g.depth.Store(int64(room.Network.Depth()))
		}
		if reach.moved(room.Network) {
			g.sayNetwork(room)
		}
		for _, p := range doubts.begun(room.People) {
			g.say(events.Event{Event: events.Forged, Room: room.ID.String(), ID: p.ID.String(), Name: p.Name})
			printf(g.cmd, g.flags, "Somebody spoke in the voice of %s. You hear, and record, only what %s signed.", p.Name, p.Name)
		}
		if room.Closed || room.Banned {
			what, words := events.Closed, "The room was closed."
			if room.Banned {
				what, words = events.Removed, "You were removed from this room."
			}
			g.say(events.Event{Event: what, Room: room.ID.String()})
			printf(g.cmd, g.flags, "%s", words)
			g.leave()
			return nil
		}
		select {
		case <-ctx.Done():
			return nil
		case <-changed:
		case <-stats:
			if room, here = g.look(); here {
				g.sayNetwork(room)
				printf(g.cmd, g.flags, "%s", room.Network.Words)
			}
		case <-lonely:
			if !g.made && len(room.People) == 1 {
				g.say(events.Event{Event: events.Alone, Room: room.ID.String()})
				printf(g.cmd, g.flags, "Nobody else of this room can be reached now. Whoever comes finds you here.")
			}
		}
	}
}

// sayNetwork tells how the room's sound comes here.
func (g *guest) sayNetwork(room node.RoomStatus) {
	g.say(events.Event{Event: events.Network, Room: room.ID.String(), Network: &room.Network})
}

// reach is the places in a room's trees.
type reach []node.Path

// moved takes the places in that there are now, and tells whether they are others; who is
// fed from there does not matter.
func (r *reach) moved(n node.NetworkStatus) bool {
	now := slices.Clone(n.Paths)
	for i := range now {
		now[i].Children = 0
	}
	moved := !slices.Equal(now, *r)
	*r = now
	return moved
}

// doubts are those in whose voice somebody else speaks.
type doubts map[identity.ID]bool

// begun are those of whom it is known since the last look.
func (d *doubts) begun(people []node.Person) (news []node.Person) {
	now := make(doubts)
	for _, p := range people {
		if p.Voice != "forged" {
			continue
		}
		if now[p.ID] = true; !(*d)[p.ID] {
			news = append(news, p)
		}
	}
	*d = now
	return news
}

// lonelyAfter is how long somebody who comes back to a room looks for the others before
// it is said that there are none.
const lonelyAfter = 5 * time.Second

// look is the room as it is now.
func (g *guest) look() (node.RoomStatus, bool) { return g.desk.look(g.room) }

// speak gets onto the stage and speaks there.
func (g *guest) speak(ctx context.Context) error {
	source, err := g.visit.source()
	if err != nil {
		g.leave()
		return err
	}
	if err := g.climb(ctx); err != nil || ctx.Err() != nil {
		g.leave()
		return err
	}
	g.say(events.Event{Event: events.Stage, Room: g.room.String()})
	printf(g.cmd, g.flags, "On the stage.")
	_, err = play.Run(ctx, source, g.visit.floor, func(f audio.Frame) error {
		err := g.Say(g.room, f)
		if err == nil {
			g.sent.Add(1)
			g.tape.keep(ctx, f)
		}
		if errors.Is(err, node.ErrBusy) || errors.Is(err, node.ErrMuted) {
			return nil // a frame less, as for a person who is interrupted
		}
		return err
	})
	if err != nil {
		g.leave()
		return err
	}
	g.say(events.Event{Event: events.Spoke, Room: g.room.String(), Sent: int(g.sent.Load())})
	if g.visit.stay == 0 && g.visit.record == "" && ctx.Err() == nil {
		printf(g.cmd, g.flags, "Said all. Still listening; Ctrl-C leaves.")
	}
	return nil
}

// climb raises the hand and accepts the invitation, as a person would.
func (g *guest) climb(ctx context.Context) error {
	changed, stop := g.Watch()
	defer stop()
	raised := false
	for {
		room, here := g.look()
		switch {
		case !here:
			return nil
		case room.OnStage:
			return nil
		case room.Invited:
			if err := g.Do(ctx, g.room, rooms.AcceptStage{}); err != nil && ctx.Err() == nil {
				return err
			}
		case !raised && room.Network.Attached:
			raised = true
			printf(g.cmd, g.flags, "Hand raised; waiting to be invited up.")
			if err := g.Do(ctx, g.room, rooms.RaiseHand{}); err != nil && ctx.Err() == nil {
				return err
			}
		}
		select {
		case <-ctx.Done():
			return nil
		case <-changed:
		}
	}
}

// welcome invites up whoever raises a hand, until ctx ends.
func (g *guest) welcome(ctx context.Context) error {
	changed, stop := g.Watch()
	defer stop()
	for {
		room, here := g.look()
		if !here {
			return nil
		}
		for _, who := range room.Hands {
			if err := g.Do(ctx, g.room, rooms.InviteUp{Who: who}); err != nil && ctx.Err() == nil {
				g.log.Warn("cannot invite up", "who", who.Short(), "why", err)
			}
		}
		select {
		case <-ctx.Done():
			return nil
		case <-changed:
		}
	}
}
