package p2p

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/libp2p/go-libp2p/core/network"

	"github.com/banyan-rooms/banyan/crypto/identity"
	"github.com/banyan-rooms/banyan/node/transport"
)

const controlTag = "banyan-control" // keeps the connection manager from neighbours

// sender sends one peer's control messages of one protocol, in order. It lives
// while there are some, and for controlIdle after.
type sender struct {
	route
	wake  chan struct{}
	queue []outgoing // guarded by Network.mu
}

// outgoing is a message that waits.
type outgoing struct {
	message []byte
	failed  func(error)
}

// SendControl queues a message to a peer. When maxControl messages wait for the
// peer already, it fails. What was handed to a connection that then breaks may be
// lost without a word, as with any connection.
func (n *Network) SendControl(to identity.ID, protocol string, message []byte, failed func(error)) {
	c := outgoing{appendFrame(nil, message), func(err error) {
		failed(fmt.Errorf("send %s to %s: %w", protocol, to.Short(), err))
	}}
	if len(message) > transport.MaxControl {
		go c.failed(fmt.Errorf("%w: %d bytes, want at most %d", transport.ErrTooLarge, len(message), transport.MaxControl))
		return
	}
	if err := n.enqueue(route{to, protocol}, c); err != nil {
		go c.failed(err)
	}
}

// enqueue gives a message to the route's sender, which it starts if there is none.
func (n *Network) enqueue(r route, c outgoing) error {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.closed {
		return transport.ErrClosed
	}
	s := n.senders[r]
	if s == nil {
		s = &sender{route: r, wake: make(chan struct{}, 1)}
		n.senders[r] = s
		n.running.Go(func() { n.send(s) })
	}
	if len(s.queue) >= maxControl {
		return errors.New("too many messages wait for the peer")
	}
	s.queue = append(s.queue, c)
	select {
	case s.wake <- struct{}{}:
	default:
	}
	return nil
}

// send sends a sender's messages until there are none for a while.
func (n *Network) send(s *sender) {
	conns := n.host.ConnManager()
	conns.TagPeer(s.peer.Peer(), controlTag, 50)
	defer conns.UntagPeer(s.peer.Peer(), controlTag)
	var stream network.Stream
	defer func() {
		if stream != nil {
			_ = stream.Close()
		}
	}()
	for {
		batch, more := n.nextControls(s)
		if !more {
			return
		}
		for i, c := range batch {
			var err error
			if stream, err = n.write(s.route, stream, c.message); err == nil {
				continue
			}
			if stream == nil && !errors.Is(err, errWrite) { // no way to the peer: not for the others either
				for _, c := range batch[i:] {
					c.failed(err)
				}
				break
			}
			c.failed(err)
		}
	}
}

// nextControls waits for messages. Without any for controlIdle the sender ends.
func (n *Network) nextControls(s *sender) ([]outgoing, bool) {
	idle := time.NewTimer(controlIdle)
	defer idle.Stop()
	for {
		var over bool
		select {
		case <-s.wake:
		case <-idle.C:
			over = true
		case <-n.life.Done():
			over = true
		}
		n.mu.Lock()
		batch := s.queue
		s.queue = nil
		if len(batch) == 0 && over {
			delete(n.senders, s.route)
			n.mu.Unlock()
			return nil, false
		}
		n.mu.Unlock()
		if len(batch) > 0 {
			return batch, true
		}
	}
}

var errWrite = errors.New("the stream broke")

// write writes a frame to a stream, or to a new one if there is none or it broke.
// It returns the stream to go on with.
func (n *Network) write(r route, s network.Stream, frame []byte) (network.Stream, error) {
	for fresh := false; ; {
		if s == nil || s.Conn().IsClosed() {
			ctx, cancel := context.WithTimeout(n.life, dialTimeout)
			var err error
			s, err = n.open(ctx, r.peer, r.protocol)
			cancel()
			if err != nil {
				return nil, err
			}
			fresh = true
		}
		_ = s.SetWriteDeadline(time.Now().Add(frameTimeout))
		_, err := s.Write(frame)
		if err == nil {
			return s, nil
		}
		_ = s.Reset()
		if s = nil; fresh {
			return nil, fmt.Errorf("%w: %w: %s", transport.ErrUnreachable, errWrite, transport.Words(err.Error()))
		}
	}
}
