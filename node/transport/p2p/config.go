package p2p

import (
	"log/slog"
	"time"

	"github.com/banyan-rooms/banyan/crypto/identity"
)

// Bounds. A stranger can make nothing grow beyond them.
const (
	maxServing     = 256 // requests being answered at once
	maxServingPeer = 16  // of one peer
	maxControl     = 256 // control messages that wait for one peer; a mesh sends some each second
	maxAddrs       = 16  // addresses taken of one peer at a time; ours have up to eight
	maxDials       = 4   // peers being met at once
	maxTopics      = 256 // topics that a peer may name in one subscription message
	gossipQueue    = 256 // gossip messages that wait for a topic's owner; further ones are lost
	gossipSlack    = 4 << 10
)

// Timing.
const (
	dialTimeout    = 10 * time.Second // as libp2p's own for one address
	frameTimeout   = 10 * time.Second // to read or write one frame
	requestTimeout = 30 * time.Second // of a request whose caller sets no shorter one
	handleTimeout  = 20 * time.Second // to answer one; shorter, so that the refusal arrives
	controlIdle    = 5 * time.Minute  // after which a control stream closes
	heartbeat      = 300 * time.Millisecond
	pingEvery      = 20 * time.Second // each connected peer
	pingTimeout    = 5 * time.Second
	knownFor       = time.Hour        // that addresses are kept which nobody has confirmed
	findTimeout    = 15 * time.Second // for providers of a key
	provideTimeout = time.Minute
)

// Config is all that a network can be told. Only Key has no default.
type Config struct {
	Key identity.Key
	// Listen are the multiaddrs to listen on: /ip4/…/tcp/… and
	// /ip4/…/udp/…/quic-v1; none means every address. Port 0, and that of none,
	// follows from the identity, so that it is the same after a restart; it is any
	// free port when that one is taken.
	Listen []string
	// Bootstrap are multiaddrs, ending in /p2p/<id>, of peers to meet always.
	Bootstrap []string
	// Known are multiaddrs, ending in /p2p/<id>, of peers met before, the best
	// first; they are tried until a few peers are connected. What to remember
	// for the next time is Peers and AddrsOf.
	Known []string
	// Server is for a machine that strangers can dial: it serves the DHT from
	// the start, relays first contacts for peers behind NATs and helps them to
	// learn how they are reached.
	Server bool
	// MDNS finds peers on the local network, by multicast on every interface.
	MDNS bool
	// PortMap asks the router to forward the ports.
	PortMap bool
	// LowPeers and HighPeers are the connections to fall back to when there are
	// more than the higher; 0 means 64 and 128.
	LowPeers, HighPeers int
	// Log gets what happens; nil means no log.
	Log *slog.Logger
}
