package p2p

import (
	"context"
	"fmt"
	"net/netip"
	"slices"
	"time"

	"github.com/libp2p/go-libp2p"
	dht "github.com/libp2p/go-libp2p-kad-dht"
	"github.com/libp2p/go-libp2p/core/host"
	"github.com/libp2p/go-libp2p/core/network"
	"github.com/libp2p/go-libp2p/core/peer"
	"github.com/libp2p/go-libp2p/core/routing"
	"github.com/libp2p/go-libp2p/p2p/host/autorelay"
	rcmgr "github.com/libp2p/go-libp2p/p2p/host/resource-manager"
	"github.com/libp2p/go-libp2p/p2p/net/connmgr"
	circuit "github.com/libp2p/go-libp2p/p2p/protocol/circuitv2/proto"
	"github.com/libp2p/go-libp2p/p2p/protocol/circuitv2/relay"
	"github.com/libp2p/go-libp2p/p2p/security/noise"
	libp2ptls "github.com/libp2p/go-libp2p/p2p/security/tls"
	libp2pquic "github.com/libp2p/go-libp2p/p2p/transport/quic"
	"github.com/libp2p/go-libp2p/p2p/transport/tcp"
	"github.com/libp2p/go-libp2p/x/rate"
	ma "github.com/multiformats/go-multiaddr"
)

const (
	userAgent   = "banyan"
	dhtPrefix   = "/banyan"
	lowPeers    = 64  // a gossip mesh of 6 for some rooms and the DHT's nearest
	highPeers   = 128 // connections are most of a host's memory
	trimGrace   = 30 * time.Second
	connsPerIP  = 64  // people of one office or campus share an address; libp2p has 8
	newPerIP    = 2.0 // new connections a second from one address; libp2p has 0.2
	reservePeer = 64  // circuit slots for peers behind one address; libp2p has 8
)

// build makes the libp2p host and its DHT.
func (n *Network) build(ctx context.Context) error {
	asked, err := parseListen(n.cfg.Listen)
	if err != nil {
		return err
	}
	resources, err := resourceManager()
	if err != nil {
		return err
	}
	conns, err := connmgr.NewConnManager(n.cfg.LowPeers, n.cfg.HighPeers, connmgr.WithGracePeriod(trimGrace))
	if err != nil {
		return fmt.Errorf("make connection manager: %w", err)
	}
	keepLoopback := slices.ContainsFunc(asked, loopback)
	options := []libp2p.Option{
		libp2p.Identity(n.cfg.Key.LibP2P()),
		libp2p.UserAgent(userAgent),
		libp2p.NoListenAddrs, // until there is something to take care of what goes wrong
		libp2p.EnableRelay(),
		libp2p.AddrsFactory(func(addrs []ma.Multiaddr) []ma.Multiaddr { return dialable(addrs, keepLoopback) }),
		libp2p.Transport(libp2pquic.NewTransport),
		libp2p.Transport(tcp.NewTCPTransport),
		libp2p.Security(noise.ID, noise.New),
		libp2p.Security(libp2ptls.ID, libp2ptls.New),
		libp2p.ResourceManager(resources),
		libp2p.ConnectionManager(conns),
		libp2p.ConnectionGater(n.gate),
		libp2p.EnableHolePunching(),
		libp2p.EnableAutoNATv2(),
		libp2p.DisableMetrics(),
		libp2p.Routing(n.newDHT),
	}
	if n.cfg.PortMap {
		options = append(options, libp2p.NATPortMap())
	}
	h, err := libp2p.New(append(options, n.relayOptions()...)...)
	if err != nil {
		return fmt.Errorf("start libp2p: %w", err)
	}
	n.mu.Lock()
	n.host = h
	n.mu.Unlock()
	return n.listen(ctx, asked)
}

// newDHT makes the DHT for a host; libp2p calls it.
func (n *Network) newDHT(h host.Host) (routing.PeerRouting, error) {
	mode := dht.ModeAutoServer // a server until it is known to be behind a NAT: local networks never learn
	if n.cfg.Server {
		mode = dht.ModeServer
	}
	d, err := dht.New(h, dht.ProtocolPrefix(dhtPrefix), dht.Mode(mode), dht.DisableValues(),
		dht.BootstrapPeers(n.bootstrap...))
	if err != nil {
		return nil, err
	}
	n.dht = d
	return d, nil
}

