package memory

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/banyan-rooms/banyan/crypto/identity"
	"github.com/banyan-rooms/banyan/node/transport"
)

const requestTimeout = 10 * time.Second // of a request whose caller sets no shorter one

// exchange has serve run at another peer and brings back what it returned.
func (p *Peer) exchange(ctx context.Context, to *Peer, serve func(context.Context) ([]byte, error)) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, requestTimeout)
	defer cancel()
	type result struct {
		data []byte
		err  error
	}
	w, answer := p.world, make(chan result, 1)
	lost := func() { answer <- result{err: transport.ErrUnreachable} }
	back := func(data []byte, err error) {
		w.mu.Lock()
		defer w.mu.Unlock()
		w.carry(to, p, func() { answer <- result{data, err} }, lost)
	}
	arrive := func() { //nolint:contextcheck // the other peer's life bounds its handler, not the asker's patience
		w.mu.Lock()
		defer w.mu.Unlock()
		if to.closed {
			w.carry(to, p, lost, lost)
			return
		}
		to.spawn(func() {
			ctx, cancel := context.WithTimeout(to.life, requestTimeout)
			defer cancel()
			back(serve(ctx))
		})
	}
	w.mu.Lock()
	if p.closed {
		w.mu.Unlock()
		return nil, transport.ErrClosed
	}
	w.carry(p, to, arrive, lost)
	w.mu.Unlock()
	select {
	case r := <-answer:
		return r.data, r.err
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	case <-p.life.Done():
		return nil, transport.ErrClosed
	}
}

// reach returns the peer with an ID and connects to it. Like a network with a
// DHT, it finds peers whose address it does not know as long as it knows anyone.
func (p *Peer) reach(ctx context.Context, id identity.ID) (*Peer, error) {
	w := p.world
	w.mu.Lock()
	to := w.peers[id]
	findable := len(p.known[id]) > 0 || len(p.conns) > 0
	w.mu.Unlock()
	if to == nil || !findable {
		return nil, fmt.Errorf("find %s: no address: %w", id.Short(), transport.ErrUnreachable)
	}
	return to, p.connect(ctx, to)
}

// Handle answers requests on a protocol.
func (p *Peer) Handle(protocol string, h transport.Handler) {
	p.world.mu.Lock()
	defer p.world.mu.Unlock()
	p.handlers[protocol] = h
}

// Speaks tells whether a connected peer handles a protocol.
func (p *Peer) Speaks(id identity.ID, protocol string) bool {
	p.world.mu.Lock()
	defer p.world.mu.Unlock()
	for q := range p.conns {
		if q.id == id {
			return q.handlers[protocol] != nil || q.controls[protocol] != nil
		}
	}
	return false
}

// Request asks a peer and waits for its answer.
func (p *Peer) Request(ctx context.Context, id identity.ID, protocol string, request []byte) ([]byte, error) {
	if len(request) > transport.MaxRequest {
		return nil, fmt.Errorf("request %s: %w: %d bytes, want at most %d",
			protocol, transport.ErrTooLarge, len(request), transport.MaxRequest)
	}
	to, err := p.reach(ctx, id)
	if err != nil {
		return nil, fmt.Errorf("request %s: %w", protocol, err)
	}
	request = slices.Clone(request)
	answer, err := p.exchange(ctx, to, func(ctx context.Context) ([]byte, error) {
		return to.serve(ctx, p.id, protocol, request)
	})
	if err != nil {
		return nil, fmt.Errorf("request %s from %s: %w", protocol, id.Short(), err)
	}
	return answer, nil
}

// serve answers a request with the handler's answer or a refusal.
func (p *Peer) serve(ctx context.Context, from identity.ID, protocol string, request []byte) ([]byte, error) {
	p.world.mu.Lock()
	h := p.handlers[protocol]
	p.world.mu.Unlock()
	if h == nil {
		return nil, transport.Refused("does not speak " + protocol)
	}
	answer, err := h(ctx, from, request)
	if err == nil && len(answer) > transport.MaxRequest {
		err = errors.New("the answer is too large")
	}
	if err != nil {
		return nil, transport.Refused(err.Error())
	}
	return slices.Clone(answer), nil
}

// control is one control message under way. fail is called with world.mu held.
type control struct {
	protocol string
	message  []byte
	fail     func(error)
}

// HandleControl receives control messages of a protocol.
func (p *Peer) HandleControl(protocol string, h func(from identity.ID, message []byte)) {
	p.world.mu.Lock()
	defer p.world.mu.Unlock()
	p.controls[protocol] = h
}

// SendControl queues a message to a peer.
func (p *Peer) SendControl(id identity.ID, protocol string, message []byte, failed func(error)) {
	w := p.world
	w.mu.Lock()
	defer w.mu.Unlock()
	fail := func(err error) {
		w.at(time.Now(), func() { failed(fmt.Errorf("send %s to %s: %w", protocol, id.Short(), err)) })
	}
	to, c := w.peers[id], control{protocol, slices.Clone(message), fail}
	switch {
	case len(message) > transport.MaxControl:
		fail(fmt.Errorf("%w: %d bytes, want at most %d", transport.ErrTooLarge, len(message), transport.MaxControl))
	case p.closed:
		fail(transport.ErrClosed)
	case to == nil:
		fail(transport.ErrUnreachable)
	case len(p.waiting[to]) >= maxQueue:
		fail(errors.New("queue is full"))
	case len(p.waiting[to]) > 0:
		p.waiting[to] = append(p.waiting[to], c)
	case p.conns[to] != nil:
		p.post(to, c)
	default:
		p.waiting[to] = []control{c}
		p.spawn(func() { p.dialForControl(to) })
	}
}

// dialForControl connects to a peer and sends what waits for it.
func (p *Peer) dialForControl(to *Peer) {
	_, err := p.reach(p.life, to.id)
	w := p.world
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, c := range p.waiting[to] {
		if err != nil {
			c.fail(err)
			continue
		}
		p.post(to, c)
	}
	delete(p.waiting, to)
}

// post sends a control message to a connected peer. The caller holds world.mu.
func (p *Peer) post(to *Peer, c control) {
	w := p.world
	lost := func() {
		w.mu.Lock()
		defer w.mu.Unlock()
		c.fail(transport.ErrUnreachable)
	}
	via := p.conns[to]
	w.carry(p, to, func() {
		w.mu.Lock()
		h := to.controls[c.protocol]
		gone := to.closed || to.conns[p] != via
		if h == nil && !gone {
			c.fail(transport.Refused("does not speak " + c.protocol))
		}
		w.mu.Unlock()
		switch {
		case gone:
			lost()
		case h != nil:
			h(p.id, c.message)
		}
	}, lost)
}
