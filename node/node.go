package node

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"time"

	"github.com/banyan-rooms/banyan/crypto/identity"
	"github.com/banyan-rooms/banyan/node/transport"
)

// Node is one peer: a person's, who is in some rooms, or a relay, which forwards for
// some. Its methods are safe for concurrent use, and work while [Node.Run] runs.
type Node struct {
	cfg      Config
	log      *slog.Logger
	counters counters
	watchers watchers
	lobby    *lobby
	requests *limiter // of strangers, over all protocols of requests
	controls *limiter // control messages
	gates    *gatekeeper

	up       chan struct{}              // closed when Run has begun
	down     chan struct{}              // closed when Run ends
	starts   chan func(context.Context) // what Run is asked to run beside it
	announce chan struct{}              // a room's card changed

	blocking sync.Mutex // held while whom to block is changed

	mu       sync.Mutex // guards all below
	name     string
	blocked  []identity.ID // replaced, never changed
	stopping bool
	sessions []*session // in the order in which they began
	entering map[identity.RoomID]bool
	known    map[identity.RoomID]KnownRoom // of the store's rooms, those that were asked for
}

// New makes a node that does nothing until [Node.Run].
func New(cfg Config) (*Node, error) {
	if err := cfg.check(); err != nil {
		return nil, fmt.Errorf("make a node: %w", err)
	}
	n := &Node{
		cfg: cfg, log: cfg.Log,
		requests: newLimiter(20, 60),   // joining takes five
		controls: newLimiter(100, 400), // a neighbour's reports, probes and the stir after a relay's death
		up:       make(chan struct{}), down: make(chan struct{}),
		starts: make(chan func(context.Context)), announce: make(chan struct{}, 1),
		entering: make(map[identity.RoomID]bool), known: make(map[identity.RoomID]KnownRoom),
	}
	n.gates = newGatekeeper()
	n.lobby = newLobby(n.watchers.tell)
	kept, err := cfg.Store.Name()
	if err != nil {
		return nil, fmt.Errorf("make a node: %w", err)
	}
	n.name = cmp.Or(cfg.Name, kept)
	if n.blocked, err = cfg.Store.Blocked(); err != nil {
		return nil, fmt.Errorf("make a node: %w", err)
	}
	return n, nil
}

// Run runs the node until ctx ends, then leaves all rooms. It returns only when
// everything that the node started has ended. It is called once.
func (n *Node) Run(ctx context.Context) error {
	n.cfg.Network.Handle(AdmitProtocol, n.answerAdmit)
	n.cfg.Network.Handle(KeyProtocol, n.answerKey)
	n.cfg.Network.HandleControl(MeshProtocol, n.control)
	n.cfg.Links.Accept(n.allowLink, n.linkOpened)

	life, end := context.WithCancelCause(context.WithoutCancel(ctx))
	var running sync.WaitGroup
	var failed error
	jobs := []func(context.Context) error{n.runLobby, n.runMemory, n.meet, n.runGates}
	if n.cfg.Community {
		jobs = append(jobs, n.offerRelay)
	}
	results := make(chan error, len(jobs))
	for _, job := range jobs {
		running.Go(func() { results <- job(life) })
	}
	close(n.up)
	for ctx.Err() == nil && failed == nil {
		select {
		case <-ctx.Done():
		case f := <-n.starts:
			running.Go(func() { f(life) })
		case failed = <-results:
		}
	}
	n.leaveAll()
	close(n.down)
	end(ErrStopped)
	running.Wait()
	return failed
}

