package netlab

import (
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/netip"
	"os"

	"golang.org/x/sys/unix"
)

const (
	tunDevice = "/dev/net/tun"
	interf    = "lab0" // a machine's interface
)

// setUp makes the interfaces of the namespace that the thread is in, and returns the
// other end of the one that leads to the lab.
func setUp(addr netip.Addr) (int, error) {
	// Without IPv6 nobody waits for answers that cannot come.
	err := os.WriteFile("/proc/sys/net/ipv6/conf/all/disable_ipv6", []byte("1"), 0)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return -1, err
	}
	device, err := openTUN()
	if err != nil {
		return -1, err
	}
	if err := configure(addr); err != nil {
		_ = unix.Close(device) // what went wrong is told
		return -1, err
	}
	return device, nil
}

// openTUN makes the interface that leads to the lab.
func openTUN() (int, error) {
	fd, err := unix.Open(tunDevice, unix.O_RDWR|unix.O_CLOEXEC|unix.O_NONBLOCK, 0)
	if err != nil {
		return -1, fmt.Errorf("open %s: %w", tunDevice, err)
	}
	req, err := unix.NewIfreq(interf)
	if err == nil {
		req.SetUint16(unix.IFF_TUN | unix.IFF_NO_PI)
		err = unix.IoctlIfreq(fd, unix.TUNSETIFF, req)
	}
	if err != nil {
		_ = unix.Close(fd)
		return -1, fmt.Errorf("make a TUN device: %w", err)
	}
	return fd, nil
}

// configure gives the interface its address, and takes it and loopback up.
func configure(addr netip.Addr) error {
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return fmt.Errorf("open a socket: %w", err)
	}
	defer func() { _ = unix.Close(fd) }() // nothing was written
	ip := addr.As4()
	return errors.Join(
		set(fd, interf, unix.SIOCSIFADDR, func(r *unix.Ifreq) error { return r.SetInet4Addr(ip[:]) }),
		set(fd, interf, unix.SIOCSIFNETMASK, func(r *unix.Ifreq) error { return r.SetInet4Addr(net.CIDRMask(network.Bits(), 32)) }),
		set(fd, interf, unix.SIOCSIFFLAGS, up),
		set(fd, "lo", unix.SIOCSIFFLAGS, up),
	)
}

func up(r *unix.Ifreq) error {
	r.SetUint16(unix.IFF_UP | unix.IFF_RUNNING)
	return nil
}

// set does one request about an interface.
func set(fd int, name string, request uint, fill func(*unix.Ifreq) error) error {
	r, err := unix.NewIfreq(name)
	if err == nil {
		err = fill(r)
	}
	if err == nil {
		err = unix.IoctlIfreq(fd, request, r)
	}
	if err != nil {
		return fmt.Errorf("set up %s (request %#x): %w", name, request, err)
	}
	return nil
}
