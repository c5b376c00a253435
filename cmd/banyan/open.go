package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"

	"github.com/spf13/cobra"
	"golang.org/x/sync/errgroup"

	"github.com/banyan-rooms/banyan/cmd/internal/events"
	"github.com/banyan-rooms/banyan/cmd/internal/ground"
	"github.com/banyan-rooms/banyan/cmd/internal/program"
	"github.com/banyan-rooms/banyan/crypto/identity"
	"github.com/banyan-rooms/banyan/node"
	"github.com/banyan-rooms/banyan/node/store"
	"github.com/banyan-rooms/banyan/node/transport/p2p"
	"github.com/banyan-rooms/banyan/node/web"
)

// desk is a node with everything that it stands on, and its page.
type desk struct {
	*node.Node
	ground *ground.Ground
	page   *web.Server
	say    func(events.Event) // prints an event, or nothing
	log    *slog.Logger
}

// open starts what a node stands on. close must be called.
func open(ctx context.Context, cmd *cobra.Command, f nodeFlags) (*desk, error) {
	if err := f.check(); err != nil {
		return nil, err
	}
	log, err := program.Log(cmd)
	if err != nil {
		return nil, err
	}
	d := &desk{log: log, say: func(events.Event) {}}
	if f.json {
		d.say = func(e events.Event) { _ = events.Write(cmd.OutOrStdout(), e) } // a closed pipe is the reader's wish
	}
	ask := ground.Ask(cmd, f.passphrase) //nolint:contextcheck // the command's ends by Ctrl-C, while ctx is the node's
	d.ground, err = ground.Open(ground.Config{Data: f.data, Ask: ask, Log: log, Network: p2p.Config{
		Listen: f.listen, Bootstrap: f.bootstrap, MDNS: f.mdns, PortMap: !ground.Local(f.listen),
	}})
	if err != nil {
		return nil, err
	}
	if err := d.start(ctx, f); err != nil {
		return nil, errors.Join(err, d.ground.Close())
	}
	return d, nil
}

// start makes the node and opens its door: the page, which the person's other commands
// ask as well.
func (d *desk) start(ctx context.Context, f nodeFlags) error {
	name, err := d.ground.Store.Name()
	if err != nil {
		return err
	}
	if name == "" && !f.asks {
		name = loginName()
	}
	d.Node, err = node.New(node.Config{
		Key: d.ground.Store.Key(), Network: d.ground.Network, Links: d.ground.Links, Store: d.ground.Store,
		Name: cmp.Or(f.name, name), MaxChildren: f.maxChildren, Bootstrap: f.bootstrap, Log: d.log,
	})
	if err != nil {
		return err
	}
	d.page, err = web.New(ctx, web.Config{Node: d.Node, Listen: f.page, Version: version, Log: d.log})
	if err != nil {
		return err
	}
	return d.ground.Store.OpenDoor(store.Door{Address: d.page.Address(), Token: d.page.Token()})
}

// run runs the node, and do beside it; when either ends, both do.
func run(cmd *cobra.Command, f nodeFlags, do func(ctx context.Context, d *desk) error) error {
	return runWith(cmd.Context(), cmd, f, do)
}

// runWith is run for as long as ctx.
func runWith(ctx context.Context, cmd *cobra.Command, f nodeFlags, do func(ctx context.Context, d *desk) error) (err error) {
	nodeCtx, stop := context.WithCancel(context.WithoutCancel(ctx)) // it leaves its rooms only when do is done with them
	defer stop()
	d, err := open(nodeCtx, cmd, f)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, d.ground.Close()) }()
	var all errgroup.Group
	all.Go(func() error { defer stop(); return d.Run(nodeCtx) })
	all.Go(func() error { defer stop(); return d.page.Run(nodeCtx) })
	all.Go(func() error {
		defer stop()
		self := d.Status().Self
		d.say(events.Event{Event: events.Ready, ID: self.ID.String(), Addrs: self.Addrs})
		return do(ctx, d)
	})
	return all.Wait()
}

// look is a room as it is now, if the node is in it.
func (d *desk) look(room identity.RoomID) (node.RoomStatus, bool) {
	for _, r := range d.Status().Rooms {
		if r.ID == room {
			return r, true
		}
	}
	return node.RoomStatus{}, false
}

// printf tells a person something, unless a script reads.
func printf(cmd *cobra.Command, f nodeFlags, format string, args ...any) {
	if !f.json {
		fmt.Fprintf(cmd.OutOrStdout(), format+"\n", args...)
	}
}

// note tells a person, or whoever reads a script's log, what is not the result.
func note(cmd *cobra.Command, format string, args ...any) {
	fmt.Fprintf(cmd.ErrOrStderr(), format+"\n", args...)
}
