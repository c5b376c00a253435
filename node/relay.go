package node

import (
	"context"
	"slices"
	"time"

	"github.com/banyan-rooms/banyan/crypto/identity"
	"github.com/banyan-rooms/banyan/mesh"
	"github.com/banyan-rooms/banyan/mesh/wire"
	"github.com/banyan-rooms/banyan/node/transport"
	"github.com/banyan-rooms/banyan/rooms"
)

// relay is who sits in a session of a community relay: nobody. It passes sound and
// news on, without the room's machine, its secret or any key.
//
// What it checks is what anyone can: that news is signed, well formed and about the
// room; that whoever says to be here has a ticket, in a room that asks for one; and
// how much each neighbour and each stream brings (see road). It cannot know who is
// banned or on the stage.
type relay struct {
	*session
	askedBy identity.ID

	// Owned by the loop.
	met   []identity.ID
	since time.Duration // when somebody else was seen here
	next  time.Duration
}

// offerRelay lets others find this relay, until ctx ends.
func (n *Node) offerRelay(ctx context.Context) error {
	n.cfg.Network.Provide(ctx, relayKey)
	<-ctx.Done()
	return nil
}

// maxAsked is how many rooms a relay serves for one peer that asks.
const maxAsked = 16

// serve begins to forward for a room.
func (n *Node) serve(ctx context.Context, from identity.ID, genesis []byte, met []identity.ID) error {
	s, err := newSession(n, genesis)
	if err != nil {
		return err
	}
	release, err := n.claim(s.id)
	if err != nil {
		return nil // another request for the room was a moment earlier
	}
	defer release()
	if n.session(s.id) != nil {
		return nil
	}
	if n.askedFor(from) >= maxAsked {
		return errGreedy
	}
	s.seat = &relay{session: s, askedBy: from, met: met}
	if err := n.begin(ctx, s, n.cfg.Serve.MaxRooms, errFull); err != nil {
		return err
	}
	s.log.Info("serving a room", "title", s.genesis.Policy.Title, "asked by", from.Short())
	return nil
}

// askedFor is how many rooms are served for a peer.
func (n *Node) askedFor(who identity.ID) int {
	n.mu.Lock()
	defer n.mu.Unlock()
	count := 0
	for _, s := range n.sessions {
		if r, ok := s.seat.(*relay); ok && r.askedBy == who {
			count++
		}
	}
	return count
}

func (r *relay) begin(now time.Duration) {
	r.since = now
	r.step(now, mesh.Candidates{Peers: r.met})
	r.met = nil
}

// wake looks whether anyone else is here, and leaves when nobody was for a while.
func (r *relay) wake(now time.Duration) {
	if now < r.next || r.parted != 0 {
		return
	}
	r.next = now + tick
	if r.accompanied() {
		r.since = now
	}
	if now >= r.since+emptyFor {
		r.log.Info("the room is empty: serving it no longer")
		r.stop()
	}
}

// accompanied tells whether somebody who is no relay is in the room.
func (r *relay) accompanied() bool {
	v := r.mesh.View()
	person := func(id identity.ID) bool { return !slices.Contains(v.Relays, id) }
	fed := func(b mesh.Branch) bool { return slices.ContainsFunc(b.Children, person) }
	return slices.ContainsFunc(r.topic.Peers(), person) || slices.ContainsFunc(v.Trees, fed)
}

func (r *relay) deadline() (time.Duration, bool) { return r.next, r.parted == 0 }

// hear has no ears: the frame is sealed.
func (*relay) hear(wire.Frame) {}

// known is what a relay cannot know.
func (*relay) known(uint64) bool { return false }

// judge lets through what could be of the room, by all that a stranger can check.
func (r *relay) judge(i rooms.Item) transport.Verdict {
	if i.Presence != nil && !r.door.admits(i.Presence, time.Now()) {
		return transport.Ignore
	}
	return transport.Accept
}

func (*relay) show(mesh.View)      {}
func (*relay) leave(time.Duration) {}
func (*relay) ended()              {}

// bars tells nothing: who may be in the room is for its log to say, which a relay does
// not keep. Whoever was removed gets from it what they cannot open.
func (r *relay) bars(identity.ID) bool { return false }
