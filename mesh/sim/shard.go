package sim

import (
	"fmt"
	"time"

	"github.com/banyan-rooms/banyan/mesh"
	"github.com/banyan-rooms/banyan/mesh/wire"
)

// shard is a part of the peers, with what is going to happen to them. The shards of a world
// may run side by side, each in one goroutine, since nothing that a peer does reaches another
// one sooner than the shortest way takes (see [World.Run]). While they do, a shard changes
// nothing but itself and its peers, and of others reads only what nobody changes then: who
// they are, where they live, whether they are in the room, on which side of a split they are.
type shard struct {
	w      *World
	number int
	now    time.Duration
	seq    uint64        // the number of the event that happens
	end    time.Duration // what happens from then on is for the next window
	queue  queue
	soon   time.Duration // when the next event here is; never without one
	sent   mail          // to other shards

	acting *peer             // whose effects are being done
	do     func(mesh.Effect) // does one of them
	scene  Scene             // for check

	agenda   []event // what it has put on the world's, since that looked
	trace    *trace
	counted  counts
	moves    []Move        // parents that have changed since the world looked
	rooted   time.Duration // when a root was first seen again, if the world waits for one
	broken   *breach       // the first invariant that broke here
	foreseen uint64        // what foresee read
}

// mail is what is on its way to other shards: one half is written while the other is read.
type mail struct {
	boxes [2][][]event // by shard
	soon  time.Duration
}

// breach is an invariant that broke.
type breach struct {
	at  time.Duration
	seq uint64
	err error
}

// earlier tells whether a breach, or none, came before another.
func (b *breach) earlier(than *breach) bool {
	return b != nil && (than == nil || b.at < than.at || b.at == than.at && b.seq < than.seq)
}

func newShard(w *World, number, shards int) *shard {
	s := &shard{w: w, number: number, soon: never, trace: newTrace(w.cfg.Trace != nil)}
	s.sent.boxes = [2][][]event{make([][]event, shards), make([][]event, shards)}
	s.do = s.effect
	return s
}

// run lets everything happen here that happens before the end of a window. half is the one
// of the mail that is written in it.
func (s *shard) run(half int) {
	for _, other := range s.w.shards {
		box := &other.sent.boxes[1-half][s.number]
		for i := range *box {
			s.queue.push((*box)[i])
		}
		clear(*box)
		*box = (*box)[:0]
	}
	s.sent.soon = never
	for s.broken == nil {
		at, ok := s.queue.next()
		if !ok || at >= s.end {
			break
		}
		s.foresee()
		e := s.queue.pop()
		s.happen(&e)
	}
	s.soon = never
	if at, ok := s.queue.next(); ok {
		s.soon = at
	}
}

// push has something happen that is a peer's doing. Each event has a number that does not
// depend on what other peers do meanwhile: so it is the same however the shards take turns.
func (s *shard) push(p *peer, e event) {
	p.made++
	e.seq = made(p.number, p.made)
	s.w.put(s, e)
}

// made is the number of an event: whose doing it is, and their how manieth.
func made(by int32, nth uint64) uint64 { return uint64(by)<<36 | nth }

// happen lets one event happen to a peer.
func (s *shard) happen(e *event) {
	s.begin(e)
	p := s.w.peers[e.to]
	switch e.kind {
	case wakes:
		s.awake(p)
	case controls:
		s.control(e)
	case controlFails:
		s.controlFail(e)
	case offers:
		s.offer(e)
	case opens:
		s.open(e)
	case closes:
		s.close(e)
	case dialFails:
		s.dialFail(e)
	case datagrams:
		s.datagram(e)
	case gossips:
		s.gossip(e)
	case finds:
		s.find(p)
	default: // the world's
	}
	s.check(p)
}

// begin takes note of an event that is going to happen.
func (s *shard) begin(e *event) {
	s.now, s.seq = e.at, e.seq
	s.counted.events++
	s.trace.record(s.w, e)
}

// check holds a peer to the invariants after an event.
func (s *shard) check(p *peer) {
	if s.broken != nil || !p.here() {
		return
	}
	for t := range wire.MaxTrees {
		parent := p.machine.Parent(t)
		if tag := tagOf(&parent); tag != p.parents[t] {
			p.parents[t], p.rewired[t] = tag, s.now
			s.moves = append(s.moves, Move{at: s.now, seq: s.seq, peer: p.number, tree: uint8(t), parent: s.w.parentOf(p, t)})
		}
	}
	s.watchFaults(p)
	s.scene = Scene{World: s.w, Peer: int(p.number), Machine: p.machine} // which escapes into the invariants: one for all events
	for _, i := range s.w.cfg.Invariants {
		if i.Check == nil {
			continue
		}
		if err := i.Check(&s.scene); err != nil {
			s.broken = &breach{s.now, s.seq, fmt.Errorf("invariant %q: %w", i.Name, err)}
			return
		}
	}
}

// fail stops the world because a machine did what no machine may.
func (s *shard) fail(p *peer, err error) {
	if s.broken == nil {
		s.broken = &breach{s.now, s.seq, fmt.Errorf("peer %d: %w", p.number, err)}
	}
}

// watchFaults looks at what a fault did to a peer to whom something has happened.
func (s *shard) watchFaults(p *peer) {
	if s.w.measured.rootless > 0 && s.rooted == 0 && p.machine.IsRoot(0) && p.machine.Attached(0) {
		s.rooted = s.now
	}
	if p.exposed > 0 && s.w.protected(p) {
		s.counted.restored.Add(s.now - p.exposed)
		p.exposed = 0
	}
}
