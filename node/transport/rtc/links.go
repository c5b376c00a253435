package rtc

import (
	"context"
	"errors"
	"fmt"
	"net"
	"sync"
	"syscall"

	"github.com/pion/webrtc/v4"

	"github.com/banyan-rooms/banyan/crypto/identity"
	"github.com/banyan-rooms/banyan/node/transport"
)

var _ transport.Links = (*Links)(nil)

var errClosing = fmt.Errorf("links are closing: %w", transport.ErrClosed)

// Links opens links to other peers and takes theirs. It is safe for concurrent use.
type Links struct {
	cfg         Config
	network     transport.Network
	certificate *webrtc.Certificate
	running     sync.WaitGroup  // one for each attempt and each reserved port
	life        context.Context //nolint:containedctx // of the links, which Close ends
	end         context.CancelFunc

	mu       sync.Mutex // guards all below
	closed   bool
	allow    func(identity.ID, identity.RoomID) error
	opened   func(transport.Link)
	ports    []*port            // the first is the one of Config.Listen
	all      map[*link]struct{} // opening, open and not yet ended
	open     map[key]*link
	dialling map[key]*attempt
	accepted map[key]*attempt
	halfOpen map[identity.ID]int
	opening  int    // the sum of halfOpen
	last     uint64 // number of the last dial of this side
}

// key names the one link that this peer may have with another in a room.
type key struct {
	peer identity.ID
	room identity.RoomID
}

// attempt is a link that is being opened, by a dial or an accepted offer.
type attempt struct {
	number  uint64        // of the dial
	settled chan struct{} // closed when it is clear what became of it
	opened  bool          // read after settled
	link    *link         // of an accepted offer, once it is made; guarded by Links.mu
	rival   chan *attempt // of a dial: the other side's, if it dials at the same time
}

// New opens the UDP port and answers offers as soon as [Links.Accept] is called.
func New(network transport.Network, cfg Config) (*Links, error) {
	if cfg.Listen == "" {
		cfg.Listen = ":0"
	}
	if cfg.MaxLinks == 0 {
		cfg.MaxLinks = 512
	}
	first, err := newPort(cfg.Listen, cfg)
	if errors.Is(err, syscall.EADDRINUSE) {
		return nil, fmt.Errorf("UDP port %s is in use by another program; choose another, or 0 for any free one: %w", cfg.Listen, err)
	}
	if err != nil {
		return nil, err
	}
	c, err := certificate()
	if err != nil {
		return nil, errors.Join(err, first.mux.Close())
	}
	ls := &Links{
		cfg: cfg, network: network, certificate: c, ports: []*port{first},
		all:  make(map[*link]struct{}),
		open: make(map[key]*link), dialling: make(map[key]*attempt), accepted: make(map[key]*attempt),
		halfOpen: make(map[identity.ID]int),
	}
	ls.life, ls.end = context.WithCancel(context.Background())
	network.Handle(Protocol, ls.answerOffer)
	return ls, nil
}

// Port is the UDP port that links use.
func (ls *Links) Port() int {
	if addr, ok := ls.first().mux.LocalAddr().(*net.UDPAddr); ok {
		return addr.Port
	}
	return 0
}

// Close ends all links and waits for everything that was started.
func (ls *Links) Close() error {
	ls.mu.Lock()
	ls.closed = true
	all := make([]*link, 0, len(ls.all))
	for l := range ls.all {
		all = append(all, l)
	}
	ls.mu.Unlock()
	ls.end()
	for _, l := range all {
		l.end()
	}
	ls.running.Wait()
	var errs []error
	for _, p := range ls.ports {
		errs = append(errs, p.mux.Close())
	}
	return errors.Join(errs...)
}

// first is the port on which offers are answered.
func (ls *Links) first() *port {
	ls.mu.Lock()
	defer ls.mu.Unlock()
	return ls.ports[0]
}

// Accept says what becomes of the links that others want to open.
func (ls *Links) Accept(allow func(identity.ID, identity.RoomID) error, opened func(transport.Link)) {
	ls.mu.Lock()
	defer ls.mu.Unlock()
	ls.allow, ls.opened = allow, opened
}

// keep has a new link ended when the links close, unless they did.
func (ls *Links) keep(l *link) bool {
	ls.mu.Lock()
	defer ls.mu.Unlock()
	if ls.closed {
		return false
	}
	ls.all[l] = struct{}{}
	return true
}

// forget takes an ended link out.
func (ls *Links) forget(l *link) {
	ls.mu.Lock()
	defer ls.mu.Unlock()
	delete(ls.all, l)
	if k := (key{l.peer, l.room}); ls.open[k] == l {
		delete(ls.open, k)
	}
}

// enter puts an open link in its place, ends one that is there, and tells whether
// the new one is still alive.
func (ls *Links) enter(l *link) bool {
	ls.mu.Lock()
	_, alive := ls.all[l]
	k := key{l.peer, l.room}
	old := ls.open[k]
	if alive {
		ls.open[k] = l
	}
	ls.mu.Unlock()
	if alive && old != nil {
		old.end()
	}
	return alive
}

// begin notes an attempt in a table, within the bounds on half-open links. The
// caller holds mu, and must settle the attempt.
func (ls *Links) begin(table map[key]*attempt, k key, number uint64) (*attempt, error) {
	switch {
	case ls.closed:
		return nil, errClosing
	case ls.halfOpen[k.peer] >= maxHalfOpenPeer, ls.opening >= maxHalfOpen:
		return nil, errors.New("too many links are being opened; try again in some seconds")
	case len(ls.open) >= ls.cfg.MaxLinks:
		return nil, fmt.Errorf("no more than %d links are kept open", ls.cfg.MaxLinks)
	}
	ls.halfOpen[k.peer]++
	ls.opening++
	ls.running.Add(1)
	a := &attempt{number: number, settled: make(chan struct{}), rival: make(chan *attempt, 1)}
	table[k] = a
	return a, nil
}

// settle ends an attempt.
func (ls *Links) settle(table map[key]*attempt, k key, a *attempt, opened bool) {
	ls.mu.Lock()
	defer ls.mu.Unlock()
	if ls.halfOpen[k.peer]--; ls.halfOpen[k.peer] == 0 {
		delete(ls.halfOpen, k.peer)
	}
	ls.opening--
	if table[k] == a {
		delete(table, k)
	}
	a.opened = opened
	close(a.settled)
	ls.running.Done()
}

// await waits until a link is open.
func (l *link) await(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, openTimeout)
	defer cancel()
	select {
	case <-l.connected:
		return nil
	case <-l.done:
		return transport.ErrUnreachable
	case <-ctx.Done():
		if errors.Is(context.Cause(ctx), context.DeadlineExceeded) {
			return fmt.Errorf("no way found between the two: %w", transport.ErrUnreachable)
		}
		return context.Cause(ctx)
	}
}
