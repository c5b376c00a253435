//go:build !linux

package rtc

import "net"

// batch sends packets one by one where the kernel takes no more at a time.
type batch struct{ conn *net.UDPConn }

func newBatch(conn *net.UDPConn) *batch { return &batch{conn} }

// send gives all packets to the kernel; one that it refuses is lost.
func (b *batch) send(packets []*packet) {
	for _, p := range packets {
		_, _ = b.conn.WriteToUDPAddrPort(p.data, p.to)
	}
}
