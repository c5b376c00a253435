package node

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/banyan-rooms/banyan/crypto/canon"
	"github.com/banyan-rooms/banyan/crypto/epoch"
	"github.com/banyan-rooms/banyan/crypto/identity"
	"github.com/banyan-rooms/banyan/crypto/invite"
	"github.com/banyan-rooms/banyan/rooms"
)

// What a stranger is told. The words cross the network, so they hold nothing secret.
var (
	errTooOften = errors.New("too many requests; try again in some seconds")
	errNotHere  = errors.New("this peer is not in that room")
	errNotRelay = errors.New("this peer is not a relay")
	errNoKey    = errors.New("this peer does not have that key")
	errFull     = errors.New("this relay serves as many rooms as it can")
	errGreedy   = errors.New("this relay serves many rooms for you already")
	errOwnDisk  = errors.New("this peer cannot write to its disk")
)

// answerAdmit answers a request of AdmitProtocol.
func (n *Node) answerAdmit(ctx context.Context, from identity.ID, request []byte) ([]byte, error) {
	if !n.requests.allow(from, time.Now()) {
		n.counters.denied.Add(1)
		n.offended(from, excessive)
		return nil, errTooOften
	}
	r, err := parseAdmit(request)
	if err != nil {
		n.counters.malformed.Add(1)
		n.offended(from, unreadable)
		return nil, err
	}
	var answer any
	switch r := r.(type) {
	case syncRequest:
		answer, err = n.answerSync(ctx, from, r)
	case redeemRequest:
		answer, err = n.answerRedeem(ctx, from, r)
	case serveRequest:
		answer, err = n.answerServe(ctx, from, r)
	case lobbyRequest:
		answer = lobbyAnswer{n.lobby.envelopes(maxSyncAnswer)}
	}
	return n.reply(answer, err)
}

// reply counts an answer and encodes it.
func (n *Node) reply(answer any, err error) ([]byte, error) {
	if err != nil {
		n.counters.denied.Add(1)
		return nil, advised(err)
	}
	n.counters.served.Add(1)
	return canon.Marshal(answer)
}

// answerSync tells a peer what it lacks of a room, if it may be there.
func (n *Node) answerSync(ctx context.Context, from identity.ID, r syncRequest) (syncAnswer, error) {
	s := n.session(r.Room)
	if s == nil {
		return syncAnswer{}, errNotHere
	}
	if !s.mayAsk(from, r.Ticket) {
		return syncAnswer{}, errNotHere
	}
	a := syncAnswer{Genesis: s.envelope, Addrs: s.addrs(from)}
	m, ok := s.seat.(*member)
	if !ok {
		a.Relay = true
		return a, nil
	}
	a, err := ask(ctx, s, func(now time.Duration) syncAnswer {
		if err := m.room.MayEnter(now, from, r.Ticket); err != nil {
			a.Refused, a.Addrs = advised(err).Error(), nil
			a.Items, a.More = cutItems(m.room.Notice(from, r.Ticket, r.Heads), maxSyncAnswer)
			return a
		}
		a.Items, a.More = cutItems(m.room.Sync(r.Heads), maxSyncAnswer)
		return a
	})
	if err != nil {
		return syncAnswer{}, errNotHere
	}
	return a, nil
}

// mayAsk tells whether somebody may learn that the room is here. Of a secret one only
// those may who have been invited, though they may have to redeem their invite first.
func (s *session) mayAsk(from identity.ID, chain invite.Chain) bool {
	if s.genesis.Policy.Kind != rooms.Secret || from == s.genesis.Host {
		return true
	}
	_, err := chain.Verify(s.id, s.genesis.Host, time.Now())
	return err == nil
}

// cutItems takes the first items that fit, and tells whether an op is among the rest.
// Presences that do not fit come by gossip, each within ten seconds.
func cutItems(items [][]byte, limit int) (some [][]byte, more bool) {
	for i, item := range items {
		if limit -= len(item) + 4; limit < 0 {
			return items[:i], item[0] == itemOp
		}
	}
	return items, false
}

// itemOp is the first byte of an item that is an op (see package rooms).
const itemOp = 1

// addrs are addresses of a few others in the room, for somebody who looks for it.
func (s *session) addrs(asker identity.ID) []string {
	var all []string
	for _, id := range s.topic.Peers() {
		if known := s.n.cfg.Network.AddrsOf(id); id != asker {
			all = append(all, firsts(known, 2)...)
		}
		if len(all) >= maxAddrs {
			return all[:maxAddrs]
		}
	}
	return all
}

