package p2p

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"net"
	"slices"
	"strconv"
	"strings"
	"syscall"

	ma "github.com/multiformats/go-multiaddr"
	manet "github.com/multiformats/go-multiaddr/net"

	"github.com/banyan-rooms/banyan/crypto/identity"
)

// Ports that follow from identities: below those that systems give out by
// themselves (Linux from 32768), above those that services use.
const (
	firstPort = 16384
	portCount = 16384
)

// portOf is the port that a peer listens on if it may choose: the same after each
// start, so that the addresses in its links outlive one.
func portOf(id identity.ID) int {
	return firstPort + int(binary.BigEndian.Uint16(id[:]))%portCount
}

// parseListen reads addresses to listen on.
func parseListen(texts []string) ([]ma.Multiaddr, error) {
	addrs := make([]ma.Multiaddr, 0, len(texts))
	for _, text := range texts {
		a, err := ma.NewMultiaddr(text)
		if err != nil {
			return nil, fmt.Errorf("address to listen on: %w", err)
		}
		addrs = append(addrs, a)
	}
	return addrs, nil
}

// listen listens on the addresses that were asked for, or on every address of the
// machine.
func (n *Network) listen(ctx context.Context, asked []ma.Multiaddr) error {
	var spots []spot
	var err error
	if port := portOf(n.cfg.Key.ID()); len(asked) > 0 {
		spots, err = listenOn(ctx, asked, port)
	} else {
		spots, err = listenEverywhere(ctx, port)
	}
	if err != nil {
		return err
	}
	return n.occupy(spots)
}

// occupy listens where it was found that one can.
func (n *Network) occupy(spots []spot) error {
	for _, s := range spots {
		err := n.host.Network().Listen(s.addr)
		if err != nil && s.otherwise != nil { // somebody took the port just now
			err = n.host.Network().Listen(s.otherwise)
		}
		if err != nil {
			return fmt.Errorf("start to listen: %w", err)
		}
	}
	return nil
}

// listening are the addresses of the machine that the host listens on.
func (n *Network) listening() []ma.Multiaddr {
	return ma.FilterAddrs(n.host.Network().ListenAddresses(), func(a ma.Multiaddr) bool {
		_, _, err := listenArgs(a) // a circuit is none
		return err == nil
	})
}

// spot is an address to listen on, and another that will do as well, if there is one.
type spot struct{ addr, otherwise ma.Multiaddr }

// listenOn finds where to listen on addresses that were asked for. They must be free;
// port is the one to prefer where any is asked for.
func listenOn(ctx context.Context, asked []ma.Multiaddr, port int) ([]spot, error) {
	spots := make([]spot, 0, len(asked))
	for _, a := range asked {
		if own, free := withPort(a, port); free && probe(ctx, own) == nil {
			spots = append(spots, spot{own, a})
			continue
		}
		if err := probe(ctx, a); err != nil {
			return nil, err
		}
		spots = append(spots, spot{addr: a})
	}
	return spots, nil
}

// withPort puts a port where any is asked for, and tells whether one is.
func withPort(a ma.Multiaddr, port int) (with ma.Multiaddr, free bool) {
	with = slices.Clone(a)
	for i, c := range with {
		if c.Value() != "0" || c.Code() != ma.P_TCP && c.Code() != ma.P_UDP {
			continue
		}
		if p, err := ma.NewComponent(c.Protocol().Name, strconv.Itoa(port)); err == nil {
			with[i], free = *p, true
		}
	}
	return with, free
}

// listenEverywhere finds where to listen on every address of the machine: on one port
// if it is free on all, else on any. What the machine does not have is left out.
func listenEverywhere(ctx context.Context, port int) ([]spot, error) {
	var errs []error
	for _, port := range []int{port, 0} {
		var spots []spot
		busy := false
		for _, ip := range []string{"ip4/0.0.0.0", "ip6/::"} {
			for _, over := range []string{"udp/%d/quic-v1", "tcp/%d"} {
				at := func(port int) ma.Multiaddr { return ma.StringCast("/" + ip + "/" + fmt.Sprintf(over, port)) }
				err := probe(ctx, at(port))
				busy = busy || errors.Is(err, syscall.EADDRINUSE)
				if errs = append(errs, err); err == nil {
					spots = append(spots, spot{at(port), at(0)})
				}
			}
		}
		if len(spots) > 0 && !busy {
			return spots, nil
		}
	}
	return nil, fmt.Errorf("find a port to listen on: %w", errors.Join(errs...))
}

// probe tells in words why an address cannot be listened on. libp2p itself would
// share a TCP port with another program, and go on without a UDP port.
func probe(ctx context.Context, a ma.Multiaddr) error {
	over, address, err := listenArgs(a)
	if err != nil {
		return err
	}
	var lc net.ListenConfig
	if over == "tcp" {
		var l net.Listener
		if l, err = lc.Listen(ctx, over, address); err == nil {
			return l.Close()
		}
	} else {
		var c net.PacketConn
		if c, err = lc.ListenPacket(ctx, over, address); err == nil {
			return c.Close()
		}
	}
	over = strings.ToUpper(over)
	switch {
	case errors.Is(err, syscall.EADDRINUSE):
		return fmt.Errorf("%s port %s is in use by another program; stop it, or listen on another port (0 for any free one): %w", over, address, err)
	case errors.Is(err, syscall.EACCES):
		return fmt.Errorf("the system does not allow this user to listen on %s %s; choose a port above 1023: %w", over, address, err)
	case errors.Is(err, syscall.EADDRNOTAVAIL):
		return fmt.Errorf("this machine has no address %s to listen on: %w", address, err)
	}
	return fmt.Errorf("listen on %s %s: %w", over, address, err)
}

// listenArgs returns what package net calls an address.
func listenArgs(a ma.Multiaddr) (network, address string, err error) {
	codes := make([]int, 0, 3)
	for _, p := range a.Protocols() {
		codes = append(codes, p.Code)
	}
	overIP := len(codes) > 1 && (codes[0] == ma.P_IP4 || codes[0] == ma.P_IP6)
	switch {
	case overIP && slices.Equal(codes[1:], []int{ma.P_TCP}):
	case overIP && slices.Equal(codes[1:], []int{ma.P_UDP, ma.P_QUIC_V1}):
		a, _ = ma.SplitLast(a)
	default:
		return "", "", fmt.Errorf("cannot listen on %s; want /ip4/<address>/tcp/<port> or /ip4/<address>/udp/<port>/quic-v1", a)
	}
	n, err := manet.ToNetAddr(a)
	if err != nil {
		return "", "", fmt.Errorf("address to listen on: %w", err)
	}
	return n.Network(), n.String(), nil
}

// loopback tells whether an address is of this machine alone.
func loopback(a ma.Multiaddr) bool { return manet.IsIPLoopback(a) }

// dialable leaves out loopback addresses, unless there are no others or they are
// meant (keep).
func dialable(addrs []ma.Multiaddr, keep bool) []ma.Multiaddr {
	if keep {
		return addrs
	}
	others := ma.FilterAddrs(addrs, func(a ma.Multiaddr) bool { return !loopback(a) })
	if len(others) == 0 {
		return addrs
	}
	return others
}
