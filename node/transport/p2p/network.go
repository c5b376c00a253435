package p2p

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"

	pubsub "github.com/libp2p/go-libp2p-pubsub"

	dht "github.com/libp2p/go-libp2p-kad-dht"
	"github.com/libp2p/go-libp2p/core/host"
	"github.com/libp2p/go-libp2p/core/peer"
	"github.com/libp2p/go-libp2p/p2p/discovery/mdns"

	"github.com/banyan-rooms/banyan/crypto/identity"
	"github.com/banyan-rooms/banyan/node/transport"
)

var _ transport.Network = (*Network)(nil)

// Network is this peer's place among the others. It is safe for concurrent use.
type Network struct {
	cfg       Config
	log       *slog.Logger
	gate      *gate
	bootstrap []peer.AddrInfo
	known     []peer.AddrInfo
	host      host.Host
	dht       *dht.IpfsDHT
	pubsub    *pubsub.PubSub
	mdns      mdns.Service    // nil if off
	life      context.Context //nolint:containedctx // of the network, which Close ends
	end       context.CancelFunc
	running   sync.WaitGroup
	pings     chan peer.ID

	mu          sync.Mutex // guards all below
	closed      bool
	serving     map[identity.ID]int
	servingAll  int
	senders     map[route]*sender
	receivers   map[route]*receiver
	topics      map[string]*topic
	reach       reach
	tableFilled chan struct{} // closed, and made anew, when the DHT's table gets its first peers
}

// route is one direction of control messages.
type route struct {
	peer     identity.ID
	protocol string
}

// New starts a network.
func New(cfg Config) (*Network, error) {
	if cfg.LowPeers == 0 && cfg.HighPeers == 0 {
		cfg.LowPeers, cfg.HighPeers = lowPeers, highPeers
	}
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	n := &Network{
		cfg: cfg, log: cfg.Log,
		gate:        &gate{refused: make(map[peer.ID]bool)},
		pings:       make(chan peer.ID, 64),
		serving:     make(map[identity.ID]int),
		senders:     make(map[route]*sender),
		receivers:   make(map[route]*receiver),
		topics:      make(map[string]*topic),
		tableFilled: make(chan struct{}),
	}
	var err error
	if n.bootstrap, err = parseAddrs(cfg.Bootstrap); err != nil {
		return nil, fmt.Errorf("bootstrap address: %w", err)
	}
	n.known, _ = parseAddrs(cfg.Known) // those that are no addresses any more are left out
	n.life, n.end = context.WithCancel(context.Background())
	if err = n.start(); err != nil {
		return nil, errors.Join(err, n.Close())
	}
	return n, nil
}

func (n *Network) start() error {
	if err := n.build(n.life); err != nil {
		return err
	}
	if err := n.startGossip(); err != nil {
		return err
	}
	if err := n.startWatching(); err != nil {
		return err
	}
	n.running.Go(n.meetPeers)
	n.running.Go(n.watchTable)
	return n.startMDNS()
}

// Close leaves the network and waits for everything that was started.
func (n *Network) Close() error {
	n.mu.Lock()
	n.closed = true
	topics := make([]*topic, 0, len(n.topics))
	for _, t := range n.topics {
		topics = append(topics, t)
	}
	n.mu.Unlock()
	var errs []error
	for _, t := range topics {
		errs = append(errs, t.Close())
	}
	n.end()
	if n.mdns != nil {
		errs = append(errs, n.mdns.Close())
	}
	if n.dht != nil {
		errs = append(errs, n.dht.Close())
	}
	if n.host != nil { // resets the streams that handlers of ours wait for
		errs = append(errs, n.host.Close())
	}
	n.running.Wait()
	return errors.Join(errs...)
}

// enter counts a goroutine of libp2p's that runs a handler of ours; Close waits
// until it leaves.
func (n *Network) enter() bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.closed {
		return false
	}
	n.running.Add(1)
	return true
}

// Self is the identity that other peers see.
func (n *Network) Self() identity.ID { return n.cfg.Key.ID() }

// Addrs are this peer's dialable multiaddrs, each ending in /p2p/<id>.
func (n *Network) Addrs() []string {
	return texts(peer.AddrInfo{ID: n.host.ID(), Addrs: n.host.Addrs()})
}

// Peers are the peers connected now, ordered by ID.
func (n *Network) Peers() []identity.ID { return identities(n.host.Network().Peers()) }

// identities turns libp2p's names into ours, ordered; others' are left out.
func identities(peers []peer.ID) []identity.ID {
	ids := make([]identity.ID, 0, len(peers))
	for _, p := range peers {
		if id, err := identity.FromPeer(p); err == nil {
			ids = append(ids, id)
		}
	}
	slices.SortFunc(ids, identity.ID.Compare)
	return ids
}

// Gate refuses all connections with a peer, and ends those there are, or allows
// them again.
func (n *Network) Gate(id identity.ID, refuse bool) {
	n.gate.set(id.Peer(), refuse)
	if refuse {
		_ = n.host.Network().ClosePeer(id.Peer())
	}
}

// Speaks tells whether a connected peer supports a protocol.
func (n *Network) Speaks(id identity.ID, protocol string) bool {
	if !n.connected(id.Peer()) {
		return false
	}
	got, err := n.host.Peerstore().SupportsProtocols(id.Peer(), protocolID(protocol))
	return err == nil && len(got) == 1
}
