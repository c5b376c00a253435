package mesh

import (
	"bytes"
	"container/heap"
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/banyan-rooms/banyan/crypto/identity"
	"github.com/banyan-rooms/banyan/mesh/wire"
)

const ms = time.Millisecond

var start = time.Unix(1_800_000_000, 0)

// world is a few peers and perfect paths of 10 ms between them: enough for a test of
// the rules. Package sim has the world with loss and churn.
type world struct {
	t     testing.TB
	now   time.Duration
	seed  uint64 // of the machines' chances
	queue happenings
	order int
	sayAt time.Duration // the next frame of those who talk
	peers []*peer
	byID  map[identity.ID]*peer
	watch func(p *peer, e Effect) // sees all effects, if set
}

type peer struct {
	*Machine
	*tree   // the first
	name    string
	dead    bool
	cut     int  // peers of different cuts do not reach each other
	mute    bool // its dials fail
	drops   bool // it passes no sound on
	talking bool
	ctr     uint64
	played  map[uint64]map[uint64]time.Duration // by stream and counter: when
	twice   int
}

type happening struct {
	at    time.Duration
	order int
	to    *peer
	do    func()
}

type happenings []happening

func (h happenings) Len() int { return len(h) }
func (h happenings) Less(i, j int) bool {
	return h[i].at < h[j].at || h[i].at == h[j].at && h[i].order < h[j].order
}
func (h happenings) Swap(i, j int) { h[i], h[j] = h[j], h[i] }
func (h *happenings) Push(x any)   { *h = append(*h, x.(happening)) }
func (h *happenings) Pop() any {
	old := *h
	last := old[len(old)-1]
	*h = old[:len(old)-1]
	return last
}

func newWorld(t testing.TB) *world {
	t.Helper()
	return &world{t: t, byID: make(map[identity.ID]*peer)}
}

func keyOf(t testing.TB, n int) identity.Key {
	t.Helper()
	seed := bytes.Repeat(binary.BigEndian.AppendUint32(nil, uint32(n)), 16)
	k, err := identity.Generate(bytes.NewReader(seed))
	if err != nil {
		t.Fatal(err)
	}
	return k
}

// join adds a peer that knows those who are there already.
func (w *world) join(name string, cfg Config) *peer {
	w.t.Helper()
	n := len(w.peers) + 1
	cfg.Key, cfg.Room, cfg.Start = keyOf(w.t, n), identity.RoomID{1}, start
	cfg.Rand, cfg.Dialable = rand.New(rand.NewPCG(uint64(n), 7+w.seed)), true
	m := New(cfg)
	p := &peer{Machine: m, tree: &m.trees[0], name: name, played: make(map[uint64]map[uint64]time.Duration)}
	var known []identity.ID
	for _, other := range w.peers {
		if !other.dead {
			known = append(known, other.id)
		}
	}
	w.peers = append(w.peers, p)
	w.byID[p.id] = p
	w.step(p, Candidates{known})
	return p
}

func (w *world) after(d time.Duration, to *peer, do func()) {
	w.order++
	heap.Push(&w.queue, happening{w.now + d, w.order, to, do})
}

func (w *world) step(p *peer, ev Event) {
	p.Machine.Step(w.now, ev)
	if err := p.Machine.Check(); err != nil {
		w.t.Fatalf("%v: %s after %T: %v", w.now, p.name, ev, err)
	}
	p.Machine.Drain(func(e Effect) { w.carry(p, e) })
}

func (w *world) reaches(a, b *peer) bool { return b != nil && !b.dead && a.cut == b.cut }

// partLinks breaks the links between those who do not reach each other, as soon as links
// notice.
func (w *world) partLinks() {
	w.after(5*time.Second, nil, func() {
		for _, p := range w.peers {
			for _, other := range w.peers {
				if p.Machine.linked(other.id) && !p.dead && p.cut != other.cut {
					w.step(p, LinkDown{other.id})
				}
			}
		}
	})
}

func (w *world) carry(p *peer, e Effect) {
	const path = 10 * ms
	if w.watch != nil {
		w.watch(p, e)
	}
	switch e := e.(type) {
	case Send:
		raw, err := wire.Marshal(e.Message)
		if err != nil {
			w.t.Fatal(err)
		}
		msg, err := wire.Unmarshal(raw)
		if err != nil {
			w.t.Fatal(err)
		}
		to := w.byID[e.To]
		w.after(path, p, func() {
			if w.reaches(p, to) {
				w.step(to, Received{p.id, msg})
			} else {
				w.after(5*time.Second, p, func() { w.step(p, Failed{e.To}) })
			}
		})
	case Transmit:
		if p.drops && e.Datagram[0] == wire.KindMedia {
			return
		}
		to := w.byID[e.To]
		w.after(path, to, func() {
			if w.reaches(p, to) && to.Machine.linked(p.id) {
				w.datagram(to, p.id, e.Datagram)
			}
		})
	case Dial:
		to := w.byID[e.Peer]
		w.after(3*path, p, func() {
			if w.reaches(p, to) && to.Machine.Expects(p.id) && !p.mute {
				w.step(to, LinkUp{p.id})
				w.step(p, LinkUp(e))
			} else {
				w.step(p, Failed(e))
			}
		})
	case HangUp:
		if to := w.byID[e.Peer]; to != nil {
			w.after(path, to, func() {
				if w.reaches(p, to) && to.Machine.linked(p.id) {
					w.step(to, LinkDown{p.id})
				}
			})
		}
	case Spread:
		g, err := OpenGossip(p.Machine.room, e.Data)
		if err != nil {
			w.t.Fatal(err)
		}
		for _, to := range w.peers {
			if to != p {
				w.after(2*path, to, func() {
					if w.reaches(p, to) {
						w.step(to, g)
					}
				})
			}
		}
	case Changed, Stopped:
		if (e == Stopped{}) {
			p.dead = true
		}
	}
}

