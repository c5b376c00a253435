package sim

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/banyan-rooms/banyan/crypto/identity"
	"github.com/banyan-rooms/banyan/mesh/wire"
)

// kind says what an event is.
type kind uint8

// The kinds of events.
const (
	// What happens to one peer.
	wakes        kind = iota // the deadline of to's machine has come
	controls                 // a control message
	controlFails             // to learns that a control message did not reach from
	offers                   // from wants to open a link
	opens                    // the link with from is open
	closes                   // the link with from is closed
	dialFails                // the link with from did not come about
	datagrams                // a datagram
	gossips                  // a message on the topic
	finds                    // to hears of candidates
	// What is also another's, or the whole world's.
	arrives  // to comes into the room
	leaves   // to says goodbye
	crashes  // to dies without a word
	gone     // to, who said goodbye, ends
	talks    // a voice begins or ends to talk
	captures // a voice captures a frame
	samples  // the world is looked at
	strikes  // a fault
	parts    // what a split has cut is noticed
	mends    // a split ends
	heals    // it is looked whether the room is one again
)

// worldly tells whether nothing else may happen at the same time.
func (k kind) worldly() bool { return k >= arrives }

// kindNames is what a listing calls them.
var kindNames = [...]string{
	"wakes", "control", "control-fails", "offer", "open", "close", "dial-fails", "datagram", "gossip", "candidates",
	"arrives", "leaves", "crashes", "gone", "talk", "capture", "sample", "fault", "part", "mend", "heal",
}

// World is one simulated room. It belongs to one goroutine, which has others help it while
// [World.Run] lasts.
type World struct {
	cfg       Config
	now       time.Duration
	agenda    queue // the worldly events
	made      uint64
	shards    []*shard
	running   bool             // they are, side by side
	turns     int              // of the shards and of the agenda so far
	half      int              // of their mail that is written next
	miles     [2]time.Duration // the two shortest last miles
	unwritten error            // what kept the listing from being written

	room    identity.RoomID
	channel channel

	peers   []*peer // all that ever were; their place is their number
	present []int32 // those who are in the room now
	left    []int32 // those who were, in the order in which they left
	numbers map[identity.ID]int32
	parents [wire.MaxTrees][]int32 // by peer: its parent, as noLoop follows them

	voices  []voice
	voiceOf map[uint64]int32 // by key ID
	log     []spoken
	speech  *rand.PCG

	faults  *rand.PCG // whom they hit
	divided bool      // by a split

	measured measures
	broken   error // the first invariant that broke
}

// New makes a world in which nothing has happened yet.
func New(cfg Config) (*World, error) {
	if err := cfg.Validate(); err != nil {
		return nil, fmt.Errorf("make a world: %w", err)
	}
	w := &World{
		cfg:     cfg.withDefaults(),
		numbers: make(map[identity.ID]int32, cfg.Peers),
		voiceOf: make(map[uint64]int32, cfg.Speakers),
		miles:   [2]time.Duration{never, never},
	}
	w.room[0] = 1
	w.channel = newChannel(w.cfg.Loss)
	w.faults = stream(w.cfg.Seed, 0, forFaults)
	shards := shardsOf(&w.cfg)
	for i := range shards {
		w.shards = append(w.shards, newShard(w, i, shards))
	}
	for range w.cfg.Peers {
		if _, err := w.enrol(); err != nil {
			return nil, err
		}
	}
	w.plan()
	return w, nil
}

// opening is when the first listener arrives: a room is made before its link is sent.
const opening = 2 * time.Second

// plan puts into the queue what happens by itself.
func (w *World) plan() {
	first := w.cfg.Community + w.cfg.Speakers
	for i := range w.peers {
		at := time.Duration(i) * frameTime // the stage comes first, one after the other
		if i >= first {
			at = opening + w.cfg.Arrivals*time.Duration(i-first)/time.Duration(len(w.peers)-first)
		}
		w.push(event{at: at, kind: arrives, to: int32(i)})
	}
	w.planSpeech()
	w.push(event{at: sampleEvery, kind: samples})
	for i, f := range w.cfg.Faults {
		w.push(event{at: f.At, kind: strikes, link: uint16(i)})
	}
}

// Run lets everything happen that happens up to a time, and sets the clock to it.
// It returns the first invariant that breaks, and then does nothing any more.
//
// The shards run side by side for a window at a time, which is as long as the shortest way
// between two peers takes: what one of them does in it reaches another's peers only later
// (conservative synchronization with lookahead: Chandy and Misra 1979, Bryant 1977). The
// agenda's events happen in between, with everybody at the same time. So each peer sees the
// same things in the same order on any number of cores.
func (w *World) Run(until time.Duration) error {
	crew := newCrew(w)
	defer crew.dismiss()
	for w.broken == nil {
		soon := w.soon()
		at, planned := w.agenda.next()
		if !planned {
			at = never
		}
		switch {
		case min(soon, at) > until:
			w.writeListing()
			if w.unwritten != nil {
				return fmt.Errorf("write the trace: %w", w.unwritten)
			}
			w.setClocks(until)
			return nil
		case at <= soon:
			e := w.agenda.pop()
			w.happen(&e)
		default:
			w.sideBySide(crew, min(at, until+1, soon+w.lookahead()))
		}
	}
	w.writeListing()
	return w.broken
}

