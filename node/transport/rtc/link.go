package rtc

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/pion/ice/v4"
	"github.com/pion/rtp"
	"github.com/pion/stun/v4"
	"github.com/pion/transport/v5/packetio"
	"github.com/pion/webrtc/v4"

	"github.com/banyan-rooms/banyan/crypto/identity"
	"github.com/banyan-rooms/banyan/node/transport"
)

// link is one peer connection. It is made when a link is dialled or asked for,
// and handed over when it is open.
type link struct {
	owner *Links
	peer  identity.ID
	room  identity.RoomID
	port  *port
	dial  uint64 // its number, if the other side dialled
	pc    *webrtc.PeerConnection

	// A step of the negotiation that pion takes while it closes would make it an
	// agent that nobody closes.
	negotiating sync.Mutex

	checked                 atomic.Bool   // a check of the other side has come
	connected, done         chan struct{} // closed when frames can travel; when the link has ended
	connectOnce, finishOnce sync.Once

	sending sync.Mutex // guards header and writer
	header  rtp.Header
	writer  webrtc.TrackLocalWriter // nil until the track is bound

	receiving sync.Mutex // guards what follows
	h         func([]byte)
	early     [][]byte
	streams   int
}

// Peer is who is at the other end.
func (l *link) Peer() identity.ID { return l.peer }

// Room is the room that the link is for.
func (l *link) Room() identity.RoomID { return l.room }

// Done is closed when the link has ended.
func (l *link) Done() <-chan struct{} { return l.done }

// Close ends the link on both sides. It does not wait; [Links.Close] does.
func (l *link) Close() error {
	l.end()
	return nil
}

// Send encrypts a datagram and queues it for the socket: at most maxQueued of all
// links wait there, and when that many do, it is lost.
func (l *link) Send(datagram []byte) error {
	if len(datagram) > transport.MaxDatagram {
		return fmt.Errorf("send datagram: %w: %d bytes, want at most %d",
			transport.ErrTooLarge, len(datagram), transport.MaxDatagram)
	}
	select {
	case <-l.done:
		return fmt.Errorf("send datagram: %w", transport.ErrClosed)
	default:
	}
	l.sending.Lock()
	defer l.sending.Unlock()
	if l.writer == nil {
		return fmt.Errorf("send datagram: %w", transport.ErrClosed)
	}
	l.header.SequenceNumber++
	l.header.Timestamp += timestampStep
	if _, err := l.writer.WriteRTP(&l.header, datagram); err != nil {
		if errors.Is(err, io.ErrClosedPipe) {
			err = transport.ErrClosed
		}
		return fmt.Errorf("send datagram: %w", err)
	}
	return nil
}

// Receive has h called for each datagram until the link closes.
func (l *link) Receive(h func(datagram []byte)) {
	l.receiving.Lock()
	defer l.receiving.Unlock()
	l.h = h
	for _, d := range l.early { // new ones wait for the lock
		h(d)
	}
	l.early = nil
}

// take hands a datagram over, or keeps it until someone receives. Packets of a
// link come one after the other, from the goroutine that decrypts them.
func (l *link) take(datagram []byte) {
	if len(datagram) > transport.MaxDatagram {
		return
	}
	datagram = slices.Clone(datagram)
	l.receiving.Lock()
	defer l.receiving.Unlock()
	if l.h == nil {
		l.early = append(l.early, datagram)
		l.early = l.early[max(0, len(l.early)-transport.MaxEarly):]
		return
	}
	select {
	case <-l.done:
	default:
		l.h(datagram)
	}
}

// end begins to close the link; the owner waits for the rest.
func (l *link) end() {
	l.finishOnce.Do(func() {
		close(l.done)
		l.owner.forget(l)
		go func() { // GracefulClose waits for pion's goroutines, of which the caller may be one
			defer l.owner.release(l.peer, l.port)
			l.negotiating.Lock() // for the step under way; those after it see done
			defer l.negotiating.Unlock()
			_ = l.pc.GracefulClose()
		}()
	})
}

// stateChanged follows the peer connection.
func (l *link) stateChanged(state webrtc.PeerConnectionState) {
	switch state {
	case webrtc.PeerConnectionStateConnected:
		l.connectOnce.Do(func() { close(l.connected) })
	case webrtc.PeerConnectionStateFailed, webrtc.PeerConnectionStateClosed:
		l.end()
	default:
	}
}

// heardCheck has ICE take the first pair of addresses by which a check of the other side
// comes, on either side: it is authenticated, and what comes back the same way is for DTLS
// to show. To wait for the nomination (RFC 8445, section 8.1.1) would take a round trip
// more, and up to 200 ms where its packets overtake each other.
func (l *link) heardCheck(_ *stun.Message, _, _ ice.Candidate, _ *ice.CandidatePair) (chosen bool) {
	return !l.checked.Swap(true)
}

// buffer makes the place where pion puts the decrypted packets of one stream:
// RTP is handed over at once, RTCP is nobody's.
func (l *link) buffer(kind packetio.BufferPacketType, _ uint32) io.ReadWriteCloser {
	l.receiving.Lock()
	l.streams++
	tooMany := l.streams > maxStreams
	l.receiving.Unlock()
	if tooMany {
		l.end()
	}
	s := &sink{closed: make(chan struct{})}
	if kind == packetio.RTPBufferPacket && !tooMany {
		s.link = l
	}
	return s
}

// sink is the end of one SRTP or SRTCP stream.
type sink struct {
	link   *link // nil if what comes is thrown away
	closed chan struct{}
	once   sync.Once
}

// Write takes in one decrypted packet.
func (s *sink) Write(raw []byte) (int, error) {
	if s.link != nil {
		var p rtp.Packet
		if err := p.Unmarshal(raw); err == nil {
			s.link.take(p.Payload)
		}
	}
	return len(raw), nil
}

// Read waits for the end: nothing is kept for a reader.
func (s *sink) Read([]byte) (int, error) {
	<-s.closed
	return 0, io.EOF
}

// Close ends the stream.
func (s *sink) Close() error {
	s.once.Do(func() { close(s.closed) })
	return nil
}
