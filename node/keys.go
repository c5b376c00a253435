package node

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/banyan-rooms/banyan/crypto/canon"
	"github.com/banyan-rooms/banyan/crypto/epoch"
	"github.com/banyan-rooms/banyan/crypto/identity"
	"github.com/banyan-rooms/banyan/crypto/invite"
	"github.com/banyan-rooms/banyan/node/transport"
)

// parallel is how many peers are asked at once for what any of them may have.
const parallel = 4

// errNobody says that there was nobody to ask.
var errNobody = errors.New("there is nobody to ask")

// race asks peers, some at once and in order, until one answers well; then it gives
// the others up. Without a good answer it returns the first refusal, else the first
// error.
func race[T any](ctx context.Context, peers []identity.ID, ask func(context.Context, identity.ID) (T, error)) (T, error) {
	ctx, cancel := context.WithCancel(ctx)
	var asking sync.WaitGroup
	defer asking.Wait()
	defer cancel()
	type result struct {
		v   T
		err error
	}
	results := make(chan result, len(peers))
	next := func() {
		if len(peers) == 0 {
			return
		}
		who := peers[0]
		peers = peers[1:]
		asking.Go(func() {
			ctx, cancel := context.WithTimeout(ctx, askTimeout)
			defer cancel()
			v, err := ask(ctx, who)
			results <- result{v, err}
		})
	}
	left := len(peers)
	for range parallel {
		next()
	}
	err := errNobody
	for ; left > 0; left-- {
		r := <-results
		if r.err == nil {
			return r.v, nil
		}
		if errors.Is(err, errNobody) || errors.Is(r.err, transport.ErrRefused) && !errors.Is(err, transport.ErrRefused) {
			err = r.err
		}
		next()
	}
	var none T
	return none, err
}

// findSecret gets an epoch's secret: from the store, else from any of some peers. It
// is kept durably before it is returned.
func (n *Node) findSecret(ctx context.Context, room identity.RoomID, want need, ticket invite.Chain, peers []identity.ID) (epoch.Secret, error) {
	kept, known, err := n.cfg.Store.Secret(room, want.epoch)
	if err != nil {
		return epoch.Secret{}, fmt.Errorf("read the room's key: %w", err)
	}
	if secret := epoch.Secret(kept); known && secret.Opens(want.commitment, want.room, want.epoch) {
		return secret, nil
	}
	request, err := canon.Marshal(keyRequest{Room: room, Epoch: want.epoch, Ticket: ticket})
	if err != nil {
		return epoch.Secret{}, err
	}
	secret, err := race(ctx, peers, func(ctx context.Context, who identity.ID) (epoch.Secret, error) {
		answer, err := n.cfg.Network.Request(ctx, who, KeyProtocol, request)
		if err != nil {
			return epoch.Secret{}, err
		}
		a, err := parseKeyAnswer(answer)
		if err != nil {
			return epoch.Secret{}, err
		}
		if !a.Secret.Opens(want.commitment, want.room, want.epoch) {
			return epoch.Secret{}, fmt.Errorf("%s handed over a wrong key", who.Short())
		}
		return a.Secret, nil
	})
	if err != nil {
		return epoch.Secret{}, fmt.Errorf("%w (%w)", ErrNoSecret, err)
	}
	if err := n.cfg.Store.PutSecret(room, want.epoch, secret); err != nil {
		return epoch.Secret{}, fmt.Errorf("keep the room's key: %w", err)
	}
	return secret, nil
}

// fetchSecrets gets the secrets that the loop lacks, until ctx ends.
func (m *member) fetchSecrets(ctx context.Context) {
	var want need
	var again <-chan time.Time
	for {
		select {
		case <-ctx.Done():
			return
		case want = <-m.wanted:
		case <-again:
		}
		if m.shown.Load().view.Banned {
			again = nil // nobody will say; should the ban end, there is a change
			continue
		}
		secret, err := m.n.findSecret(ctx, m.id, want, m.shown.Load().right.ticket, m.company())
		if err != nil {
			m.log.Debug("no key for the room's new epoch yet", "epoch", want.epoch, "error", err)
			again = time.After(retryKey)
			continue
		}
		again = nil
		n := want.epoch // want is another one soon
		m.await(func(now time.Duration) { m.unlock(now, n, secret) })
	}
}

// company is the others in the room: those who are connected first.
func (m *member) company() []identity.ID {
	near := m.topic.Peers()
	v, relays := m.shown.Load().view, m.place.Load().Relays
	all := slices.DeleteFunc(near, func(id identity.ID) bool { return slices.Contains(relays, id) })
	for _, p := range v.People {
		if p.ID != v.Self && !slices.Contains(all, p.ID) {
			all = append(all, p.ID)
		}
	}
	return firsts(all, maxAsking)
}
