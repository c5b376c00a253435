package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"

	"github.com/spf13/cobra"
	"golang.org/x/sync/errgroup"

	"github.com/banyan-rooms/banyan/cmd/internal/events"
	"github.com/banyan-rooms/banyan/cmd/internal/program"
	"github.com/banyan-rooms/banyan/node"
	"github.com/banyan-rooms/banyan/node/store"
	"github.com/banyan-rooms/banyan/node/transport/p2p"
	"github.com/banyan-rooms/banyan/node/transport/rtc"
)

// desk is a node with everything that it stands on.
type desk struct {
	*node.Node
	store   *store.Store
	network *p2p.Network
	links   *rtc.Links
	say     func(events.Event) // prints an event, or nothing
	log     *slog.Logger
}

// open starts what a node stands on. close must be called.
func open(cmd *cobra.Command, f nodeFlags) (*desk, error) {
	if err := f.check(); err != nil {
		return nil, err
	}
	log, err := program.Log(cmd)
	if err != nil {
		return nil, err
	}
	p2p.SetLog(log)
	d := &desk{log: log, say: func(events.Event) {}}
	if f.json {
		d.say = func(e events.Event) { _ = events.Write(cmd.OutOrStdout(), e) } // a closed pipe is the reader's wish
	}
	if err := d.start(f); err != nil {
		return nil, errors.Join(err, d.close())
	}
	return d, nil
}

func (d *desk) start(f nodeFlags) (err error) {
	if d.store, err = store.Open(f.data); err != nil {
		return err
	}
	key := d.store.Key()
	known, err := d.store.Peers()
	if err != nil {
		return err
	}
	d.network, err = p2p.New(p2p.Config{
		Key: key, Listen: f.listen, Bootstrap: f.bootstrap, Known: known, MDNS: f.mdns, PortMap: !local(f.listen), Log: d.log,
	})
	if err != nil {
		return err
	}
	d.links, err = rtc.New(d.network, rtc.Config{Listen: program.LinkAddress(f.listen), Loopback: local(d.network.Addrs()), External: d.network.PublicIPs, Log: d.log})
	if err != nil {
		return err
	}
	name, err := d.store.Name()
	if err != nil {
		return err
	}
	if name == "" && !f.asks {
		name = loginName()
	}
	d.Node, err = node.New(node.Config{
		Key: key, Network: d.network, Links: d.links, Store: d.store,
		Name: cmp.Or(f.name, name), MaxChildren: f.maxChildren, Bootstrap: f.bootstrap, Log: d.log,
	})
	return err
}

// local tells whether addresses are of this machine alone.
func local(addrs []string) bool {
	for _, a := range addrs {
		if !strings.HasPrefix(a, "/ip4/127.") && !strings.HasPrefix(a, "/ip6/::1/") {
			return false
		}
	}
	return len(addrs) > 0
}

// close gives everything back, in the order opposite to start's.
func (d *desk) close() error {
	var errs []error
	if d.links != nil {
		errs = append(errs, d.links.Close())
	}
	if d.network != nil {
		errs = append(errs, d.network.Close())
	}
	if d.store != nil {
		errs = append(errs, d.store.Close())
	}
	return errors.Join(errs...)
}

// run runs the node, and do beside it; when either ends, both do.
func run(cmd *cobra.Command, f nodeFlags, do func(ctx context.Context, d *desk) error) error {
	return runWith(cmd.Context(), cmd, f, do)
}

// runWith is run for as long as ctx.
func runWith(ctx context.Context, cmd *cobra.Command, f nodeFlags, do func(ctx context.Context, d *desk) error) (err error) {
	d, err := open(cmd, f)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, d.close()) }()
	nodeCtx, stop := context.WithCancel(context.WithoutCancel(ctx)) // it leaves its rooms only when do is done with them
	defer stop()
	var both errgroup.Group
	both.Go(func() error { return d.Run(nodeCtx) })
	both.Go(func() error {
		defer stop()
		self := d.Status().Self
		d.say(events.Event{Event: events.Ready, ID: self.ID.String(), Addrs: self.Addrs})
		return do(ctx, d)
	})
	return both.Wait()
}

// printf tells a person something, unless a script reads.
func printf(cmd *cobra.Command, f nodeFlags, format string, args ...any) {
	if !f.json {
		fmt.Fprintf(cmd.OutOrStdout(), format+"\n", args...)
	}
}
