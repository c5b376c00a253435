package p2p

import (
	"sync"

	"github.com/libp2p/go-libp2p/core/control"
	"github.com/libp2p/go-libp2p/core/network"
	"github.com/libp2p/go-libp2p/core/peer"
	ma "github.com/multiformats/go-multiaddr"

	"github.com/banyan-rooms/banyan/crypto/identity"
)

// gate says who may connect: everyone with an identity of our kind who was not
// refused.
type gate struct {
	mu      sync.RWMutex
	refused map[peer.ID]bool
}

func (g *gate) set(p peer.ID, refuse bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if refuse {
		g.refused[p] = true
	} else {
		delete(g.refused, p)
	}
}

func (g *gate) allows(p peer.ID) bool {
	g.mu.RLock()
	defer g.mu.RUnlock()
	return !g.refused[p]
}

// InterceptPeerDial is asked before a peer is dialled.
func (g *gate) InterceptPeerDial(p peer.ID) bool { return g.allows(p) }

// InterceptAddrDial is asked before an address is dialled.
func (g *gate) InterceptAddrDial(p peer.ID, _ ma.Multiaddr) bool { return g.allows(p) }

// InterceptAccept is asked before it is known who connects.
func (g *gate) InterceptAccept(network.ConnMultiaddrs) bool { return true }

// InterceptSecured is asked once it is known.
func (g *gate) InterceptSecured(_ network.Direction, p peer.ID, _ network.ConnMultiaddrs) bool {
	_, err := identity.FromPeer(p)
	return err == nil && g.allows(p)
}

// InterceptUpgraded is asked at the end.
func (g *gate) InterceptUpgraded(network.Conn) (bool, control.DisconnectReason) { return true, 0 }
