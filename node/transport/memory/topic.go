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

// topic is one peer's part in a topic. Messages flood over the connections
// between those who take part.
type topic struct {
	peer     *Peer
	name     string
	validate func(transport.Gossip) transport.Verdict
	deliver  func(transport.Gossip)
}

// message is one message on its way to everybody.
type message struct {
	data []byte
	seen map[*Peer]bool // guarded by world.mu
}

// Join takes part in a topic.
func (p *Peer) Join(name string, validate func(transport.Gossip) transport.Verdict, deliver func(transport.Gossip)) (transport.Topic, error) {
	p.world.mu.Lock()
	defer p.world.mu.Unlock()
	switch {
	case p.closed:
		return nil, fmt.Errorf("join topic %s: %w", name, transport.ErrClosed)
	case p.topics[name] != nil:
		return nil, fmt.Errorf("join topic %s: joined already", name)
	}
	t := &topic{peer: p, name: name, validate: validate, deliver: deliver}
	p.topics[name] = t
	return t, nil
}

// Publish sends data to everyone on the topic, if the peer's own validator lets it.
func (t *topic) Publish(ctx context.Context, data []byte) error {
	w := t.peer.world
	w.mu.Lock()
	joined := t.joined()
	w.mu.Unlock()
	switch {
	case ctx.Err() != nil:
		return fmt.Errorf("publish on %s: %w", t.name, context.Cause(ctx))
	case !joined:
		return fmt.Errorf("publish on %s: %w", t.name, transport.ErrClosed)
	case len(data) > transport.MaxGossip:
		return fmt.Errorf("publish on %s: %w: %d bytes, want at most %d",
			t.name, transport.ErrTooLarge, len(data), transport.MaxGossip)
	case t.validate(transport.Gossip{Relayer: t.peer.id, Data: slices.Clone(data)}) != transport.Accept:
		return fmt.Errorf("publish on %s: %w", t.name, errors.New("own validator refused the message"))
	}
	m := &message{data: slices.Clone(data), seen: map[*Peer]bool{t.peer: true}}
	w.mu.Lock()
	defer w.mu.Unlock()
	t.spread(m, t.peer)
	return nil
}

// joined tells whether t was not left. The caller holds world.mu.
func (t *topic) joined() bool { return t.peer.topics[t.name] == t }

// spread sends a message to all neighbours but the one it came from. The caller
// holds world.mu.
func (t *topic) spread(m *message, from *Peer) {
	w := t.peer.world
	for _, id := range t.members() {
		next := w.peers[id]
		if next == from || m.seen[next] {
			continue
		}
		w.carry(t.peer, next, func() { next.receive(t.name, m, t.peer) }, func() {})
	}
}

// receive takes in a message that a neighbour passed on.
func (p *Peer) receive(name string, m *message, from *Peer) {
	w := p.world
	w.mu.Lock()
	t := p.topics[name]
	if t == nil || m.seen[p] {
		w.mu.Unlock()
		return
	}
	m.seen[p] = true
	w.mu.Unlock()
	if t.validate(transport.Gossip{Relayer: from.id, Data: slices.Clone(m.data)}) != transport.Accept {
		return
	}
	w.mu.Lock()
	joined := t.joined()
	if joined {
		t.spread(m, from)
	}
	w.mu.Unlock()
	if joined {
		t.deliver(transport.Gossip{Relayer: from.id, Data: slices.Clone(m.data)})
	}
}

// Peers are the connected peers that take part, ordered by ID.
func (t *topic) Peers() []identity.ID {
	t.peer.world.mu.Lock()
	defer t.peer.world.mu.Unlock()
	if !t.joined() {
		return nil
	}
	return t.members()
}

// members is Peers for those who hold world.mu.
func (t *topic) members() []identity.ID {
	return t.peer.neighbours(func(q *Peer) bool { return q.topics[t.name] != nil })
}

// Close leaves the topic.
func (t *topic) Close() error {
	t.peer.world.mu.Lock()
	defer t.peer.world.mu.Unlock()
	if t.joined() {
		delete(t.peer.topics, t.name)
	}
	return nil
}

// Provide announces that this peer has what key names until ctx ends or the peer
// closes; others see it after a round trip on the world's usual path.
func (p *Peer) Provide(ctx context.Context, key identity.RoomID) {
	w := p.world
	w.mu.Lock()
	defer w.mu.Unlock()
	delay := w.cfg.Path.Delay
	if delay == 0 {
		delay = defaultDelay
	}
	w.at(time.Now().Add(2*delay), func() {
		w.mu.Lock()
		defer w.mu.Unlock()
		if p.closed || ctx.Err() != nil {
			return
		}
		if w.providers[key] == nil {
			w.providers[key] = make(map[*Peer]int)
		}
		w.providers[key][p]++
		context.AfterFunc(ctx, func() { w.withdraw(key, p) })
	})
}

// withdraw ends one announcement.
func (w *World) withdraw(key identity.RoomID, p *Peer) {
	w.mu.Lock()
	defer w.mu.Unlock()
	who := w.providers[key]
	if who[p]--; who[p] <= 0 {
		delete(who, p)
	}
}

// Find returns up to limit peers that announced key, ordered by ID. A peer that is
// connected to nobody finds nobody.
func (p *Peer) Find(ctx context.Context, key identity.RoomID, limit int) ([]identity.ID, error) {
	w := p.world
	w.mu.Lock()
	defer w.mu.Unlock()
	if err := ctx.Err(); err != nil {
		return nil, fmt.Errorf("find %s: %w", key.Short(), err)
	}
	if p.closed {
		return nil, fmt.Errorf("find %s: %w", key.Short(), transport.ErrClosed)
	}
	if len(p.conns) == 0 {
		return nil, nil
	}
	var found []identity.ID
	for q := range w.providers[key] {
		if _, cut := w.cut(p, q); q != p && !cut {
			found = append(found, q.id)
		}
	}
	slices.SortFunc(found, identity.ID.Compare)
	found = found[:min(limit, len(found))]
	for _, id := range found {
		p.learn(w.peers[id])
	}
	return found, nil
}
