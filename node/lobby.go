package node

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/banyan-rooms/banyan/crypto/canon"
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
	if known && c.Expires < old.Expires {
		return false // overtaken
	}
	if known && c.signer != c.Card.Host {
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

// envelopes are the cards as they were signed, as many as fit.
func (l *lobby) envelopes(limit int) [][]byte {
	l.mu.Lock()
	defer l.mu.Unlock()
	var all [][]byte
	for _, c := range l.rooms {
		if limit -= len(c.envelope) + 4; limit < 0 {
			break
		}
		all = append(all, c.envelope)
	}
	return all
}

// runLobby takes part in the lobby until ctx ends: it asks those whom it meets there
// what they have seen, and announces the rooms that are this node's to announce, at
// once when somebody comes.
func (n *Node) runLobby(ctx context.Context) error {
	topic, err := n.cfg.Network.Join(lobbyTopic, n.lobby.validate(n.ID()), n.lobby.deliver)
	if err != nil {
		return fmt.Errorf("join the lobby: %w", err)
	}
	defer func() { _ = topic.Close() }()
	clock := time.NewTicker(tick)
	defer clock.Stop()
	last := make(map[identity.RoomID]time.Time)
	met := make(map[identity.ID]bool)
	for {
		gap := cardEvery
		for _, id := range topic.Peers() {
			if !met[id] {
				if len(met) >= maxLimited {
					clear(met)
				}
				met[id] = true
				gap = cardFresh
				n.askLobby(ctx, id)
			}
		}
		now := time.Now()
		n.announceRooms(ctx, topic, gap, last, now)
		if n.lobby.sweep(now) {
			n.watchers.tell()
		}
		select {
		case <-ctx.Done():
			return nil
		case <-n.announce:
		case <-clock.C:
		}
	}
}

// askLobby takes in the cards that a peer has.
func (n *Node) askLobby(ctx context.Context, who identity.ID) {
	ctx, cancel := context.WithTimeout(ctx, askTimeout)
	defer cancel()
	request, err := canon.Marshal(lobbyRequest{Kind: admitLobby})
	if err != nil {
		panic(err) // a number always encodes
	}
	answer, err := n.cfg.Network.Request(ctx, who, AdmitProtocol, request)
	if err != nil {
		n.log.Debug("no cards", "peer", who.Short(), "error", err)
		return
	}
	a, err := parseLobbyAnswer(answer)
	if err != nil {
		n.counters.malformed.Add(1)
		return
	}
	for _, envelope := range a.Cards {
		n.lobby.deliver(transport.Gossip{Relayer: who, Data: envelope})
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
