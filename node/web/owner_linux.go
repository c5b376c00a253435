package web

import (
	"errors"
	"net"
	"net/netip"
	"os"

	"github.com/prometheus/procfs"
)

const established = 1 // TCP_ESTABLISHED of Linux's tcp_states.h

var errNoOwner = errors.New("no program has the other end of the connection")

// owner is the user whose program has the other end of a connection inside this machine.
// A socket that its program has closed already is nobody's.
func owner(c net.Conn) (uid int, err error) {
	fs, err := procfs.NewDefaultFS()
	if err != nil {
		return 0, err
	}
	here, there := endpoint(c.LocalAddr()), endpoint(c.RemoteAddr())
	for _, table := range []func() (procfs.NetTCP, error){fs.NetTCP, fs.NetTCP6} { //nolint:staticcheck // netlink, to which its authors point, is a socket protocol of its own for the same table
		all, err := table()
		if err != nil && !errors.Is(err, os.ErrNotExist) { // a machine without IPv6 has no second table
			return 0, err
		}
		for _, s := range all {
			if s.St == established && at(s.LocalAddr, s.LocalPort) == there && at(s.RemAddr, s.RemPort) == here {
				return int(s.UID), nil
			}
		}
	}
	return 0, errNoOwner
}

// endpoint is an address of a connection, in one form for IPv4 within IPv6 or not.
func endpoint(a net.Addr) netip.AddrPort {
	t, ok := a.(*net.TCPAddr)
	if !ok {
		return netip.AddrPort{}
	}
	return at(t.IP, uint64(t.Port))
}

func at(ip net.IP, port uint64) netip.AddrPort {
	a, _ := netip.AddrFromSlice(ip)
	return netip.AddrPortFrom(a.Unmap(), uint16(port))
}