func (w *world) datagram(to *peer, from identity.ID, d []byte) {
	if d[0] != wire.KindMedia {
		w.step(to, Heard{from, d})
		return
	}
	err := wire.Frames(d[1:], func(f wire.Frame, raw []byte) { w.route(to, from, f, raw) })
	if err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) route(p *peer, from identity.ID, f wire.Frame, raw []byte) {
	to, fresh := p.Route(w.now, from, f, raw)
	if fresh {
		if p.played[f.KID] == nil {
			p.played[f.KID] = make(map[uint64]time.Duration)
		}
		if _, again := p.played[f.KID][f.CTR]; again {
			p.twice++
		}
		p.played[f.KID][f.CTR] = w.now
	}
	for _, h := range slices.Clone(to) {
		w.carry(p, Transmit{h.Peer, wire.AppendMedia(nil, raw, f.Hops-1, h.Link)})
	}
}

// run lets time pass. Who talks says a frame each 20 ms.
func (w *world) run(d time.Duration) {
	end := w.now + d
	for {
		next := end
		for _, p := range w.peers {
			if at, ok := p.Deadline(); ok && !p.dead {
				next = min(next, max(at, w.now))
			}
			if p.talking && !p.dead {
				next = min(next, max(w.sayAt, w.now))
			}
		}
		if len(w.queue) > 0 && w.queue[0].at <= next {
			h := heap.Pop(&w.queue).(happening)
			w.now = h.at
			if h.to == nil || !h.to.dead {
				h.do()
			}
			continue
		}
		if w.now = next; w.now >= end {
			return
		}
		for _, p := range w.peers {
			if at, ok := p.Deadline(); ok && !p.dead && at <= w.now {
				w.step(p, nil)
			}
			if p.talking && !p.dead && w.now >= w.sayAt {
				w.say(p)
			}
		}
		if w.now >= w.sayAt {
			w.sayAt = (w.now/(20*ms) + 1) * (20 * ms)
		}
	}
}

func (w *world) say(p *peer) {
	sealed := binary.BigEndian.AppendUint64([]byte{0x8f}, 0) // an SFrame header: KID in the byte is 0, CTR in 8 bytes
	kid := byte(slices.Index(w.peers, p) % 8)
	sealed[0] = kid<<4 | 0x0f
	p.ctr++
	binary.BigEndian.PutUint64(sealed[1:], 1<<60+p.ctr)
	trees, cover := p.Way(p.ctr)
	sealed = append(sealed, 0)
	if cover {
		sealed[len(sealed)-1] = 1
	}
	raw := wire.AppendFrame(nil, trees, 20, sealed)
	f, err := wire.ParseFrame(raw)
	if err != nil {
		w.t.Fatal(err)
	}
	w.route(p, identity.ID{}, f, raw)
}

// tree checks that all who live are one tree.
func (w *world) tree() {
	w.t.Helper()
	alive := make(map[identity.ID]*Machine)
	for _, p := range w.peers {
		if !p.dead {
			alive[p.id] = p.Machine
		}
	}
	if err := CheckTrees(alive); err != nil {
		w.t.Errorf("%v: %v", w.now, err)
		w.t.Log(w.describe())
	}
}

// describe says where everybody stands.
func (w *world) describe() string {
	var s strings.Builder
	for _, p := range w.peers {
		fmt.Fprintf(&s, "\n%s (%s) dead=%v feeds at most %d, %d trees", p.name, p.id.Short(), p.dead, p.maxChildren, p.count)
		for _, t := range p.both() {
			fmt.Fprintf(&s, "; tree %d root=%v interior=%v parent=%s backup=%s depth=%d fed=%d seek=%d urgent=%v lease=%s supply=%v count=%d", t.index, t.isRoot, t.interior(),
				w.nameOf(t.parent), w.nameOf(t.backup), t.place.Depth(), t.fed(), t.seekParent.phase, t.seekParent.urgent, w.nameOf(t.lease.root), t.supply(), t.size())
		}
	}
	return s.String()
}

func (w *world) nameOf(id identity.ID) string {
	if p := w.byID[id]; p != nil {
		return p.name
	}
	return "-"
}

// missed is how many frames of the only speaker were not played, nor carried by the next.
func (p *peer) missed(from, to uint64) (n int) {
	for _, frames := range p.played {
		for ctr := from; ctr < to; ctr++ {
			_, itself := frames[1<<60+ctr]
			_, next := frames[1<<60+ctr+1]
			if !itself && !next {
				n++
			}
		}
	}
	return n
}

// gap is the longest silence between two frames of anybody that p played, from a time on.
func (p *peer) gap(since time.Duration) time.Duration {
	var at []time.Duration
	for _, frames := range p.played {
		for _, t := range frames {
			if t >= since {
				at = append(at, t)
			}
		}
	}
	slices.Sort(at)
	longest := time.Duration(0)
	for i := 1; i < len(at); i++ {
		longest = max(longest, at[i]-at[i-1])
	}
	return longest
}
