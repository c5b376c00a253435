package node

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"time"

	"github.com/banyan-rooms/banyan/crypto/epoch"
	"github.com/banyan-rooms/banyan/crypto/identity"
	"github.com/banyan-rooms/banyan/crypto/invite"
	"github.com/banyan-rooms/banyan/node/transport"
	"github.com/banyan-rooms/banyan/rooms"
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

	up       chan struct{}              // closed when Run has begun
	down     chan struct{}              // closed when Run ends
	starts   chan func(context.Context) // what Run is asked to run beside it
	announce chan struct{}              // a room's card changed

	mu       sync.Mutex // guards all below
	name     string
	stopping bool
	sessions []*session // in the order in which they began
	entering map[identity.RoomID]bool
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
		entering: make(map[identity.RoomID]bool),
	}
	n.lobby = newLobby(n.watchers.tell)
	kept, err := cfg.Store.Name()
	if err != nil {
		return nil, fmt.Errorf("make a node: %w", err)
	}
	n.name = cmp.Or(cfg.Name, kept)
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
	jobs := []func(context.Context) error{n.runLobby, n.runMemory, n.meet}
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

// Name is what others see.
func (n *Node) Name() string {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.name
}

// SetName changes what others see, in all rooms, and remembers it.
func (n *Node) SetName(ctx context.Context, name string) error {
	if clean := line(name, len(name)); clean == "" || len(name) > rooms.MaxName {
		return fmt.Errorf("a name has 1 to %d characters that can be seen", rooms.MaxName)
	}
	if err := n.cfg.Store.SetName(name); err != nil {
		return fmt.Errorf("keep your name: %w", err)
	}
	n.mu.Lock()
	n.name = name
	n.mu.Unlock()
	n.watchers.tell()
	for _, m := range n.membersNow() {
		if err := m.command(ctx, rooms.SetName{Name: name}); err != nil && !errors.Is(err, rooms.ErrClosed) {
			return err
		}
	}
	return nil
}

// Create makes a room and enters it. The room is kept durably before Create returns.
func (n *Node) Create(ctx context.Context, p rooms.Policy) (identity.RoomID, error) {
	if n.cfg.Community {
		return identity.RoomID{}, ErrRelay
	}
	if p.Kind == rooms.Secret {
		return identity.RoomID{}, errors.New("secret rooms cannot be made yet: make an invite-only room")
	}
	secret, err := epoch.New(rand.Reader)
	if err != nil {
		return identity.RoomID{}, err
	}
	g := rooms.Genesis{Created: time.Now().Unix(), Policy: p, Commitment: secret.Commit(identity.RoomID{}, 0)}
	_, _ = rand.Read(g.Nonce[:]) // never fails
	genesis, id, err := rooms.NewGenesis(n.cfg.Key, g)
	if err != nil {
		return identity.RoomID{}, fmt.Errorf("make a room: %w", err)
	}
	if err := n.cfg.Store.PutGenesis(id, genesis); err != nil {
		return identity.RoomID{}, fmt.Errorf("keep the new room: %w", err)
	}
	if err := n.cfg.Store.PutSecret(id, 0, secret); err != nil {
		return identity.RoomID{}, fmt.Errorf("keep the new room: %w", err)
	}
	if err := n.enter(ctx, entry{genesis: genesis}); err != nil {
		return identity.RoomID{}, err
	}
	n.log.Info("made a room", "room", id.Short(), "title", p.Title, "kind", p.Kind.String())
	return id, nil
}

// Leave leaves a room: the others are told, and who was fed by this node finds
// another place first.
func (n *Node) Leave(ctx context.Context, room identity.RoomID) error {
	s := n.session(room)
	if s == nil {
		return ErrNoRoom
	}
	s.stop()
	select {
	case <-s.done:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// Do carries out a command in a room. It returns when what was decided is durable;
// a command that is refused is an error in words for people.
func (n *Node) Do(ctx context.Context, room identity.RoomID, c rooms.Command) error {
	if _, leave := c.(rooms.Leave); leave {
		return n.Leave(ctx, room)
	}
	m, err := n.member(room)
	if err != nil {
		return err
	}
	return m.command(ctx, c)
}

// InviteOptions is what an invite is made from. The zero value invites whoever has the
// link as a listener, for a day.
type InviteOptions struct {
	Bearer  bool          // for whoever has the link; so is any invite without Named
	Named   identity.ID   // for this peer alone
	Role    invite.Role   // what the guest becomes; 0 means listener
	Uses    uint32        // how many people may use a bearer invite; 0 is any number, which only the host may give
	Expires time.Duration // 0 means a day
	Quota   uint32        // further invites that the guest may make
}

// Invite makes a link to a room. In an open room it needs no right and holds none.
func (n *Node) Invite(ctx context.Context, room identity.RoomID, o InviteOptions) (invite.Link, error) {
	m, err := n.member(room)
	if err != nil {
		return invite.Link{}, err
	}
	return m.invite(ctx, o)
}

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

// membersNow is this person in all rooms.
func (n *Node) membersNow() []*member {
	n.mu.Lock()
	defer n.mu.Unlock()
	var all []*member
	for _, s := range n.sessions {
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
		return
	}
	e, err := parseEnvelope(message)
	if err != nil {
		n.counters.malformed.Add(1)
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
