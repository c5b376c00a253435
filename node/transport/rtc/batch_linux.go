package rtc

import (
	"errors"
	"net"

	"golang.org/x/net/ipv4"
)

const batchSize = 64 // packets for one system call

// batch sends many packets with one system call (sendmmsg).
type batch struct {
	conn     *ipv4.PacketConn // for IPv6 too: the address family is in each message
	messages []ipv4.Message
	addrs    []net.UDPAddr
}

func newBatch(conn *net.UDPConn) *batch {
	b := &batch{
		conn:     ipv4.NewPacketConn(conn),
		messages: make([]ipv4.Message, batchSize),
		addrs:    make([]net.UDPAddr, batchSize),
	}
	for i := range b.messages {
		b.messages[i].Buffers = make([][]byte, 1)
		b.messages[i].Addr = &b.addrs[i]
		b.addrs[i].IP = make(net.IP, 0, net.IPv6len)
	}
	return b
}

// send gives all packets to the kernel; one that it refuses is lost.
func (b *batch) send(packets []*packet) {
	for len(packets) > 0 {
		n := min(len(packets), batchSize)
		for i, p := range packets[:n] {
			b.messages[i].Buffers[0] = p.data
			addr := &b.addrs[i]
			addr.IP = append(addr.IP[:0], p.to.Addr().AsSlice()...)
			addr.Port, addr.Zone = int(p.to.Port()), p.to.Addr().Zone()
		}
		sent, err := b.conn.WriteBatch(b.messages[:n], 0)
		if errors.Is(err, net.ErrClosed) {
			return
		}
		if err != nil {
			sent = max(sent, 0) + 1
		}
		packets = packets[min(max(sent, 1), len(packets)):]
	}
}
