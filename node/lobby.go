package node

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/banyan-rooms/banyan/crypto/identity"
	"github.com/banyan-rooms/banyan/node/transport"
)

// lobbyTopic is where public rooms are announced.
const lobbyTopic = "/banyan/lobby/1/0"

// lobby is the public rooms that were announced of late. It is safe for concurrent
// use.
type lobby struct {
	limit *limiter // cards that one neighbour passes on
	tell  func()   // the lobby changed

	mu    sync.Mutex
	rooms map[identity.RoomID]seen
	heard map[announcer]time.Time // when each last announced each room
}

type announcer struct {
	signer identity.ID
	room   identity.RoomID
}

func newLobby(tell func()) *lobby {
	return &lobby{
		limit: newLimiter(20, 200), // a full lobby that is renewed by its rooms every 45 s, and a burst for newcomers
		tell:  tell,
		rooms: make(map[identity.RoomID]seen), heard: make(map[announcer]time.Time),
	}
}

// validate decides about a card on the topic.
func (l *lobby) validate(self identity.ID) func(transport.Gossip) transport.Verdict {
	return func(g transport.Gossip) transport.Verdict {
		now := time.Now()
		if g.Relayer != self && !l.limit.allow(g.Relayer, now) {
			return transport.Ignore
		}
		c, err := openCard(g.Data, now)
		if err != nil {
			return transport.Reject
		}
		if c.signer != self && !l.mayAnnounce(announcer{c.signer, c.Card.Room}, now) {
			return transport.Ignore
		}
		return transport.Accept
	}
}

// mayAnnounce tells whether somebody's last card of a room is long enough ago.
func (l *lobby) mayAnnounce(a announcer, now time.Time) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if now.Sub(l.heard[a]) < cardFresh/2 {
		return false
	}
	if len(l.heard) >= 4*maxLobby {
		clear(l.heard)
	}
	l.heard[a] = now
	return true
}

// deliver takes in a card that was validated.
func (l *lobby) deliver(g transport.Gossip) {
	now := time.Now()
	c, err := openCard(g.Data, now)
	if err != nil {
		return // it expired in between
	}
	if l.take(c, now) {
		l.tell()
	}
}

// take keeps a card, and tells whether the lobby looks different now.
func (l *lobby) take(c seen, now time.Time) (changed bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	old, known := l.rooms[c.Card.Room]
	if known && old.Expires > now.Unix() && c.signer != c.Card.Host {
		// Others know no better than the host what the room is called.
		c.Card.Title, c.Card.HostName = old.Card.Title, old.Card.HostName
	}
	if !known {
		l.forget(now)
	}
	l.rooms[c.Card.Room] = c
	return !known || old.Card != c.Card
}

// forget makes room for one more. The caller holds mu.
func (l *lobby) forget(now time.Time) {
	l.expire(now)
	for len(l.rooms) >= maxLobby {
		var first identity.RoomID
		for room, c := range l.rooms {
			if old, ok := l.rooms[first]; !ok || cmp.Or(cmp.Compare(c.Expires, old.Expires), room.Compare(first)) < 0 {
				first = room
			}
		}
		delete(l.rooms, first)
	}
}

// expire drops the cards whose time is over. The caller holds mu.
func (l *lobby) expire(now time.Time) (some bool) {
	for room, c := range l.rooms {
		if c.Expires <= now.Unix() {
			delete(l.rooms, room)
			some = true
		}
	}
	return some
}

// cards are the rooms by title.
func (l *lobby) cards() []Card {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.expire(time.Now())
	all := make([]Card, 0, len(l.rooms))
	for _, c := range l.rooms {
		all = append(all, c.Card)
	}
	slices.SortFunc(all, func(a, b Card) int {
		return cmp.Or(cmp.Compare(a.Title, b.Title), a.Room.Compare(b.Room))
	})
	return all
}

// find returns what is known of a room.
func (l *lobby) find(room identity.RoomID) (seen, bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	c, ok := l.rooms[room]
	return c, ok
}

// runLobby takes part in the lobby until ctx ends: it announces the rooms that are
// this node's to announce, at once when somebody comes who has not seen them yet.
func (n *Node) runLobby(ctx context.Context) error {
	topic, err := n.cfg.Network.Join(lobbyTopic, n.lobby.validate(n.ID()), n.lobby.deliver)
	if err != nil {
		return fmt.Errorf("join the lobby: %w", err)
	}
	defer topic.Close()
	clock := time.NewTicker(tick)
	defer clock.Stop()
	last := make(map[identity.RoomID]time.Time)
	met := 0
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-n.announce:
		case <-clock.C:
		}
		peers, now := len(topic.Peers()), time.Now()
		gap := cardEvery
		if peers > met {
			gap = cardFresh
		}
		met = peers
		n.announceRooms(ctx, topic, gap, last, now)
		if n.lobby.sweep(now) {
			n.watchers.tell()
		}
	}
}

// sweep drops what is over.
func (l *lobby) sweep(now time.Time) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.expire(now)
}

// announceRooms publishes the cards of rooms whose last one is older than gap.
func (n *Node) announceRooms(ctx context.Context, topic transport.Topic, gap time.Duration, last map[identity.RoomID]time.Time, now time.Time) {
	mine := n.membersNow()
	for room := range last {
		if !slices.ContainsFunc(mine, func(m *member) bool { return m.id == room }) {
			delete(last, room)
		}
	}
	for _, m := range mine {
		c, ok := m.card(now)
		if !ok || now.Sub(last[m.id]) < gap {
			continue
		}
		last[m.id] = now
		envelope, err := c.sign(n.cfg.Key)
		if err == nil {
			err = topic.Publish(ctx, envelope)
		}
		if err != nil {
			n.log.Debug("a room was not announced", "room", m.id.Short(), "error", err)
			continue
		}
		n.lobby.deliver(transport.Gossip{Relayer: n.ID(), Data: envelope})
	}
}