// answerRedeem turns a bearer invite of this node's into a ticket. The use is counted
// durably before the ticket goes out; who comes again gets the same one.
func (n *Node) answerRedeem(ctx context.Context, from identity.ID, r redeemRequest) (redeemAnswer, error) {
	m, err := n.member(r.Room)
	if err != nil {
		return redeemAnswer{}, errNotHere
	}
	wish := invite.Redemption{Chain: r.Chain, Secret: r.Bearer, Room: r.Room, Host: m.genesis.Host, Holder: from}
	draft, err := invite.Redeem(n.cfg.Key, wish, time.Now())
	if err != nil {
		return redeemAnswer{}, err
	}
	denied, err := ask(ctx, m.session, func(now time.Duration) error { return m.room.MayEnter(now, from, draft) })
	if err := errors.Join(err, denied); err != nil {
		return redeemAnswer{}, err
	}
	last, _, err := r.Chain.Last()
	if err != nil {
		return redeemAnswer{}, err
	}
	kept, _, err := m.record(r.Chain.ID())
	switch {
	case err != nil:
		n.log.Warn("a guest could not be let in", "error", err)
		return redeemAnswer{}, errOwnDisk
	case kept.Withdrawn:
		return redeemAnswer{}, fmt.Errorf("%w: it was taken back", invite.ErrUsed)
	}
	use, ok, err := n.cfg.Store.Redeem(r.Chain.ID(), from, last.Uses)
	switch {
	case err != nil:
		n.log.Warn("a guest could not be let in: the use of the invite could not be written down", "error", err)
		return redeemAnswer{}, errOwnDisk
	case !ok:
		return redeemAnswer{}, fmt.Errorf("%w: %d times", invite.ErrUsed, last.Uses)
	}
	wish.Use = use
	ticket, err := invite.Redeem(n.cfg.Key, wish, time.Now())
	if err != nil {
		return redeemAnswer{}, err
	}
	m.log.Info("let a guest in", "guest", from.Short(), "use", use+1)
	return redeemAnswer{ticket}, nil
}

// answerKey hands an epoch's secret to a peer that may be in the room.
func (n *Node) answerKey(ctx context.Context, from identity.ID, request []byte) ([]byte, error) {
	if !n.requests.allow(from, time.Now()) {
		n.counters.denied.Add(1)
		n.offended(from, excessive)
		return nil, errTooOften
	}
	r, err := parseKey(request)
	if err != nil {
		n.counters.malformed.Add(1)
		n.offended(from, unreadable)
		return nil, err
	}
	m, err := n.member(r.Room)
	if err != nil {
		return n.reply(nil, errNotHere)
	}
	type answer struct {
		secret epoch.Secret
		denied error
	}
	got, err := ask(ctx, m.session, func(now time.Duration) answer {
		if err := m.room.MayEnter(now, from, r.Ticket); err != nil {
			return answer{denied: err}
		}
		secret, have := m.secrets[r.Epoch]
		if !have {
			return answer{denied: errNoKey}
		}
		return answer{secret: secret}
	})
	if got.denied != nil && !errors.Is(got.denied, errNoKey) {
		n.offended(from, excessive) // it has no right, and may try again now and then
	}
	return n.reply(keyAnswer{got.secret}, errors.Join(err, got.denied))
}

// answerServe takes a room in, if this node is a relay that may.
func (n *Node) answerServe(ctx context.Context, from identity.ID, r serveRequest) (serveAnswer, error) {
	if !n.cfg.Community {
		return serveAnswer{}, errNotRelay
	}
	g, id, err := rooms.OpenGenesis(r.Genesis)
	if err != nil {
		return serveAnswer{}, err
	}
	n.cfg.Network.Know(r.Addrs)
	met := []identity.ID{from}
	for _, a := range r.Addrs {
		if who, ok := peerOf(a); ok && !slices.Contains(met, who) {
			met = append(met, who)
		}
	}
	if s := n.session(id); s != nil {
		s.suggest(met)
		return serveAnswer{OK: true}, nil
	}
	if allow := n.cfg.Serve.Allow; allow != nil {
		if err := allow(from, g); err != nil {
			return serveAnswer{}, err
		}
	}
	if err := n.serve(ctx, from, r.Genesis, met); err != nil {
		return serveAnswer{}, err
	}
	return serveAnswer{OK: true}, nil
}
