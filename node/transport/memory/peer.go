package memory

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/banyan-rooms/banyan/crypto/identity"
	"github.com/banyan-rooms/banyan/node/transport"
)

var (
	_ transport.Network = (*Peer)(nil)
	_ transport.Links   = (*Peer)(nil)
)

// Peer is one peer's network and its links.
type Peer struct {
	world   *World
	id      identity.ID
	number  int             // its place in the world, which is its address
	life    context.Context //nolint:containedctx // of the peer, which Close ends
	end     context.CancelFunc
	running sync.WaitGroup // requests being answered, dials under way

	// Guarded by world.mu.
	closed   bool
	hidden   bool      // cannot be dialled
	killed   time.Time // zero while it lives
	conns    map[*Peer]*conn
	gated    map[identity.ID]bool
	known    map[identity.ID][]string
	handlers map[string]transport.Handler
	controls map[string]func(identity.ID, []byte)
	waiting  map[*Peer][]control // control messages for a peer being dialled
	topics   map[string]*topic
	links    map[linkKey]*link
	dialling map[linkKey]*attempt
	allow    func(identity.ID, identity.RoomID) error
	opened   func(transport.Link)
}

// conn is a connection; both ends hold the same one.
type conn struct{}

// Add puts a peer into the world. Adding the same ID again, after the first was
// closed, is how a peer restarts.
func (w *World) Add(id identity.ID) *Peer {
	w.mu.Lock()
	defer w.mu.Unlock()
	p := &Peer{
		world:    w,
		id:       id,
		number:   len(w.order) + 1,
		conns:    make(map[*Peer]*conn),
		gated:    make(map[identity.ID]bool),
		known:    make(map[identity.ID][]string),
		handlers: make(map[string]transport.Handler),
		controls: make(map[string]func(identity.ID, []byte)),
		waiting:  make(map[*Peer][]control),
		topics:   make(map[string]*topic),
		links:    make(map[linkKey]*link),
		dialling: make(map[linkKey]*attempt),
	}
	p.life, p.end = context.WithCancel(context.Background())
	w.peers[id] = p
	w.order = append(w.order, p)
	return p
}

// Close takes the peer off the network, telling the others, and waits for what it
// is still doing.
func (p *Peer) Close() {
	w := p.world
	w.mu.Lock()
	if !p.closed {
		p.closed = true
		for _, l := range p.links {
			l.hangUp()
		}
		for q, c := range p.conns {
			p.disconnect(q, c)
			w.carry(p, q, func() { q.drop(p, c) }, func() { q.drop(p, c) })
		}
		clear(p.topics)
		for _, who := range w.providers {
			delete(who, p)
		}
	}
	w.mu.Unlock()
	p.end()
	p.running.Wait()
}

// spawn runs f in a goroutine that Close waits for. The caller holds world.mu.
func (p *Peer) spawn(f func()) {
	if p.closed {
		return
	}
	p.running.Go(f)
}

// Self is the identity that other peers see.
func (p *Peer) Self() identity.ID { return p.id }

// Addrs is the peer's one address: /memory/<number>/p2p/<id>.
func (p *Peer) Addrs() []string {
	return []string{fmt.Sprintf("/memory/%d/p2p/%s", p.number, p.id)}
}

// find returns the peer behind an address.
func (w *World) find(addr string) (*Peer, error) {
	parts := strings.Split(addr, "/")
	if len(parts) != 5 || parts[0] != "" || parts[1] != "memory" || parts[3] != "p2p" {
		return nil, fmt.Errorf("address %q: want /memory/<number>/p2p/<id>", addr)
	}
	id, err := identity.ParseID(parts[4])
	if err != nil {
		return nil, fmt.Errorf("address %q: %w", addr, err)
	}
	number, err := strconv.Atoi(parts[2])
	w.mu.Lock()
	defer w.mu.Unlock()
	if err != nil || number < 1 || number > len(w.order) || w.order[number-1].id != id {
		return nil, fmt.Errorf("address %q: %w", addr, transport.ErrUnreachable)
	}
	return w.order[number-1], nil
}

