package p2p

import (
	"context"
	"sync"
	"time"

	"github.com/libp2p/go-libp2p/core/peer"
	"github.com/libp2p/go-libp2p/p2p/discovery/mdns"
)

const (
	enough      = 4 // peers to be content with: the DHT and gossip find the others
	mdnsService = "_banyan._udp"
	meetFirst   = 2 * time.Second // pause after a round that brought too few; doubles
	meetPause   = time.Minute     // at most, and when content
)

// meetPeers dials the bootstrap peers, and those known from before until a few are
// connected, again and again.
func (n *Network) meetPeers() {
	pause := meetFirst
	for {
		n.meet(n.bootstrap, false)
		n.meet(n.known, true)
		if len(n.host.Network().Peers()) >= enough || len(n.bootstrap)+len(n.known) == 0 {
			pause = meetPause
		}
		select {
		case <-n.life.Done():
			return
		case <-time.After(pause):
		}
		pause = min(2*pause, meetPause)
	}
}

// meet dials those of the peers that are not connected, some at a time; all, or
// only until enough are connected.
func (n *Network) meet(peers []peer.AddrInfo, untilEnough bool) {
	var dialling sync.WaitGroup
	defer dialling.Wait()
	places := make(chan struct{}, maxDials)
	for _, info := range peers {
		if n.connected(info.ID) || info.ID == n.host.ID() {
			continue
		}
		select {
		case places <- struct{}{}:
		case <-n.life.Done():
			return
		}
		if untilEnough && len(n.host.Network().Peers()) >= enough {
			return
		}
		dialling.Go(func() {
			defer func() { <-places }()
			n.greet(info)
		})
	}
}

// greet dials one peer that was found somehow.
func (n *Network) greet(info peer.AddrInfo) {
	ctx, cancel := context.WithTimeout(n.life, dialTimeout)
	defer cancel()
	if _, err := n.connect(ctx, info); err != nil {
		n.log.Debug("peer not met", "peer", info.ID, "why", err)
	}
}

// startMDNS begins to find peers on the local network, if that is wanted.
func (n *Network) startMDNS() error {
	if !n.cfg.MDNS {
		return nil
	}
	n.mdns = mdns.NewMdnsService(n.host, mdnsService, &neighbours{n: n})
	if err := n.mdns.Start(); err != nil {
		n.log.Warn("no peers will be found on the local network", "why", err) // no interface, no multicast
		n.mdns = nil
	}
	return nil
}

// neighbours meets the peers that mDNS finds, some at a time.
type neighbours struct {
	n       *Network
	mu      sync.Mutex
	meeting map[peer.ID]bool
}

// HandlePeerFound is called for each answer, often for the same peer.
func (b *neighbours) HandlePeerFound(info peer.AddrInfo) {
	if info.ID == b.n.host.ID() || b.n.connected(info.ID) || !b.begin(info.ID) {
		return
	}
	if !b.n.enter() {
		b.finish(info.ID)
		return
	}
	go func() {
		defer b.n.running.Done()
		defer b.finish(info.ID)
		info.Addrs = info.Addrs[:min(len(info.Addrs), maxAddrs)]
		b.n.greet(info)
	}()
}

func (b *neighbours) begin(p peer.ID) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.meeting[p] || len(b.meeting) >= maxDials {
		return false
	}
	if b.meeting == nil {
		b.meeting = make(map[peer.ID]bool)
	}
	b.meeting[p] = true
	return true
}

func (b *neighbours) finish(p peer.ID) {
	b.mu.Lock()
	defer b.mu.Unlock()
	delete(b.meeting, p)
}
