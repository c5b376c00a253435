package p2p

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/banyan-rooms/banyan/crypto/identity"
	"github.com/banyan-rooms/banyan/node/transport"
)

const (
	tableEvery   = time.Second // between looks at the DHT's table: it tells nobody when it fills
	provideFirst = time.Second // pause after an announcement that failed; doubles
	provideLate  = time.Minute // at most
)

// provideAgain are the pauses after announcements that went well: soon at first,
// because the first peers of a table are seldom the nearest to the key, then less
// often than records need (48 h) and more often than peers leave (hours).
var provideAgain = []time.Duration{15 * time.Second, time.Minute, 5 * time.Minute, time.Hour}

// watchTable wakes those that provide when the DHT's table gets its first peers.
func (n *Network) watchTable() {
	ticker := time.NewTicker(tableEvery)
	defer ticker.Stop()
	empty := true
	for {
		select {
		case <-n.life.Done():
			return
		case <-ticker.C:
		}
		was := empty
		empty = n.dht.RoutingTable().Size() == 0
		if was && !empty {
			n.mu.Lock()
			close(n.tableFilled)
			n.tableFilled = make(chan struct{})
			n.mu.Unlock()
		}
	}
}

// filled returns what is closed when the DHT's table next gets its first peers.
func (n *Network) filled() <-chan struct{} {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.tableFilled
}

// Provide announces in the DHT that this peer has what key names until ctx ends.
func (n *Network) Provide(ctx context.Context, key identity.RoomID) {
	if !n.enter() {
		return
	}
	go func() {
		defer n.running.Done()
		ctx, cancel := context.WithCancel(ctx)
		defer cancel()
		defer context.AfterFunc(n.life, cancel)() //nolint:contextcheck // the network's end is an end, too
		n.provide(ctx, key)
	}()
}

// provide announces a key again and again.
func (n *Network) provide(ctx context.Context, key identity.RoomID) {
	failures, successes := 0, 0
	for {
		filled := n.filled()
		err := n.announce(ctx, key)
		var pause time.Duration
		if err != nil {
			n.log.Debug("key not provided", "key", key.Short(), "why", err)
			pause = min(provideFirst<<failures, provideLate)
			failures = min(failures+1, 6)
		} else {
			pause = provideAgain[min(successes, len(provideAgain)-1)]
			failures, successes = 0, successes+1
		}
		timer := time.NewTimer(pause)
		select {
		case <-ctx.Done():
			timer.Stop()
			return
		case <-filled:
			timer.Stop()
			failures, successes = 0, 0
		case <-timer.C:
		}
	}
}

// announce announces a key once.
func (n *Network) announce(ctx context.Context, key identity.RoomID) error {
	ctx, cancel := context.WithTimeout(ctx, provideTimeout)
	defer cancel()
	return n.dht.Provide(ctx, key.CID(), true)
}

// Find returns up to limit peers that announced key; their addresses are known
// afterwards. It searches for 15 s at most and returns what it has found by then.
func (n *Network) Find(ctx context.Context, key identity.RoomID, limit int) ([]identity.ID, error) {
	ctx, cancel := context.WithTimeout(ctx, findTimeout)
	defer cancel()
	defer context.AfterFunc(n.life, cancel)() //nolint:contextcheck // the network's end is an end, too
	if limit <= 0 {
		return nil, nil
	}
	var found []identity.ID
	for info := range n.dht.FindProvidersAsync(ctx, key.CID(), limit+1) { // one may be this peer
		id, err := identity.FromPeer(info.ID)
		if err != nil || info.ID == n.host.ID() {
			continue
		}
		n.host.Peerstore().AddAddrs(info.ID, info.Addrs[:min(len(info.Addrs), maxAddrs)], knownFor)
		if found = append(found, id); len(found) == limit {
			break
		}
	}
	if n.life.Err() != nil {
		return nil, fmt.Errorf("find %s: %w", key.Short(), transport.ErrClosed)
	}
	if len(found) == 0 && errors.Is(context.Cause(ctx), context.Canceled) {
		return nil, fmt.Errorf("find %s: %w", key.Short(), context.Canceled)
	}
	return found, nil
}