// Connect dials the first of the addresses that answers.
func (p *Peer) Connect(ctx context.Context, addrs []string) (identity.ID, error) {
	err := fmt.Errorf("no address: %w", transport.ErrUnreachable)
	for _, addr := range addrs {
		var to *Peer
		if to, err = p.world.find(addr); err != nil {
			continue
		}
		p.Know([]string{addr})
		if err = p.connect(ctx, to); err == nil {
			return to.id, nil
		}
	}
	return identity.ID{}, err
}

// connect dials a peer unless there is a connection.
func (p *Peer) connect(ctx context.Context, to *Peer) error {
	w := p.world
	w.mu.Lock()
	_, connected := p.conns[to]
	refuse := p.gated[to.id] || to == p
	w.mu.Unlock()
	switch {
	case connected:
		return nil
	case refuse:
		return fmt.Errorf("connect to %s: %w: gated here", to.id.Short(), transport.ErrUnreachable)
	}
	_, err := p.exchange(ctx, to, func(context.Context) ([]byte, error) {
		w.mu.Lock()
		defer w.mu.Unlock()
		if to.hidden || to.gated[p.id] || p.closed {
			return nil, transport.ErrUnreachable
		}
		if _, met := p.conns[to]; !met {
			c := &conn{}
			p.conns[to], to.conns[p] = c, c
			p.learn(to)
			to.learn(p)
		}
		return nil, nil
	})
	if err != nil {
		return fmt.Errorf("connect to %s: %w", to.id.Short(), err)
	}
	return nil
}

// disconnect ends this peer's side of a connection. The caller holds world.mu.
func (p *Peer) disconnect(q *Peer, c *conn) {
	if p.conns[q] == c {
		delete(p.conns, q)
	}
}

// drop is disconnect for those who do not hold world.mu.
func (p *Peer) drop(q *Peer, c *conn) {
	p.world.mu.Lock()
	defer p.world.mu.Unlock()
	p.disconnect(q, c)
}

// Know keeps addresses for later dialling; those that are none are left out.
func (p *Peer) Know(addrs []string) {
	for _, addr := range addrs {
		if to, err := p.world.find(addr); err == nil {
			p.world.mu.Lock()
			p.learn(to)
			p.world.mu.Unlock()
		}
	}
}

// learn keeps a peer's address. The caller holds world.mu.
func (p *Peer) learn(q *Peer) { p.known[q.id] = q.Addrs() }

// AddrsOf are the known addresses of a peer.
func (p *Peer) AddrsOf(id identity.ID) []string {
	p.world.mu.Lock()
	defer p.world.mu.Unlock()
	return slices.Clone(p.known[id])
}

// Peers are the peers connected now, ordered by ID.
func (p *Peer) Peers() []identity.ID {
	p.world.mu.Lock()
	defer p.world.mu.Unlock()
	return p.neighbours(func(*Peer) bool { return true })
}

// neighbours are the connected peers that fit, ordered by ID. The caller holds
// world.mu.
func (p *Peer) neighbours(fit func(*Peer) bool) []identity.ID {
	ids := make([]identity.ID, 0, len(p.conns))
	for q := range p.conns {
		if fit(q) {
			ids = append(ids, q.id)
		}
	}
	slices.SortFunc(ids, identity.ID.Compare)
	return ids
}

// Gate refuses all connections with a peer, or allows them again.
func (p *Peer) Gate(id identity.ID, refuse bool) {
	w := p.world
	w.mu.Lock()
	defer w.mu.Unlock()
	if !refuse {
		delete(p.gated, id)
		return
	}
	p.gated[id] = true
	for q, c := range p.conns {
		if q.id == id {
			p.disconnect(q, c)
			w.carry(p, q, func() { q.drop(p, c) }, func() { q.drop(p, c) })
		}
	}
}

// RTT is the delay both ways, without jitter.
func (p *Peer) RTT(id identity.ID) (time.Duration, bool) {
	p.world.mu.Lock()
	defer p.world.mu.Unlock()
	for q := range p.conns {
		if q.id == id {
			path := p.world.route(p, q).path
			if path.Delay == 0 {
				path.Delay = defaultDelay
			}
			return 2 * path.Delay, true
		}
	}
	return 0, false
}

// Dialable tells what [World.SetDialable] said.
func (p *Peer) Dialable() bool {
	p.world.mu.Lock()
	defer p.world.mu.Unlock()
	return !p.hidden
}