// lookahead is how long shards may run side by side.
func (w *World) lookahead() time.Duration {
	if len(w.shards) == 1 {
		return maxLookahead // nobody is beside it, and what it puts on the agenda ends its window
	}
	return min(w.miles[0]+w.miles[1], lastWords)
}

// soon is when something happens to a peer next.
func (w *World) soon() time.Duration {
	soon := never
	for _, s := range w.shards {
		soon = min(soon, s.soon, s.sent.soon)
	}
	return soon
}

// setClocks moves all clocks on.
func (w *World) setClocks(now time.Duration) {
	w.now = max(w.now, now)
	for _, s := range w.shards {
		s.now = w.now
	}
}

// sideBySide lets everything happen to the peers that happens before the end of a window.
func (w *World) sideBySide(c *crew, end time.Duration) {
	w.turns++
	for _, s := range w.shards {
		s.end = end
	}
	w.running = true
	c.run(w.half)
	w.running = false
	w.half = 1 - w.half
	w.look()
}

// look takes up what shards have left for the world.
func (w *World) look() {
	var moves []Move
	var first *breach
	for _, s := range w.shards {
		for _, e := range s.agenda {
			w.agenda.push(e)
		}
		clear(s.agenda)
		s.agenda = s.agenda[:0]
		moves = append(moves, s.moves...)
		s.moves = s.moves[:0]
		if s.broken.earlier(first) {
			first = s.broken
		}
	}
	w.watchRoots()
	if b := w.follow(moves); b.earlier(first) {
		first = b
	}
	if first != nil && w.broken == nil {
		w.setClocks(first.at)
		w.broken = w.at(first.err)
	}
}

// follow takes note of parents that have changed, one after the other, and holds the world to
// the invariants about them.
func (w *World) follow(moves []Move) *breach {
	if len(moves) == 0 {
		return nil
	}
	slices.SortFunc(moves, func(a, b Move) int { return cmp.Or(cmp.Compare(a.at, b.at), cmp.Compare(a.seq, b.seq)) })
	for _, m := range moves {
		w.parents[m.tree][m.peer] = m.parent
		for _, i := range w.cfg.Invariants {
			if i.Moved == nil {
				continue
			}
			if err := i.Moved(w, m); err != nil {
				return &breach{m.at, m.seq, fmt.Errorf("invariant %q: %w", i.Name, err)}
			}
		}
	}
	return nil
}

// happen lets one of the agenda's events happen.
func (w *World) happen(e *event) {
	w.turns++
	w.setClocks(e.at)
	p := w.peers[e.to]
	s := w.of(p)
	s.begin(e)
	switch e.kind {
	case arrives:
		w.arrive(p)
	case leaves:
		w.leave(p)
	case crashes:
		if w.cfg.Churn.Rate > 0 {
			w.crash(p)
		}
	case gone:
		w.remove(p)
	case talks:
		w.talk(int32(e.link))
	case captures:
		w.capture(int32(e.link))
	case samples:
		w.sample()
	case strikes:
		w.strike(w.cfg.Faults[e.link])
	case parts:
		w.part()
	case mends:
		w.mend()
	case heals:
		w.heal()
	default: // a shard's
	}
	s.check(p)
	w.look()
}

// Events is how many events have happened.
func (w *World) Events() (n uint64) {
	for _, s := range w.shards {
		n += s.counted.events
	}
	return n
}

// Now is the time in the world.
func (w *World) Now() time.Duration { return w.now }

// of is the shard of a peer.
func (w *World) of(p *peer) *shard { return w.shardOf(p.number) }

func (w *World) shardOf(peer int32) *shard { return w.shards[int(peer)%len(w.shards)] }

// nobody is whose doing an event is that is no peer's.
const nobody = 1<<27 - 1

// push has something happen that is no peer's doing.
func (w *World) push(e event) {
	w.made++
	e.seq = made(nobody, w.made)
	w.put(nil, e)
}

// put queues an event, which is made in a shard if shards run, where it belongs.
func (w *World) put(by *shard, e event) {
	if e.kind.worldly() {
		if !w.running {
			w.agenda.push(e)
			return
		}
		by.agenda = append(by.agenda, e)
		by.end = min(by.end, e.at)
		return
	}
	to := w.shardOf(e.to)
	if to == by || !w.running {
		to.queue.push(e)
		to.soon = min(to.soon, e.at)
		return
	}
	box := &by.sent.boxes[w.half][to.number]
	*box = append(*box, e)
	by.sent.soon = min(by.sent.soon, e.at)
}
