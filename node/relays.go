package node

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/banyan-rooms/banyan/crypto/canon"
	"github.com/banyan-rooms/banyan/crypto/identity"
	"github.com/banyan-rooms/banyan/node/transport"
	"github.com/banyan-rooms/banyan/rooms"
)

// findRelays asks community relays into the room, until ctx ends: at the start, and
// whenever there is none. One of the people in the room does so for all.
func (m *member) findRelays(ctx context.Context) {
	refused := make(map[identity.ID]time.Time)
	clock := time.NewTicker(tick)
	defer clock.Stop()
	var next time.Time
	wait := tick
	for {
		if now := time.Now(); now.After(next) && m.careful() && len(m.place.Load().Relays) == 0 {
			wait = min(2*wait, askRelays)
			if m.askRelays(ctx, refused, now) > 0 {
				wait = askRelays // its advert has to come first
			}
			next = now.Add(wait)
		}
		select {
		case <-ctx.Done():
			return
		case <-clock.C:
		}
	}
}

// careful tells whether the room is in this person's care: the first one of those on
// the stage or, when nobody is, of the audience.
func (m *member) careful() bool {
	v := m.shown.Load().view
	return !v.Closed && len(v.People) > 0 && v.People[0].ID == v.Self
}

// askRelays asks the bootstrap peers and the relays that the DHT names until enough
// have said yes, and returns how many have. Who refused is left alone for a while.
func (m *member) askRelays(ctx context.Context, refused map[identity.ID]time.Time, now time.Time) (serving int) {
	request, err := canon.Marshal(serveRequest{Kind: admitServe, Genesis: m.envelope, Addrs: firsts(m.n.cfg.Network.Addrs(), maxAddrs)})
	if err != nil {
		panic(err) // bytes and strings always encode
	}
	for _, who := range m.n.relaysKnown(ctx, m.genesis.Policy.Kind) {
		if serving >= maxServing {
			break
		}
		if at, ok := refused[who]; ok && now.Sub(at) < refusedFor {
			continue
		}
		ctx, cancel := context.WithTimeout(ctx, askTimeout)
		_, err := m.n.cfg.Network.Request(ctx, who, AdmitProtocol, request)
		cancel()
		if err != nil {
			if errors.Is(err, transport.ErrRefused) {
				refused[who] = now
			}
			m.log.Debug("no relay", "peer", who.Short(), "error", err)
			continue
		}
		serving++
		m.suggest([]identity.ID{who})
		m.log.Debug("a relay serves the room", "relay", who.Short())
	}
	return serving
}

// relaysKnown are peers that may be relays: those to meet at the start, and those that
// say so in the DHT, who learn of rooms with any genesis but a secret one's.
func (n *Node) relaysKnown(ctx context.Context, kind rooms.Kind) []identity.ID {
	var all []identity.ID
	for _, a := range n.cfg.Bootstrap {
		if id, ok := peerOf(a); ok && !slices.Contains(all, id) {
			all = append(all, id)
		}
	}
	if kind == rooms.Secret {
		return all
	}
	ctx, cancel := context.WithTimeout(ctx, askTimeout)
	defer cancel()
	found, err := n.cfg.Network.Find(ctx, relayKey, maxFound)
	if err != nil {
		n.log.Debug("no relays found in the DHT", "error", err)
	}
	for _, id := range found {
		if id != n.ID() && !slices.Contains(all, id) {
			all = append(all, id)
		}
	}
	return all
}
