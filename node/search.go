package node

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"

	"github.com/banyan-rooms/banyan/crypto/identity"
	"github.com/banyan-rooms/banyan/crypto/invite"
	"github.com/banyan-rooms/banyan/rooms"
)

// found is what a search for a room brought.
type found struct {
	genesis []byte
	items   [][]byte      // of the room's log and people; none without a ticket where one is needed
	met     []identity.ID // who answered, members before relays
}

// search looks for somebody who tells of a room: everyone whom the link names, whom
// the DHT names, and whom those name who answer. It belongs to one goroutine, the
// others bring it what they find.
type search struct {
	n       *Node
	link    invite.Link
	ticket  invite.Chain
	genesis bool // all that is wanted

	work  sync.WaitGroup
	news  chan news
	left  int // pieces of work that will bring news
	asked map[identity.ID]bool
	dht   bool // was asked

	found   found
	relays  []identity.ID
	refusal error
	failure error
}

// news is what one piece of work brought.
type news struct {
	peers  []identity.ID
	from   identity.ID // who answered
	answer *syncAnswer
	err    error
}

// look searches until somebody lets this person in or, if the genesis is all that is
// wanted, tells what the room is.
func (n *Node) look(ctx context.Context, link invite.Link, ticket invite.Chain, genesis bool, kept []byte, peers ...identity.ID) (found, error) {
	ctx, cancel := context.WithCancel(ctx)
	s := &search{
		n: n, link: link, ticket: ticket, genesis: genesis,
		news: make(chan news), asked: map[identity.ID]bool{n.ID(): true},
		found: found{genesis: kept},
	}
	defer s.work.Wait()
	defer cancel()
	for _, addrs := range firsts(peersOf(link.Addrs), maxAsking) {
		s.dial(ctx, addrs)
	}
	for _, id := range peers {
		s.ask(ctx, id)
	}
	s.findProviders(ctx)
	for s.left > 0 {
		select {
		case got := <-s.news:
			s.left--
			if s.take(ctx, got) {
				s.found.met = append(s.found.met, s.relays...)
				return s.found, nil
			}
		case <-ctx.Done():
			return found{}, context.Cause(ctx)
		}
	}
	return found{}, s.why()
}

// spawn does a piece of work beside, which brings news.
func (s *search) spawn(ctx context.Context, work func(context.Context) news) {
	s.left++
	s.work.Go(func() {
		limited, cancel := context.WithTimeout(ctx, askTimeout)
		defer cancel()
		got := work(limited)
		select {
		case s.news <- got:
		case <-ctx.Done():
		}
	})
}

// dial connects to a peer.
func (s *search) dial(ctx context.Context, addrs []string) {
	if id, ok := peerOf(addrs[0]); !ok || s.asked[id] {
		return
	}
	s.spawn(ctx, func(ctx context.Context) news {
		id, err := s.n.cfg.Network.Connect(ctx, addrs)
		if err != nil {
			return news{err: err}
		}
		return news{peers: []identity.ID{id}}
	})
}

// ask asks a peer about the room, once.
func (s *search) ask(ctx context.Context, who identity.ID) {
	if s.asked[who] || len(s.asked) > maxAsking {
		return
	}
	s.asked[who] = true
	s.spawn(ctx, func(ctx context.Context) news {
		a, err := s.n.requestSync(ctx, who, s.link.Room, nil, s.ticket)
		return news{from: who, answer: &a, err: err}
	})
}

// findProviders asks the DHT who is in the room, as soon as there is somebody to ask.
func (s *search) findProviders(ctx context.Context) {
	meeting, known := s.meeting()
	if !known || s.dht || len(s.n.cfg.Network.Peers()) == 0 {
		return
	}
	s.dht = true
	s.spawn(ctx, func(ctx context.Context) news {
		peers, err := s.n.cfg.Network.Find(ctx, meeting, maxFound)
		return news{peers: peers, err: err}
	})
}

// meeting is the name to ask for in public, if there is one yet.
func (s *search) meeting() (identity.RoomID, bool) {
	if g, _, err := rooms.OpenGenesis(s.found.genesis); err == nil {
		return g.Meeting, true
	}
	return s.link.Room, !s.link.Hidden
}

// take takes in some news, and tells whether the search is over.
func (s *search) take(ctx context.Context, got news) bool {
	if got.err != nil {
		s.failure = got.err
		return false
	}
	for _, id := range got.peers {
		s.ask(ctx, id)
	}
	if a := got.answer; a != nil && s.heed(ctx, got.from, a) {
		return true
	}
	s.findProviders(ctx)
	return false
}

// heed takes in what a peer answered.
func (s *search) heed(ctx context.Context, from identity.ID, a *syncAnswer) (over bool) {
	if _, _, err := rooms.OpenGenesis(a.Genesis); err != nil {
		s.failure = err
		return false
	}
	s.found.genesis = a.Genesis
	if a.Relay {
		s.relays = append(s.relays, from)
	} else {
		s.found.met = append(s.found.met, from)
	}
	for _, addrs := range firsts(peersOf(a.Addrs), maxAddrs) {
		s.dial(ctx, addrs)
	}
	switch {
	case s.genesis:
		return true
	case a.Relay:
		return false
	case a.Refused != "":
		s.refusal = errors.New(a.Refused)
		return false
	}
	s.found.items = s.rest(ctx, from, a)
	return true
}

// rest asks a peer for what did not fit into its first answer. What is missing after
// all comes by a later sync.
func (s *search) rest(ctx context.Context, from identity.ID, a *syncAnswer) [][]byte {
	items := slices.Clone(a.Items)
	for range maxSyncRounds {
		if !a.More || len(a.Items) == 0 {
			break
		}
		i, err := rooms.Check(s.link.Room, a.Items[len(a.Items)-1])
		if err != nil || i.Op == nil {
			break
		}
		next, err := s.n.requestSync(ctx, from, s.link.Room, []rooms.Hash{i.Op.Hash}, s.ticket)
		if err != nil {
			break
		}
		a = &next
		items = append(items, a.Items...)
	}
	return items
}

// why is why the search came to nothing.
func (s *search) why() error {
	switch {
	case s.refusal != nil:
		return s.refusal
	case s.failure != nil:
		return fmt.Errorf("%w (%w)", ErrUnreachable, s.failure)
	default:
		return ErrUnreachable
	}
}
