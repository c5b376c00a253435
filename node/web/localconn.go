package web

import (
	"net"
	"net/netip"
	"sync"
	"time"
)

// localConn hears only this machine: the browser's sound has no business anywhere
// else, although it may take one of the machine's outer addresses to come here.
type localConn struct {
	net.PacketConn

	mu     sync.Mutex
	own    map[netip.Addr]bool
	asked  time.Time
	lookup func() ([]net.Addr, error)
	now    func() time.Time
}

// ownFor is how long the machine's addresses are taken to stay as they are when a
// datagram of a stranger asks.
const ownFor = time.Second

func newLocalConn(c net.PacketConn) *localConn {
	return &localConn{PacketConn: c, lookup: net.InterfaceAddrs, now: time.Now}
}

// ReadFrom returns the next datagram of this machine.
func (c *localConn) ReadFrom(b []byte) (int, net.Addr, error) {
	for {
		n, from, err := c.PacketConn.ReadFrom(b)
		if err != nil || c.local(from) {
			return n, from, err
		}
	}
}

func (c *localConn) local(from net.Addr) bool {
	udp, ok := from.(*net.UDPAddr)
	if !ok {
		return false
	}
	ip := udp.AddrPort().Addr().Unmap().WithZone("")
	if ip.IsLoopback() {
		return true
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if now := c.now(); !c.own[ip] && now.Sub(c.asked) >= ownFor {
		c.own, c.asked = c.addresses(), now
	}
	return c.own[ip]
}

func (c *localConn) addresses() map[netip.Addr]bool {
	addrs, err := c.lookup()
	if err != nil {
		return nil // then loopback is all there is
	}
	own := make(map[netip.Addr]bool, len(addrs))
	for _, a := range addrs {
		if p, err := netip.ParsePrefix(a.String()); err == nil {
			own[p.Addr().Unmap().WithZone("")] = true
		}
	}
	return own
}
