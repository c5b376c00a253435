// Package ground opens what a node stands on, in a program that runs one: its data
// directory, its network, its links.
package ground

import (
	"errors"
	"log/slog"
	"strings"

	"github.com/banyan-rooms/banyan/node/store"
	"github.com/banyan-rooms/banyan/node/transport/p2p"
	"github.com/banyan-rooms/banyan/node/transport/rtc"
)

// Config says where the ground is.
type Config struct {
	Data string    // directory
	Ask  store.Ask // for the passphrase of an identity that is locked
	// Network gets its key, and whom it knows, from the data directory.
	Network p2p.Config
	// MaxLinks bounds the links; 0 leaves it to package rtc.
	MaxLinks int
	Log      *slog.Logger
}

// Ground is open until [Ground.Close].
type Ground struct {
	Store   *store.Store
	Network *p2p.Network
	Links   *rtc.Links
}

// Open opens everything, or nothing. Its errors are sentences for people; one of a
// data directory that another node has is [store.ErrInUse].
func Open(c Config) (_ *Ground, err error) {
	p2p.SetLog(c.Log)
	g := &Ground{}
	defer func() {
		if err != nil {
			err = errors.Join(err, g.Close())
		}
	}()
	if g.Store, err = store.Open(c.Data, c.Ask); err != nil {
		return nil, err
	}
	c.Network.Key, c.Network.Log = g.Store.Key(), c.Log
	if c.Network.Known, err = g.Store.Peers(); err != nil {
		return nil, err
	}
	if g.Network, err = p2p.New(c.Network); err != nil {
		return nil, err
	}
	g.Links, err = rtc.New(g.Network, rtc.Config{
		Listen: linkAddress(c.Network.Listen), Loopback: Local(g.Network.Addrs()), External: g.Network.PublicIPs,
		MaxLinks: c.MaxLinks, Log: c.Log,
	})
	return g, err
}

// Close gives everything back, in the order opposite to Open's.
func (g *Ground) Close() error {
	var errs []error
	if g.Links != nil {
		errs = append(errs, g.Links.Close())
	}
	if g.Network != nil {
		errs = append(errs, g.Network.Close())
	}
	if g.Store != nil {
		errs = append(errs, g.Store.Close())
	}
	return errors.Join(errs...)
}

// Local tells whether multiaddrs are of this machine alone.
func Local(addrs []string) bool {
	for _, a := range addrs {
		if !strings.HasPrefix(a, "/ip4/127.") && !strings.HasPrefix(a, "/ip6/::1/") {
			return false
		}
	}
	return len(addrs) > 0
}
