package p2p

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/libp2p/go-libp2p/core/network"

	"github.com/banyan-rooms/banyan/crypto/identity"
	"github.com/banyan-rooms/banyan/node/transport"
)

// The first byte of an answer.
const (
	answered = 0
	refused  = 1
)

var errBusy = errors.New("too many requests at once; try again in some seconds")

// Request asks a peer and waits for its answer.
func (n *Network) Request(ctx context.Context, to identity.ID, protocol string, request []byte) ([]byte, error) {
	if len(request) > transport.MaxRequest {
		return nil, fmt.Errorf("request %s: %w: %d bytes, want at most %d",
			protocol, transport.ErrTooLarge, len(request), transport.MaxRequest)
	}
	ctx, cancel := context.WithTimeout(ctx, requestTimeout)
	defer cancel()
	answer, err := n.ask(ctx, to, protocol, request)
	if err != nil {
		return nil, fmt.Errorf("request %s from %s: %w", protocol, to.Short(), err)
	}
	return answer, nil
}

func (n *Network) ask(ctx context.Context, to identity.ID, protocol string, request []byte) ([]byte, error) {
	s, err := n.open(ctx, to, protocol)
	if err != nil {
		return nil, err
	}
	defer context.AfterFunc(ctx, func() { _ = s.Reset() })()
	answer, err := exchange(s, request)
	if err == nil || errors.Is(err, transport.ErrRefused) {
		_ = s.Close()
		return answer, err
	}
	_ = s.Reset()
	switch {
	case n.life.Err() != nil:
		return nil, transport.ErrClosed
	case ctx.Err() != nil:
		return nil, context.Cause(ctx)
	case s.Conn().IsClosed():
		return nil, fmt.Errorf("%w: %w", transport.ErrUnreachable, err)
	}
	return nil, err
}

// exchange writes a request and reads the answer.
func exchange(s network.Stream, request []byte) ([]byte, error) {
	_, wrote := s.Write(appendFrame(nil, request))
	if wrote == nil {
		wrote = s.CloseWrite()
	}
	r := bufio.NewReader(s) // who does not want the whole request may have said why
	kind, err := r.ReadByte()
	if err != nil {
		return nil, errors.Join(wrote, err)
	}
	switch kind {
	case answered:
		return readFrame(r, transport.MaxRequest)
	case refused:
		words, err := readFrame(r, transport.MaxWords)
		if err != nil {
			return nil, fmt.Errorf("read refusal: %w", err)
		}
		return nil, transport.Refused(string(words))
	}
	return nil, fmt.Errorf("answer of unknown kind %d", kind)
}

// Handle answers requests on a protocol until the network closes.
func (n *Network) Handle(protocol string, h transport.Handler) {
	n.host.SetStreamHandler(protocolID(protocol), func(s network.Stream) {
		from, err := identity.FromPeer(s.Conn().RemotePeer())
		if err != nil || !n.enter() {
			_ = s.Reset()
			return
		}
		defer n.running.Done()
		answer, err := n.answer(s, from, h)
		if err != nil {
			n.log.Debug("request refused", "protocol", protocol, "peer", from, "why", err)
		}
		reply(s, answer, err)
	})
}

// answer reads a request and has it answered. Its errors are words for the peer.
func (n *Network) answer(s network.Stream, from identity.ID, h transport.Handler) ([]byte, error) {
	if !n.admit(from) {
		return nil, errBusy
	}
	defer n.dismiss(from)
	_ = s.SetReadDeadline(time.Now().Add(frameTimeout))
	request, err := readFrame(bufio.NewReader(s), transport.MaxRequest)
	switch {
	case errors.Is(err, os.ErrDeadlineExceeded):
		return nil, fmt.Errorf("the request took longer than %v", frameTimeout)
	case errors.Is(err, io.EOF):
		return nil, errors.New("there was no request")
	case err != nil:
		return nil, err
	}
	ctx, cancel := context.WithTimeout(n.life, handleTimeout)
	defer cancel()
	answer, err := h(ctx, from, request)
	if err == nil && len(answer) > transport.MaxRequest {
		err = errors.New("the answer is too large")
	}
	return answer, err
}

// reply sends the answer, or the refusal if there is an error.
func reply(s network.Stream, answer []byte, refusal error) {
	out := []byte{answered}
	if refusal != nil {
		out[0], answer = refused, []byte(transport.Words(refusal.Error()))
	}
	_ = s.SetWriteDeadline(time.Now().Add(frameTimeout))
	if _, err := s.Write(appendFrame(out, answer)); err != nil {
		_ = s.Reset()
		return
	}
	_ = s.Close() // what the peer still sends is thrown away
}

// admit counts a request in unless there are too many.
func (n *Network) admit(from identity.ID) bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.servingAll >= maxServing || n.serving[from] >= maxServingPeer {
		return false
	}
	n.servingAll++
	n.serving[from]++
	return true
}

// dismiss counts a request out.
func (n *Network) dismiss(from identity.ID) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.servingAll--
	if n.serving[from]--; n.serving[from] == 0 {
		delete(n.serving, from)
	}
}
