package p2p

import (
	"fmt"
	"net/netip"
	"slices"
	"time"

	"github.com/libp2p/go-libp2p/core/event"
	"github.com/libp2p/go-libp2p/core/network"
	ma "github.com/multiformats/go-multiaddr"
	manet "github.com/multiformats/go-multiaddr/net"
)

// reach is what others have found out about reaching this peer.
type reach struct {
	verdict   network.Reachability // AutoNAT's, of the peer as a whole
	confirmed bool                 // some address, by AutoNAT v2
}

// startWatching follows what libp2p learns about addresses and measures round
// trips.
func (n *Network) startWatching() error {
	events, err := n.host.EventBus().Subscribe([]any{
		new(event.EvtLocalReachabilityChanged),
		new(event.EvtHostReachableAddrsChanged),
		new(event.EvtPeerIdentificationCompleted),
	})
	if err != nil {
		return fmt.Errorf("watch libp2p: %w", err)
	}
	n.running.Go(func() { n.watch(events) })
	for range pingers {
		n.running.Go(n.ping)
	}
	return nil
}

// watch takes in libp2p's events until the network closes, and has each connected
// peer pinged from time to time.
func (n *Network) watch(events event.Subscription) {
	defer func() { _ = events.Close() }()
	ticker := time.NewTicker(pingEvery)
	defer ticker.Stop()
	for {
		select {
		case <-n.life.Done():
			return
		case <-ticker.C:
			for _, p := range n.host.Network().Peers() {
				n.wantPing(p)
			}
		case e, ok := <-events.Out():
			if !ok {
				return
			}
			n.take(e)
		}
	}
}

// take takes in one event.
func (n *Network) take(e any) {
	n.mu.Lock()
	defer n.mu.Unlock()
	switch e := e.(type) {
	case event.EvtLocalReachabilityChanged:
		n.reach.verdict = e.Reachability
	case event.EvtHostReachableAddrsChanged:
		n.reach.confirmed = len(e.Reachable) > 0
	case event.EvtPeerIdentificationCompleted:
		n.wantPing(e.Peer)
	}
}

// Dialable tells whether strangers can dial this peer: others have confirmed it,
// or there is nobody but local peers to ask, to whom every address is dialable.
func (n *Network) Dialable() bool {
	n.mu.Lock()
	reach := n.reach
	n.mu.Unlock()
	switch {
	case reach.confirmed, reach.verdict == network.ReachabilityPublic:
		return true
	case reach.verdict == network.ReachabilityPrivate:
		return false
	}
	return !slices.ContainsFunc(n.host.Network().Conns(), func(c network.Conn) bool {
		return isPublic(c.RemoteMultiaddr())
	})
}

// PublicIPs are the public addresses by which others reach this machine, as far as
// is known, without those that relays lend.
func (n *Network) PublicIPs() []netip.Addr {
	var ips []netip.Addr
	for _, a := range n.host.Addrs() {
		ip, err := manet.ToIP(a)
		if addr, ok := netip.AddrFromSlice(ip); err == nil && ok && isPublic(a) {
			ips = append(ips, addr.Unmap())
		}
	}
	slices.SortFunc(ips, netip.Addr.Compare)
	return slices.Compact(ips)
}

// isPublic tells whether an address is of the world and not lent by a relay.
func isPublic(a ma.Multiaddr) bool {
	_, err := a.ValueForProtocol(ma.P_CIRCUIT)
	return err != nil && manet.IsPublicAddr(a)
}
