package p2p

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/libp2p/go-libp2p/core/network"
	"github.com/libp2p/go-libp2p/core/peer"
	"github.com/libp2p/go-libp2p/core/protocol"
	"github.com/libp2p/go-libp2p/p2p/net/swarm"
	"github.com/multiformats/go-multistream"

	"github.com/banyan-rooms/banyan/crypto/identity"
	"github.com/banyan-rooms/banyan/node/transport"
)

func protocolID(p string) protocol.ID { return protocol.ID(p) }

// parseAddrs sorts multiaddrs that end in /p2p/<id> by peer, in the order in which
// the peers come. It returns those that it could read beside an error about the
// others.
func parseAddrs(addrs []string) ([]peer.AddrInfo, error) {
	var infos []peer.AddrInfo
	var errs []error
	for _, text := range addrs {
		info, err := peer.AddrInfoFromString(text)
		if err == nil {
			_, err = identity.FromPeer(info.ID)
		}
		if err != nil {
			errs = append(errs, fmt.Errorf("%q: want a multiaddr that ends in /p2p/<peer ID>: %w", text, err))
			continue
		}
		i := slices.IndexFunc(infos, func(i peer.AddrInfo) bool { return i.ID == info.ID })
		if i < 0 {
			infos = append(infos, *info)
		} else if len(infos[i].Addrs) < maxAddrs {
			infos[i].Addrs = append(infos[i].Addrs, info.Addrs...)
		}
	}
	return infos, errors.Join(errs...)
}

// texts are a peer's addresses as multiaddrs that end in /p2p/<id>.
func texts(info peer.AddrInfo) []string {
	full, err := peer.AddrInfoToP2pAddrs(&info)
	if err != nil {
		return nil
	}
	out := make([]string, len(full))
	for i, a := range full {
		out[i] = a.String()
	}
	return out
}

// Know keeps addresses for an hour or until they are confirmed.
func (n *Network) Know(addrs []string) {
	infos, _ := parseAddrs(addrs)
	for _, info := range infos {
		if info.ID != n.host.ID() {
			n.host.Peerstore().AddAddrs(info.ID, info.Addrs, knownFor)
		}
	}
}

// AddrsOf are the known addresses of a peer.
func (n *Network) AddrsOf(id identity.ID) []string {
	info := n.host.Peerstore().PeerInfo(id.Peer())
	here := slices.ContainsFunc(n.host.Network().ListenAddresses(), loopback)
	info.Addrs = dialable(info.Addrs, here)
	return texts(info)
}

// connected tells whether there is a connection with a peer, direct or over a
// relay.
func (n *Network) connected(p peer.ID) bool {
	c := n.host.Network().Connectedness(p)
	return c == network.Connected || c == network.Limited
}

// Connect dials the peers behind the addresses, all at once, and returns the first
// that answers.
func (n *Network) Connect(ctx context.Context, addrs []string) (identity.ID, error) {
	infos, err := parseAddrs(addrs)
	switch {
	case len(infos) > 0:
	case err != nil:
		return identity.ID{}, fmt.Errorf("connect: %w: %w", transport.ErrUnreachable, err)
	default:
		return identity.ID{}, fmt.Errorf("connect: %w: no address", transport.ErrUnreachable)
	}
	ctx, cancel := context.WithTimeout(ctx, dialTimeout)
	defer cancel()
	type result struct {
		id  identity.ID
		err error
	}
	results := make(chan result, len(infos))
	for _, info := range infos {
		if !n.enter() {
			return identity.ID{}, fmt.Errorf("connect: %w", transport.ErrClosed)
		}
		go func() { // ends with ctx at the latest, and sends without waiting
			defer n.running.Done()
			id, err := n.connect(ctx, info)
			results <- result{id, err}
		}()
	}
	var errs []error
	for range infos {
		r := <-results
		if r.err == nil {
			return r.id, nil
		}
		errs = append(errs, r.err)
	}
	return identity.ID{}, errors.Join(errs...)
}

// connect dials one peer unless it is connected.
func (n *Network) connect(ctx context.Context, info peer.AddrInfo) (identity.ID, error) {
	id, err := identity.FromPeer(info.ID)
	if err != nil {
		return identity.ID{}, err
	}
	if info.ID == n.host.ID() {
		return identity.ID{}, fmt.Errorf("connect: %w: the address is this peer's own", transport.ErrUnreachable)
	}
	if s, ok := n.host.Network().(*swarm.Swarm); ok {
		s.Backoff().Clear(info.ID) // who asks again wants another try
	}
	if err = n.host.Connect(ctx, info); err != nil {
		return identity.ID{}, n.unreachable("connect to "+id.Short(), ctx, err)
	}
	return id, nil
}

// unreachable makes one line of what libp2p says about a failed dial.
func (n *Network) unreachable(doing string, ctx context.Context, err error) error {
	switch {
	case n.life.Err() != nil:
		return fmt.Errorf("%s: %w", doing, transport.ErrClosed)
	case errors.Is(context.Cause(ctx), context.Canceled):
		return fmt.Errorf("%s: %w", doing, context.Canceled)
	}
	return fmt.Errorf("%s: %w: %s", doing, transport.ErrUnreachable, transport.Words(err.Error()))
}

// open opens a stream to a peer, over a relay's circuit too. It dials if it must.
func (n *Network) open(ctx context.Context, to identity.ID, p string) (network.Stream, error) {
	if s, ok := n.host.Network().(*swarm.Swarm); ok && !n.connected(to.Peer()) {
		s.Backoff().Clear(to.Peer())
	}
	ctx = network.WithAllowLimitedConn(network.WithDialPeerTimeout(ctx, dialTimeout), p)
	s, err := n.host.NewStream(ctx, to.Peer(), protocolID(p))
	if unknown := (multistream.ErrNotSupported[protocol.ID]{}); errors.As(err, &unknown) {
		return nil, transport.Refused("does not speak " + p)
	}
	if err != nil {
		return nil, n.unreachable("dial "+to.Short(), ctx, err)
	}
	return s, nil
}
