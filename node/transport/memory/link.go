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

// linkKey names the one link that a peer may have with another in a room.
type linkKey struct {
	peer *Peer
	room identity.RoomID
}

// attempt is a dial under way. won is closed when a link that the other side
// dialled took its place; link, guarded by world.mu, is what came of it.
type attempt struct {
	won  chan struct{}
	link *link
}

// link is one side of an open link.
type link struct {
	own, peer *Peer
	room      identity.RoomID
	other     *link
	done      chan struct{}

	// Guarded by world.mu.
	closed bool
	h      func([]byte)
	early  [][]byte
}

// Accept says what becomes of the links that others want to open.
func (p *Peer) Accept(allow func(identity.ID, identity.RoomID) error, opened func(transport.Link)) {
	p.world.mu.Lock()
	defer p.world.mu.Unlock()
	p.allow, p.opened = allow, opened
}

// Dial opens a link to a peer for a room. It takes one round trip to ask and one
// more to open, as ICE and DTLS would.
func (p *Peer) Dial(ctx context.Context, id identity.ID, room identity.RoomID) (transport.Link, error) {
	l, err := p.dial(ctx, id, room)
	if err != nil {
		return nil, fmt.Errorf("dial link to %s: %w", id.Short(), err)
	}
	return l, nil
}

func (p *Peer) dial(ctx context.Context, id identity.ID, room identity.RoomID) (*link, error) {
	to, err := p.reach(ctx, id)
	if err != nil {
		return nil, err
	}
	key := linkKey{to, room}
	mine, err := p.attempt(key)
	if err != nil {
		return nil, err
	}
	defer p.giveUp(key, mine)
	if _, err = p.exchange(ctx, to, func(context.Context) ([]byte, error) { return nil, to.answer(p, room) }); err != nil {
		if errors.Is(err, transport.ErrDuplicate) {
			err = p.await(ctx, mine)
		}
		return nil, err
	}
	_, err = p.exchange(ctx, to, func(context.Context) ([]byte, error) { return nil, to.open(p, room, mine) })
	return p.claim(mine, err)
}

// claim takes the link that a dial brought, or hangs up if it came too late.
func (p *Peer) claim(mine *attempt, err error) (*link, error) {
	p.world.mu.Lock()
	defer p.world.mu.Unlock()
	if err != nil {
		if mine.link != nil {
			mine.link.hangUp()
		}
		return nil, err
	}
	return mine.link, nil
}

// attempt begins a dial unless there is a link or a dial.
func (p *Peer) attempt(key linkKey) (*attempt, error) {
	p.world.mu.Lock()
	defer p.world.mu.Unlock()
	if p.links[key] != nil || p.dialling[key] != nil {
		return nil, transport.ErrDuplicate
	}
	mine := &attempt{won: make(chan struct{})}
	p.dialling[key] = mine
	return mine, nil
}

// giveUp ends a dial.
func (p *Peer) giveUp(key linkKey, mine *attempt) {
	p.world.mu.Lock()
	defer p.world.mu.Unlock()
	if p.dialling[key] == mine {
		delete(p.dialling, key)
	}
}

// await waits for the other side's dial to take the place of one's own.
func (p *Peer) await(ctx context.Context, mine *attempt) error {
	ctx, cancel := context.WithTimeout(ctx, p.world.cfg.Timeout)
	defer cancel()
	select {
	case <-mine.won:
		return transport.ErrDuplicate
	case <-ctx.Done():
		return transport.ErrUnreachable
	case <-p.life.Done():
		return transport.ErrClosed
	}
}

// answer decides about a link that from wants to open.
func (p *Peer) answer(from *Peer, room identity.RoomID) error {
	p.world.mu.Lock()
	allow := p.allow
	dialling := p.dialling[linkKey{from, room}] != nil
	p.world.mu.Unlock()
	if dialling && p.id.Compare(from.id) < 0 {
		return transport.ErrDuplicate
	}
	if allow == nil {
		return transport.Refused("takes no links")
	}
	if err := allow(from.id, room); err != nil {
		return transport.Refused(err.Error())
	}
	return nil
}

