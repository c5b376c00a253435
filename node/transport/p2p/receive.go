package p2p

import (
	"bufio"
	"errors"
	"io"
	"time"

	"github.com/libp2p/go-libp2p/core/network"

	"github.com/banyan-rooms/banyan/crypto/identity"
	"github.com/banyan-rooms/banyan/node/transport"
)

// errControl is what the other side of a reset control stream sees.
const errControl network.StreamErrorCode = 1

// receiver reads one peer's control messages of one protocol.
type receiver struct {
	stream network.Stream
	done   chan struct{} // closed when it reads no more
}

// HandleControl receives control messages of a protocol.
func (n *Network) HandleControl(protocol string, h func(from identity.ID, message []byte)) {
	n.host.SetStreamHandler(protocolID(protocol), func(s network.Stream) {
		from, err := identity.FromPeer(s.Conn().RemotePeer())
		if err != nil || !n.enter() {
			_ = s.Reset()
			return
		}
		defer n.running.Done()
		n.receive(route{from, protocol}, s, h)
	})
}

// receive reads a stream's messages until it ends. It ends the stream that the
// peer opened before: the peer opens another only when that one broke.
func (n *Network) receive(r route, s network.Stream, h func(identity.ID, []byte)) {
	me := &receiver{stream: s, done: make(chan struct{})}
	defer close(me.done)
	n.mu.Lock()
	before := n.receivers[r]
	n.receivers[r] = me
	n.mu.Unlock()
	defer func() {
		n.mu.Lock()
		defer n.mu.Unlock()
		if n.receivers[r] == me {
			delete(n.receivers, r)
		}
	}()
	if before != nil {
		_ = before.stream.Reset()
		<-before.done
	}
	err := readControls(s, func(m []byte) { h(r.peer, m) })
	if err == nil {
		_ = s.Close()
		return
	}
	_ = s.ResetWithError(errControl)
	n.log.Debug("control stream ended", "protocol", r.protocol, "peer", r.peer, "why", err)
}

// readControls reads frames until the stream ends well or badly. Between frames it
// waits for as long as it takes.
func readControls(s network.Stream, h func([]byte)) error {
	r := bufio.NewReader(s)
	for {
		if _, err := r.Peek(1); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return err
		}
		_ = s.SetReadDeadline(time.Now().Add(frameTimeout))
		m, err := readFrame(r, transport.MaxControl)
		if err != nil {
			return err
		}
		_ = s.SetReadDeadline(time.Time{})
		h(m)
	}
}
