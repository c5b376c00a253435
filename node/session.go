package node

import (
	"context"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"time"

	"github.com/banyan-rooms/banyan/crypto/epoch"
	"github.com/banyan-rooms/banyan/crypto/identity"
	"github.com/banyan-rooms/banyan/mesh"
	"github.com/banyan-rooms/banyan/mesh/wire"
	"github.com/banyan-rooms/banyan/node/transport"
	"github.com/banyan-rooms/banyan/rooms"
)

// session is a node's part in one room's tree: its place there, its topic, its links.
// That is all that a relay has of a room; what a member has beside it (the room's
// machine, its secret, its keys) is in the seat.
type session struct {
	n           *Node
	id          identity.RoomID
	genesis     rooms.Genesis
	envelope    []byte // the genesis as it was signed
	log         *slog.Logger
	start       time.Time // now = 0
	maxChildren int
	seat        seat
	topic       transport.Topic
	gossip      *limiter // what one neighbour passes on
	door        *door

	// Inboxes.
	frames chan inbound
	tasks  chan func(now time.Duration)
	scribe chan deed
	leave  chan struct{} // closed by stop
	quiet  chan struct{} // closed when the loop takes nothing any more
	done   chan struct{} // closed when everything of the session has ended
	onStop sync.Once     // closes leave
	place  atomic.Pointer[mesh.View]

	// Owned by the loop.
	life    context.Context //nolint:containedctx // of the loop and what it starts; set before it begins
	running sync.WaitGroup  // what the loop starts
	mesh    *mesh.Machine
	links   map[identity.ID]*neighbor
	dialing map[identity.ID]context.CancelFunc
	road    road
	told    map[identity.ID]time.Duration // when the mesh was told of a round trip
	silent  silences
	view    bool          // the mesh's view changed since it was shown
	parted  time.Duration // when the loop may end; 0 means that nobody asked for it
}

// seat is who sits in a session. Its methods are called by the loop, but for judge.
type seat interface {
	// begin comes before all others.
	begin(now time.Duration)
	// wake is called when the deadline has come, and now and then besides.
	wake(now time.Duration)
	deadline() (time.Duration, bool)
	// hear is given each frame that is new, after it was sent on.
	hear(f wire.Frame)
	// known tells whether a stream is of somebody who may speak, as far as the
	// seat can know.
	known(kid uint64) bool
	// bars tells whether somebody may have no part in the tree.
	bars(who identity.ID) bool
	// judge says what becomes of an item that came by gossip, and takes it in. It
	// is called by the network, not by the loop, and does not wait.
	judge(i rooms.Item) transport.Verdict
	// show makes what people see.
	show(v mesh.View)
	// leave says good-bye.
	leave(now time.Duration)
	// ended is called once, after the loop.
	ended()
}

// newSession prepares a session; seat, which the caller sets, is missing.
func newSession(n *Node, envelope []byte) (*session, error) {
	g, id, err := rooms.OpenGenesis(envelope)
	if err != nil {
		return nil, fmt.Errorf("open room: %w", err)
	}
	s := &session{
		n: n, id: id, genesis: g, envelope: envelope, start: time.Now(), maxChildren: n.cfg.MaxChildren,
		log:    n.log.With("room", id.Short()),
		gossip: newLimiter(500, 2000), // the presences of a room of 5,000 by way of one neighbor
		frames: make(chan inbound, inboxFrames), tasks: make(chan func(time.Duration), inboxTasks),
		scribe: make(chan deed, inboxScribe), leave: make(chan struct{}), quiet: make(chan struct{}), done: make(chan struct{}),
		links: make(map[identity.ID]*neighbor), dialing: make(map[identity.ID]context.CancelFunc),
		told: make(map[identity.ID]time.Duration), silent: newSilences(),
	}
	s.road, s.door = newRoad(), newDoor(id, g)
	s.mesh = mesh.New(mesh.Config{
		Key: n.cfg.Key, Room: id, Start: s.start, MaxChildren: s.maxChildren, MaxTrees: n.cfg.MaxTrees, Community: n.cfg.Community,
		Dialable: n.cfg.Network.Dialable(), Rand: rand.New(rand.NewPCG(rand.Uint64(), rand.Uint64())),
	})
	v := s.mesh.View()
	s.place.Store(&v)
	return s, nil
}

// topicOf is the name of the topic of a room that meets under a name.
func topicOf(meeting identity.RoomID) string { return "/banyan/room/1/" + epoch.Topic(meeting) }

// join takes part in the room's topic.
func (s *session) join() error {
	topic, err := s.n.cfg.Network.Join(topicOf(s.genesis.Meeting), s.validate, func(transport.Gossip) {})
	if err != nil {
		return fmt.Errorf("enter the room's topic: %w", err)
	}
	s.topic = topic
	return nil
}

// run is the session's life. It returns when everything that it started has ended.
func (s *session) run(ctx context.Context) {
	ctx, end := context.WithCancel(ctx)
	s.life = ctx
	var scribing sync.WaitGroup
	scribing.Go(s.write)
	s.running.Go(func() { s.scout(ctx) })
	s.loop(ctx)
	close(s.quiet)
	close(s.scribe)
	scribing.Wait() // what was decided is kept and said
	end()
	for _, l := range s.links {
		_ = l.link.Close()
	}
	s.running.Wait()
	_ = s.topic.Close()
	s.seat.ended()
}

// stop makes the session leave the room. It returns at once; done tells when it has.
func (s *session) stop() { s.onStop.Do(func() { close(s.leave) }) }

// offer gives the loop something to do, unless too much waits already.
func (s *session) offer(task func(now time.Duration)) bool {
	select {
	case s.tasks <- task:
		return true
	default:
		s.n.counters.overflow.Add(1)
		return false
	}
}

// await gives the loop something to do, and waits until there is room for it. It is
// false when the session has ended.
func (s *session) await(task func(now time.Duration)) bool {
	select {
	case <-s.quiet:
		return false
	default:
	}
	select {
	case s.tasks <- task:
		return true
	case <-s.quiet:
		return false
	}
}

// ask has the loop work something out.
func ask[T any](ctx context.Context, s *session, f func(now time.Duration) T) (T, error) {
	answer := make(chan T, 1)
	var none T
	select {
	case s.tasks <- func(now time.Duration) { answer <- f(now) }:
	case <-s.quiet:
		return none, ErrNoRoom
	case <-ctx.Done():
		return none, context.Cause(ctx)
	}
	select {
	case v := <-answer:
		return v, nil
	case <-s.quiet:
		return none, ErrNoRoom
	case <-ctx.Done():
		return none, context.Cause(ctx)
	}
}
