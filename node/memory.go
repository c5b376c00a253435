package node

import (
	"context"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/banyan-rooms/banyan/crypto/identity"
)

// runMemory writes down, until ctx ends, who is connected, so that the node finds
// somebody again after a restart, also after one that nobody saw coming.
func (n *Node) runMemory(ctx context.Context) error {
	clock := time.NewTicker(rememberEvery)
	defer clock.Stop()
	written, since := make(map[identity.ID][]string), time.Now()
	for {
		select {
		case <-ctx.Done():
			n.remember(written)
			return nil
		case now := <-clock.C:
			if now.Sub(since) >= rememberAgain {
				clear(written)
				since = now
			}
			n.remember(written)
		}
	}
}

// remember writes down the peers of whom something else was written before.
func (n *Node) remember(written map[identity.ID][]string) {
	news := make(map[identity.ID][]string)
	for _, id := range n.cfg.Network.Peers() {
		addrs := firsts(n.cfg.Network.AddrsOf(id), maxAddrs)
		slices.Sort(addrs)
		if len(addrs) > 0 && !slices.Equal(addrs, written[id]) {
			news[id] = addrs
		}
	}
	if len(news) == 0 {
		return
	}
	if err := n.cfg.Store.PutPeers(news); err != nil {
		n.log.Debug("peers were not written down", "error", err)
		return
	}
	maps.Copy(written, news)
}

// meet connects to the bootstrap peers and those known from before, and tries again
// while there is nobody. Without any, the node is the first.
func (n *Node) meet(ctx context.Context) error {
	known, err := n.cfg.Store.Peers()
	if err != nil {
		n.log.Warn("the peers met before cannot be read", "error", err)
	}
	n.cfg.Network.Know(known)
	clock := time.NewTicker(meetAgain)
	defer clock.Stop()
	for {
		if len(n.cfg.Network.Peers()) == 0 {
			n.connect(ctx, append(peersOf(n.cfg.Bootstrap), firsts(peersOf(known), maxMet)...))
		} else {
			n.connect(ctx, peersOf(n.cfg.Bootstrap))
		}
		select {
		case <-ctx.Done():
			return nil
		case <-clock.C:
		}
	}
}

// connect dials some peers, all at once, and returns when all have answered or not.
func (n *Node) connect(ctx context.Context, peers [][]string) {
	var dialing sync.WaitGroup
	for _, addrs := range peers {
		dialing.Go(func() {
			ctx, cancel := context.WithTimeout(ctx, askTimeout)
			defer cancel()
			if id, err := n.cfg.Network.Connect(ctx, addrs); err != nil {
				n.log.Debug("peer not met", "address", addrs[0], "error", err)
			} else {
				n.watchers.tell()
				n.log.Debug("met a peer", "peer", id.Short())
			}
		})
	}
	dialing.Wait()
}

// peersOf sorts multiaddrs by the peer that they end in, in the order of the first of
// each; those that end in none are left out.
func peersOf(addrs []string) [][]string {
	var all [][]string
	at := make(map[string]int)
	for _, a := range addrs {
		cut := strings.LastIndex(a, "/p2p/")
		if cut < 0 {
			continue
		}
		id := a[cut:]
		if _, known := at[id]; !known {
			at[id] = len(all)
			all = append(all, nil)
		}
		all[at[id]] = append(all[at[id]], a)
	}
	return all
}

// peerOf is the peer that a multiaddr ends in.
func peerOf(addr string) (identity.ID, bool) {
	cut := strings.LastIndex(addr, "/p2p/")
	if cut < 0 {
		return identity.ID{}, false
	}
	id, err := identity.ParseID(addr[cut+len("/p2p/"):])
	return id, err == nil
}

func firsts[T any](list []T, n int) []T { return list[:min(n, len(list))] }