// open makes both sides of a link, puts them in the place of any before and hands
// the accepting one over, unless the dial was given up.
func (p *Peer) open(from *Peer, room identity.RoomID, theirs *attempt) error {
	w := p.world
	w.mu.Lock()
	if p.closed || from.closed || from.dialling[linkKey{p, room}] != theirs {
		w.mu.Unlock()
		return transport.ErrUnreachable
	}
	accepted := &link{own: p, peer: from, room: room, done: make(chan struct{})}
	dialled := &link{own: from, peer: p, room: room, done: make(chan struct{}), other: accepted}
	accepted.other = dialled
	for _, l := range []*link{accepted, dialled} {
		key := linkKey{l.peer, room}
		if old := l.own.links[key]; old != nil {
			old.end()
		}
		l.own.links[key] = l
	}
	if mine := p.dialling[linkKey{from, room}]; mine != nil {
		delete(p.dialling, linkKey{from, room})
		close(mine.won)
	}
	theirs.link = dialled
	opened := p.opened
	w.mu.Unlock()
	opened(accepted)
	return nil
}

// Peer is who is at the other end.
func (l *link) Peer() identity.ID { return l.peer.id }

// Room is the room that the link is for.
func (l *link) Room() identity.RoomID { return l.room }

// Done is closed when the link has ended.
func (l *link) Done() <-chan struct{} { return l.done }

// Send gives a datagram to the path, which may lose it.
func (l *link) Send(datagram []byte) error {
	if len(datagram) > transport.MaxDatagram {
		return fmt.Errorf("send datagram: %w: %d bytes, want at most %d",
			transport.ErrTooLarge, len(datagram), transport.MaxDatagram)
	}
	w := l.own.world
	w.mu.Lock()
	defer w.mu.Unlock()
	if l.closed {
		return fmt.Errorf("send datagram: %w", transport.ErrClosed)
	}
	r := w.route(l.own, l.peer)
	delay := r.delay()
	if _, cut := w.cut(l.own, l.peer); cut || r.random.Float64() < r.path.Loss {
		return nil
	}
	d := slices.Clone(datagram)
	w.at(time.Now().Add(delay), func() { l.other.take(d) })
	return nil
}

// take keeps a datagram that arrives and hands over all that are kept.
func (l *link) take(datagram []byte) {
	l.own.world.mu.Lock()
	if _, cut := l.own.world.cut(l.own, l.peer); !cut && !l.closed {
		l.early = append(l.early, datagram)
		l.early = l.early[max(0, len(l.early)-transport.MaxEarly):]
	}
	l.own.world.mu.Unlock()
	l.flush()
}

// flush hands over what is kept, if someone receives.
func (l *link) flush() {
	l.own.world.mu.Lock()
	h, ready := l.h, l.early
	if h != nil {
		l.early = nil
	}
	l.own.world.mu.Unlock()
	if h == nil {
		return
	}
	for _, d := range ready {
		h(d)
	}
}

// Receive has h called for each datagram until the link closes.
func (l *link) Receive(h func(datagram []byte)) {
	w := l.own.world
	w.mu.Lock()
	defer w.mu.Unlock()
	l.h = h
	w.at(time.Now(), l.flush)
}

// Close ends the link on both sides.
func (l *link) Close() error {
	l.own.world.mu.Lock()
	defer l.own.world.mu.Unlock()
	l.hangUp()
	return nil
}

// hangUp ends this side and tells the other. The caller holds world.mu.
func (l *link) hangUp() {
	if l.closed {
		return
	}
	l.end()
	w, other := l.own.world, l.other
	over := func() {
		w.mu.Lock()
		defer w.mu.Unlock()
		other.end()
	}
	w.carry(l.own, l.peer, over, over)
}

// end ends this side. The caller holds world.mu.
func (l *link) end() {
	if l.closed {
		return
	}
	l.closed = true
	l.early = nil
	close(l.done)
	if key := (linkKey{l.peer, l.room}); l.own.links[key] == l {
		delete(l.own.links, key)
	}
}