// start has Run run something beside it, which ends when its context does.
func (n *Node) start(ctx context.Context, f func(context.Context)) error {
	select {
	case n.starts <- f:
		return nil
	case <-n.down:
		return ErrStopped
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// leaveAll leaves all rooms as politely as the time allows.
func (n *Node) leaveAll() {
	n.mu.Lock()
	n.stopping = true
	all := slices.Clone(n.sessions)
	n.mu.Unlock()
	for _, s := range all {
		s.stop()
	}
	late := time.NewTimer(leaveTimeout)
	defer late.Stop()
	for _, s := range all {
		select {
		case <-s.done:
		case <-late.C:
			return // ending their context ends them
		}
	}
}

// ID is the node's identity.
func (n *Node) ID() identity.ID { return n.cfg.Key.ID() }

// Watch tells of changes of [Node.Status]: after one, changed holds a value. Changes
// that were not yet taken are told once. stop must be called.
func (n *Node) Watch() (changed <-chan struct{}, stop func()) { return n.watchers.add() }

// Lobby are the public rooms that were announced of late, by title.
func (n *Node) Lobby() []Card { return n.lobby.cards() }

// claim keeps others from entering a room while somebody does.
func (n *Node) claim(room identity.RoomID) (release func(), err error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.entering[room] {
		return nil, errEntering
	}
	n.entering[room] = true
	return func() {
		n.mu.Lock()
		defer n.mu.Unlock()
		delete(n.entering, room)
	}, nil
}

// session is the one of a room, or nil.
func (n *Node) session(room identity.RoomID) *session {
	n.mu.Lock()
	defer n.mu.Unlock()
	at := slices.IndexFunc(n.sessions, func(s *session) bool { return s.id == room })
	if at < 0 {
		return nil
	}
	return n.sessions[at]
}

// member is this person in a room.
func (n *Node) member(room identity.RoomID) (*member, error) {
	if n.cfg.Community {
		return nil, ErrRelay
	}
	if s := n.session(room); s != nil {
		return s.seat.(*member), nil
	}
	return nil, ErrNoRoom
}

// sessionsNow are all rooms that the node has a part in.
func (n *Node) sessionsNow() []*session {
	n.mu.Lock()
	defer n.mu.Unlock()
	return slices.Clone(n.sessions)
}

// membersNow is this person in all rooms.
func (n *Node) membersNow() []*member {
	var all []*member
	for _, s := range n.sessionsNow() {
		if m, ok := s.seat.(*member); ok {
			all = append(all, m)
		}
	}
	return all
}

// begin runs a session beside Run, unless the node has enough of them.
func (n *Node) begin(ctx context.Context, s *session, limit int, full error) error {
	select {
	case <-n.up:
	case <-ctx.Done():
		return context.Cause(ctx)
	}
	n.mu.Lock()
	switch {
	case n.stopping:
		n.mu.Unlock()
		return ErrStopped
	case len(n.sessions) >= limit:
		n.mu.Unlock()
		return full
	}
	n.sessions = append(n.sessions, s)
	n.mu.Unlock()
	err := s.join()
	if err == nil {
		if err = n.start(ctx, func(ctx context.Context) { defer n.forget(s); s.run(ctx) }); err != nil {
			_ = s.topic.Close()
		}
	}
	if err != nil {
		close(s.quiet)
		n.forget(s)
		return err
	}
	n.watchers.tell()
	n.poke()
	return nil
}

// forget takes a session that has ended out of the node.
func (n *Node) forget(s *session) {
	n.mu.Lock()
	n.sessions = slices.DeleteFunc(n.sessions, func(other *session) bool { return other == s })
	n.mu.Unlock()
	close(s.done)
	n.watchers.tell()
}

// poke has the lobby look whether there is a room to announce.
func (n *Node) poke() {
	select {
	case n.announce <- struct{}{}:
	default:
	}
}

// control takes in a control message of a mesh.
func (n *Node) control(from identity.ID, message []byte) {
	if !n.controls.allow(from, time.Now()) {
		n.counters.refused.Add(1)
		n.offended(from, excessive)
		return
	}
	e, err := parseEnvelope(message)
	if err != nil {
		n.counters.malformed.Add(1)
		n.offended(from, unreadable)
		return
	}
	if s := n.session(e.Room); s != nil {
		s.control(from, e.Message)
	}
}

// allowLink answers a peer that wants to open a link.
func (n *Node) allowLink(from identity.ID, room identity.RoomID) error {
	s := n.session(room)
	if s == nil {
		return errors.New("this peer is not in that room")
	}
	return s.allowLink(from)
}

// linkOpened takes over a link that another peer opened.
func (n *Node) linkOpened(l transport.Link) {
	s := n.session(l.Room())
	if s == nil || !s.await(func(now time.Duration) { s.linkUp(now, l) }) {
		_ = l.Close()
	}
}
