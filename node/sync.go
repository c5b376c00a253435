package node

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/banyan-rooms/banyan/crypto/canon"
	"github.com/banyan-rooms/banyan/crypto/identity"
	"github.com/banyan-rooms/banyan/crypto/invite"
	"github.com/banyan-rooms/banyan/node/transport"
	"github.com/banyan-rooms/banyan/rooms"
)

// requestSync asks a peer for what one lacks of a room.
func (n *Node) requestSync(ctx context.Context, who identity.ID, room identity.RoomID, heads []rooms.Hash, ticket invite.Chain) (syncAnswer, error) {
	request, err := canon.Marshal(syncRequest{Kind: admitSync, Room: room, Heads: firsts(heads, maxSyncHeads), Ticket: ticket})
	if err != nil {
		return syncAnswer{}, err
	}
	answer, err := n.cfg.Network.Request(ctx, who, AdmitProtocol, request)
	if err != nil {
		return syncAnswer{}, err
	}
	a, err := parseSyncAnswer(answer)
	if err != nil {
		return syncAnswer{}, err
	}
	if identity.RoomOf(a.Genesis) != room {
		return syncAnswer{}, fmt.Errorf("%s answered about another room", who.Short())
	}
	return a, nil
}

// keepUp syncs with others until ctx ends: with the first who is met, now and then, when
// the log has a gap, and with those who vanished, since they may be on the other side of
// a split.
func (m *member) keepUp(ctx context.Context) {
	clock := time.NewTicker(missEvery)
	defer clock.Stop()
	soon := time.NewTicker(tick)
	defer soon.Stop()
	met := m.told // what happened here of late
	gone := missing{seen: make(map[identity.ID]time.Time)}
	next := time.Now().Add(syncEvery/2 + rand.N(syncEvery))
	for {
		var some []identity.ID
		select {
		case <-ctx.Done():
			return
		case <-m.behind:
			some = m.company()
		case <-soon.C:
			switch there := len(m.topic.Peers()) > 0; {
			case !there:
				met = false
			case !met:
				some = m.company()
			}
		case now := <-clock.C:
			some = gone.look(m.shown.Load().view, now)
			if now.After(next) {
				next = now.Add(syncEvery/2 + rand.N(syncEvery))
				some = m.company()
			}
		}
		if len(some) == 0 || m.shown.Load().view.Banned {
			continue
		}
		rand.Shuffle(len(some), func(i, j int) { some[i], some[j] = some[j], some[i] })
		for _, who := range firsts(some, 3) {
			ctx, cancel := context.WithTimeout(ctx, askTimeout)
			err := m.syncWith(ctx, who)
			cancel()
			if err == nil {
				met = true
				m.suggest([]identity.ID{who})
				break
			}
			if errors.Is(err, transport.ErrRefused) {
				delete(gone.seen, who) // it is there, and not in the room
			}
			m.log.Debug("no sync", "with", who.Short(), "error", err)
		}
		if !pause(ctx, syncGap) {
			return
		}
	}
}

// missing is who was in the room and is not any more. It has one owner.
type missing struct {
	seen map[identity.ID]time.Time // the last time
}

// look takes note of who is in the room, and returns who is worth a sync: those who
// came back, for they may know what happened on their side; else those who are
// missing since no longer than a split may last.
func (g *missing) look(v rooms.View, now time.Time) (some []identity.ID) {
	for _, p := range v.People {
		if p.ID == v.Self {
			continue
		}
		at, known := g.seen[p.ID]
		if known && now.Sub(at) > 2*missEvery {
			some = append(some, p.ID)
		}
		if known || len(g.seen) < maxMissed {
			g.seen[p.ID] = now
		}
	}
	if len(some) > 0 {
		return some
	}
	for id, at := range g.seen {
		switch since := now.Sub(at); {
		case since > missFor:
			delete(g.seen, id)
		case since > 0:
			some = append(some, id)
		}
	}
	return some
}

// pause waits, and is false when ctx ended.
func pause(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-t.C:
		return true
	}
}

// syncWith takes in what one peer knows and this one does not.
func (m *member) syncWith(ctx context.Context, who identity.ID) error {
	for range maxSyncRounds {
		heads, err := ask(ctx, m.session, func(time.Duration) []rooms.Hash { return m.room.Heads() })
		if err != nil {
			return err
		}
		a, err := m.n.requestSync(ctx, who, m.id, heads, m.shown.Load().right.ticket)
		if err != nil {
			return err
		}
		switch {
		case a.Relay:
			return errors.New("it is a relay, which keeps no log")
		case a.Refused != "" && len(a.Items) == 0:
			return errors.New(a.Refused)
		}
		items := make([]rooms.Item, 0, len(a.Items))
		for _, c := range checkAll(m.id, a.Items) {
			if c.err != nil {
				return fmt.Errorf("an item of the sync: %w", c.err)
			}
			items = append(items, c.item)
		}
		_, err = ask(ctx, m.session, func(now time.Duration) bool {
			for _, i := range items {
				m.act(now, rooms.Received{Item: i})
			}
			return true
		})
		switch {
		case err != nil:
			return err
		case a.More:
		case a.Refused != "":
			return errors.New(a.Refused)
		default:
			return nil
		}
	}
	return errors.New("the log does not end")
}
