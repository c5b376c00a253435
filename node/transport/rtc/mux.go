package rtc

import (
	"net"
	"net/netip"

	"github.com/pion/ice/v4"
)

// mux sorts the packets of one port by link, and says which addresses to offer.
type mux struct {
	*ice.UDPMuxDefault
	loopback bool
	external func() []netip.Addr
}

// newMux sorts the packets of a socket, which it closes when it is closed.
func newMux(s *socket, cfg Config) *mux {
	local, _ := s.LocalAddr().(*net.UDPAddr)
	return &mux{
		UDPMuxDefault: ice.NewUDPMuxDefault(ice.UDPMuxParams{UDPConn: s, Logger: logs{cfg.Log}.NewLogger("mux")}),
		loopback:      cfg.Loopback || local.IP.IsLoopback(),
		external:      cfg.External,
	}
}

// GetListenAddresses are the addresses to offer for one link.
func (m *mux) GetListenAddresses() []net.Addr {
	var offered []net.Addr
	port := 0
	for _, a := range m.UDPMuxDefault.GetListenAddresses() {
		addr, ok := a.(*net.UDPAddr)
		if !ok {
			continue
		}
		port = addr.Port
		if m.wanted(addr.IP) && len(offered) < maxCandidates/2 {
			offered = append(offered, addr)
		}
	}
	if m.external == nil {
		return offered
	}
	for _, a := range m.external() {
		if len(offered) < maxCandidates/2 {
			offered = append(offered, net.UDPAddrFromAddrPort(netip.AddrPortFrom(a, uint16(port))))
		}
	}
	return offered
}

// GetConn returns the packets of one link. Which of the offered addresses they
// come in by does not matter: there is one socket.
func (m *mux) GetConn(ufrag string, addr net.Addr) (net.PacketConn, error) {
	if local, ok := m.LocalAddr().(*net.UDPAddr); ok && !local.IP.IsUnspecified() {
		addr = local
	}
	return m.UDPMuxDefault.GetConn(ufrag, addr)
}

// wanted tells whether an address, own or another peer's, is worth a try.
func (m *mux) wanted(ip net.IP) bool {
	switch {
	case ip.IsLoopback():
		return m.loopback
	case ip.IsUnspecified(), ip.IsMulticast(), ip.IsLinkLocalUnicast():
		return false
	}
	return true
}
