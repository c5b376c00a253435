package p2p

import (
	"context"
	"time"

	"github.com/libp2p/go-libp2p/core/peer"
	"github.com/libp2p/go-libp2p/p2p/protocol/ping"
	"github.com/quic-go/quic-go"

	"github.com/banyan-rooms/banyan/crypto/identity"
)

// pingers is how many pings are under way at most.
const pingers = 2

// RTT is the smoothed round trip to a connected peer, if it is known: QUIC's own (RFC 9002,
// section 5), which each acknowledgement renews; without QUIC that of pings, each 20 s.
func (n *Network) RTT(id identity.ID) (time.Duration, bool) {
	p := id.Peer()
	if !n.connected(p) {
		return 0, false
	}
	if rtt := n.quicRTT(p); rtt > 0 {
		return rtt, true
	}
	rtt := n.host.Peerstore().LatencyEWMA(p)
	return rtt, rtt > 0
}

// quicRTT is the round trip that a QUIC connection with a peer has measured; 0 if there is
// no such connection.
func (n *Network) quicRTT(p peer.ID) time.Duration {
	for _, c := range n.host.Network().ConnsToPeer(p) {
		var q *quic.Conn
		if c.As(&q) {
			return q.ConnectionStats().SmoothedRTT
		}
	}
	return 0
}

// wantPing queues a ping of a peer whose round trip nobody else measures; with many waiting
// already, another round will come.
func (n *Network) wantPing(p peer.ID) {
	if n.quicRTT(p) > 0 {
		return
	}
	select {
	case n.pings <- p:
	default:
	}
}

// ping measures round trips until the network closes. libp2p keeps the results.
func (n *Network) ping() {
	for {
		select {
		case <-n.life.Done():
			return
		case p := <-n.pings:
			ctx, cancel := context.WithTimeout(n.life, pingTimeout)
			if r := <-ping.Ping(ctx, n.host, p); r.Error != nil {
				n.log.Debug("no answer to ping", "peer", p, "why", r.Error)
			}
			cancel()
		}
	}
}
