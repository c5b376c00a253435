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

// keepUp syncs with others until ctx ends: now and then, and when the log has a gap.
func (m *member) keepUp(ctx context.Context) {
	for {
		wait := time.NewTimer(syncEvery/2 + rand.N(syncEvery))
		select {
		case <-ctx.Done():
			wait.Stop()
			return
		case <-m.behind:
			wait.Stop()
		case <-wait.C:
		}
		others := m.company()
		rand.Shuffle(len(others), func(i, j int) { others[i], others[j] = others[j], others[i] })
		for _, who := range firsts(others, 3) {
			ctx, cancel := context.WithTimeout(ctx, askTimeout)
			err := m.syncWith(ctx, who)
			cancel()
			if err == nil {
				break
			}
			m.log.Debug("no sync", "with", who.Short(), "error", err)
		}
		if !pause(ctx, syncGap) {
			return
		}
	}
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
		a, err := m.n.requestSync(ctx, who, m.id, heads, m.ticket)
		if err != nil {
			return err
		}
		if a.Refused != "" {
			return errors.New(a.Refused)
		}
		items := make([]rooms.Item, 0, len(a.Items))
		for _, raw := range a.Items {
			i, err := rooms.Check(m.id, raw)
			if err != nil {
				return fmt.Errorf("an item of the sync: %w", err)
			}
			items = append(items, i)
		}
		_, err = ask(ctx, m.session, func(now time.Duration) bool {
			for _, i := range items {
				m.act(now, rooms.Received{Item: i})
			}
			return true
		})
		if err != nil || !a.More {
			return err
		}
	}
	return errors.New("the log does not end")
}
