package rtc

import (
	"fmt"
	"net"
	"net/netip"
	"sync"
)

// socket is the one UDP port of all links. RTP and RTCP packets are queued and
// given to the kernel many at a time by one goroutine: with several children a
// system call for each packet is what costs most. STUN and DTLS go out at once.
//
// When the kernel takes no more and the queue is full, new packets are dropped.
type socket struct {
	*net.UDPConn
	wake    chan struct{}
	closing chan struct{}
	stopped chan struct{}
	once    sync.Once

	mu      sync.Mutex
	queue   []*packet
	free    []*packet
	made    int // packets in queue, free and being written
	dropped uint64
}

// packet is one datagram that waits for the kernel.
type packet struct {
	data []byte
	to   netip.AddrPort
}

func listen(address string) (*socket, error) {
	addr, err := net.ResolveUDPAddr("udp", address)
	if err != nil {
		return nil, fmt.Errorf("UDP address for links: %w", err)
	}
	conn, err := net.ListenUDP("udp", addr)
	if err != nil {
		return nil, fmt.Errorf("listen for links on UDP %s: %w", address, err)
	}
	_ = conn.SetReadBuffer(socketBuffer) // the kernel may grant less
	_ = conn.SetWriteBuffer(socketBuffer)
	s := &socket{
		UDPConn: conn,
		wake:    make(chan struct{}, 1),
		closing: make(chan struct{}),
		stopped: make(chan struct{}),
	}
	go s.write()
	return s, nil
}

// Close closes the port and waits for the writing goroutine.
func (s *socket) Close() error {
	var err error
	s.once.Do(func() {
		close(s.closing)
		err = s.UDPConn.Close()
	})
	<-s.stopped
	return err
}

// WriteTo sends one packet.
func (s *socket) WriteTo(b []byte, to net.Addr) (int, error) {
	addr, ok := to.(*net.UDPAddr)
	if !ok {
		return 0, net.InvalidAddrError("not a UDP address")
	}
	return s.WriteToAddrPort(b, addr.AddrPort())
}

// ReadFromAddrPort reads one packet.
func (s *socket) ReadFromAddrPort(b []byte) (int, netip.AddrPort, error) {
	return s.ReadFromUDPAddrPort(b)
}

// WriteToAddrPort sends one packet, or queues it if it is RTP or RTCP.
func (s *socket) WriteToAddrPort(b []byte, to netip.AddrPort) (int, error) {
	if len(b) == 0 || b[0] < 128 || b[0] > 191 { // RFC 7983: not SRTP
		return s.WriteToUDPAddrPort(b, to)
	}
	if s.enqueue(b, to) {
		select {
		case s.wake <- struct{}{}:
		default:
		}
	}
	return len(b), nil
}

// enqueue tells whether the writing goroutine has to be woken.
func (s *socket) enqueue(b []byte, to netip.AddrPort) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	var p *packet
	switch n := len(s.free); {
	case n > 0:
		p, s.free = s.free[n-1], s.free[:n-1]
	case s.made < maxQueued:
		p = new(packet)
		s.made++
	default:
		s.dropped++
		return false
	}
	p.data, p.to = append(p.data[:0], b...), to
	s.queue = append(s.queue, p)
	return len(s.queue) == 1
}

// write gives queued packets to the kernel until the socket closes.
func (s *socket) write() {
	defer close(s.stopped)
	out := newBatch(s.UDPConn)
	var taken []*packet
	for {
		select {
		case <-s.closing:
			return
		case <-s.wake:
		}
		for {
			s.mu.Lock()
			s.free = append(s.free, taken...)
			taken, s.queue = s.queue, taken[:0]
			s.mu.Unlock()
			if len(taken) == 0 {
				break
			}
			out.send(taken)
		}
	}
}