// relayOptions let a server relay first contacts, and others be reached by them.
func (n *Network) relayOptions() []libp2p.Option {
	if n.cfg.Server {
		resources := relay.DefaultResources()
		resources.MaxReservationsPerIP = reservePeer
		return []libp2p.Option{
			libp2p.ForceReachabilityPublic(),
			libp2p.EnableRelayService(relay.WithResources(resources)),
			libp2p.EnableNATService(),
			libp2p.UDPBlackHoleSuccessCounter(nil), // or a young server refuses to dial back over QUIC
			libp2p.IPv6BlackHoleSuccessCounter(nil),
		}
	}
	return []libp2p.Option{libp2p.EnableAutoRelayWithPeerSource(n.relays,
		autorelay.WithBootDelay(0), autorelay.WithMinInterval(5*time.Second), autorelay.WithMinCandidates(1))}
}

// relays offers the connected peers that relay.
func (n *Network) relays(_ context.Context, most int) <-chan peer.AddrInfo {
	out := make(chan peer.AddrInfo, most)
	defer close(out)
	n.mu.Lock()
	h := n.host
	n.mu.Unlock()
	if h == nil { // still being made
		return out
	}
	for _, p := range h.Network().Peers() {
		speaks, err := h.Peerstore().SupportsProtocols(p, circuit.ProtoIDv2Hop)
		if err != nil || len(speaks) == 0 {
			continue
		}
		select {
		case out <- h.Peerstore().PeerInfo(p):
		default:
			return out
		}
	}
	return out
}

// resourceManager bounds what peers can take, scaled to the machine's memory and
// open files. Peers of a local network are not counted by address.
func resourceManager() (network.ResourceManager, error) {
	limits := rcmgr.DefaultLimits
	libp2p.SetDefaultServiceLimits(&limits)
	free := func(prefix string) rcmgr.NetworkPrefixLimit {
		return rcmgr.NetworkPrefixLimit{Network: netip.MustParsePrefix(prefix), ConnCount: 1 << 20}
	}
	v4 := slices.Concat(rcmgr.DefaultNetworkPrefixLimitV4,
		[]rcmgr.NetworkPrefixLimit{free("10.0.0.0/8"), free("172.16.0.0/12"), free("192.168.0.0/16")})
	v6 := slices.Concat(rcmgr.DefaultNetworkPrefixLimitV6, []rcmgr.NetworkPrefixLimit{free("fc00::/7"), free("fe80::/10")})
	unlimited := make([]rate.PrefixLimit, 0, len(v4)+len(v6))
	for _, l := range slices.Concat(v4, v6) {
		unlimited = append(unlimited, rate.PrefixLimit{Prefix: l.Network})
	}
	pace := rate.Limit{RPS: newPerIP, Burst: connsPerIP}
	m, err := rcmgr.NewResourceManager(rcmgr.NewFixedLimiter(limits.AutoScale()),
		rcmgr.WithNetworkPrefixLimit(v4, v6),
		rcmgr.WithLimitPerSubnet([]rcmgr.ConnLimitPerSubnet{{PrefixLength: 32, ConnCount: connsPerIP}},
			[]rcmgr.ConnLimitPerSubnet{{PrefixLength: 56, ConnCount: connsPerIP}, {PrefixLength: 48, ConnCount: 8 * connsPerIP}}),
		rcmgr.WithConnRateLimiters(&rate.Limiter{
			NetworkPrefixLimits: unlimited,
			SubnetRateLimiter: rate.SubnetLimiter{
				IPv4SubnetLimits: []rate.SubnetLimit{{PrefixLength: 32, Limit: pace}},
				IPv6SubnetLimits: []rate.SubnetLimit{{PrefixLength: 56, Limit: pace}},
				GracePeriod:      time.Minute,
			},
		}))
	if err != nil {
		return nil, fmt.Errorf("make resource manager: %w", err)
	}
	return m, nil
}
