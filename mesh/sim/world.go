package sim

import (
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/banyan-rooms/banyan/crypto/identity"
	"github.com/banyan-rooms/banyan/mesh"
)

// The kinds of events.
const (
	arrives      kind = iota // to comes into the room
	leaves                   // to says goodbye
	crashes                  // to dies without a word
	gone                     // to, who said goodbye, ends
	wakes                    // the deadline of to's machine has come
	controls                 // a control message; ref is its number in messages
	controlFails             // to learns that a control message did not reach from
	offers                   // from wants to open a link; ref is the link's number
	opens                    // the link with from is open; ref is its number
	closes                   // the link with from is closed; ref is its number
	dialFails                // the link with from did not come about; ref is its number
	datagrams                // a datagram; ref is its number in parcels
	gossips                  // a message on the topic; ref is its number in rumours
	finds                    // to hears of candidates
	talks                    // voice ref begins or ends to talk
	captures                 // voice ref captures a frame
	samples                  // the world is looked at
	strikes                  // fault ref
	parts                    // what a split has cut is noticed
	mends                    // a split ends
	heals                    // it is looked whether the room is one again
)

// kindNames is what a listing calls them.
var kindNames = [...]string{
	"arrives", "leaves", "crashes", "gone", "wakes", "control", "control-fails", "offer", "open", "close",
	"dial-fails", "datagram", "gossip", "candidates", "talk", "capture", "sample", "fault", "part", "mend", "heal",
}

// World is one simulated room. It belongs to one goroutine.
type World struct {
	cfg     Config
	now     time.Duration
	queue   queue
	trace   *trace
	room    identity.RoomID
	channel channel

	peers   []*peer // all that ever were; their place is their number
	present []int32 // those who are in the room now
	left    []int32 // those who were, in the order in which they left
	numbers map[identity.ID]int32

	messages slab[[]byte]
	parcels  slab[parcel]
	rumours  slab[rumour]
	linked   uint16 // links made so far: what they are numbered by

	voices  []voice
	voiceOf map[uint64]int32 // by key ID
	log     []spoken
	speech  *rand.PCG

	faults  *rand.PCG // whom they hit
	divided bool      // by a split

	acting *peer             // whose effects are being done
	do     func(mesh.Effect) // does one of them

	foreseen uint64 // what foresee read
	scene    Scene  // for check
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
		trace:   newTrace(cfg.Trace),
		numbers: make(map[identity.ID]int32, cfg.Peers),
		voiceOf: make(map[uint64]int32, cfg.Speakers),
	}
	w.room[0] = 1
	w.channel = newChannel(w.cfg.Loss)
	w.faults = stream(w.cfg.Seed, 0, forFaults)
	w.do = w.effect
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
		w.queue.push(event{at: at, kind: arrives, to: int32(i)})
	}
	w.planSpeech()
	w.queue.push(event{at: sampleEvery, kind: samples})
	for i, f := range w.cfg.Faults {
		w.queue.push(event{at: f.At, kind: strikes, ref: int32(i)})
	}
}

// Run lets everything happen that happens up to a time, and sets the clock to it.
// It returns the first invariant that breaks, and then does nothing any more.
func (w *World) Run(until time.Duration) error {
	for w.broken == nil {
		at, ok := w.queue.next()
		if !ok || at > until {
			break
		}
		w.foresee()
		e := w.queue.pop()
		w.now = e.at
		w.measured.events++
		w.happen(&e)
		w.check(&e)
	}
	if err := w.trace.flush(); err != nil {
		return fmt.Errorf("write the trace: %w", err)
	}
	if w.broken != nil {
		return w.broken
	}
	w.now = max(w.now, until)
	return nil
}

// Events is how many events have happened.
func (w *World) Events() uint64 { return w.measured.events }

// Now is the time in the world.
func (w *World) Now() time.Duration { return w.now }

// happen lets one event happen.
func (w *World) happen(e *event) {
	w.record(e)
	p := w.peers[e.to]
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
	case wakes:
		w.awake(p)
	case controls:
		w.control(e)
	case controlFails:
		w.controlFail(e)
	case offers:
		w.offer(e)
	case opens:
		w.open(e)
	case closes:
		w.close(e)
	case dialFails:
		w.dialFail(e)
	case datagrams:
		w.datagram(e)
	case gossips:
		w.gossip(e)
	case finds:
		w.find(p)
	case talks:
		w.talk(e.ref)
	case captures:
		w.capture(e.ref)
	case samples:
		w.sample()
	case strikes:
		w.strike(w.cfg.Faults[e.ref])
	case parts:
		w.part()
	case mends:
		w.mend()
	case heals:
		w.heal()
	}
}

// record takes an event into the trace, before it happens.
func (w *World) record(e *event) {
	if w.trace.out != nil {
		w.list(e)
	}
	switch e.kind {
	case controls:
		w.trace.add(e, *w.messages.at(e.ref))
	case datagrams:
		c := w.parcels.at(e.ref)
		if c.said != nil {
			w.trace.frame(e, c)
			return
		}
		w.trace.add(e, c.data[:min(len(c.data), datagramHead)])
	default:
		w.trace.add(e, nil)
	}
}

// datagramHead is how much of a datagram the trace takes in: of media which frame
// it is and with how many hops to go, of beacons the epoch and more.
const datagramHead = 32
