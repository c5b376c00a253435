package memory

import (
	"container/heap"
	"hash/fnv"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/banyan-rooms/banyan/crypto/identity"
)

const (
	defaultDelay   = 5 * time.Millisecond // one way: a good path within a city
	defaultTimeout = 5 * time.Second      // as package rtc
	retryEvery     = 20 * time.Millisecond
	maxQueue       = 1024 // reliable messages under way in one direction; more are lost
)

// Path is what lies between two peers, the same both ways.
type Path struct {
	Delay  time.Duration // one way; 0 means 5 ms
	Jitter time.Duration // up to this much is added to each Delay
	Loss   float64       // share of datagrams that vanish, 0 to 1
}

// Config is all that a world can be told; the zero Config is a good network.
type Config struct {
	Seed    uint64        // of loss and jitter
	Path    Path          // between peers for which SetPath was not called
	Timeout time.Duration // silence after which connections, links and messages fail; 0 means 5 s
}

// World is one network and the peers on it. It is safe for concurrent use.
type World struct {
	cfg     Config
	wake    chan struct{}
	closing chan struct{}
	stopped chan struct{}

	mu        sync.Mutex // guards all below, and the state of peers, topics and links
	closed    bool
	events    events
	seq       uint64
	peers     map[identity.ID]*Peer
	order     []*Peer // as they were added
	routes    map[pair]*route
	side      map[identity.ID]int // of a partition
	splitAt   time.Time
	providers map[identity.RoomID]map[*Peer]int // and how often each provides
}

// pair is one direction between two peers.
type pair struct{ from, to identity.ID }

// route carries one direction between two peers.
type route struct {
	path    Path
	random  *rand.Rand
	due     time.Time // when the last of queue arrives
	queue   []parcel
	pumping bool
}

// parcel is something that arrives, or is lost once the sender has waited in vain.
type parcel struct {
	due          time.Time
	arrive, lost func()
}

// New makes a world without peers and starts it.
func New(cfg Config) *World {
	if cfg.Timeout == 0 {
		cfg.Timeout = defaultTimeout
	}
	w := &World{
		cfg:       cfg,
		wake:      make(chan struct{}, 1),
		closing:   make(chan struct{}),
		stopped:   make(chan struct{}),
		peers:     make(map[identity.ID]*Peer),
		routes:    make(map[pair]*route),
		side:      make(map[identity.ID]int),
		providers: make(map[identity.RoomID]map[*Peer]int),
	}
	go w.run()
	return w
}

// Close closes every peer, stops the world and waits for it.
func (w *World) Close() {
	w.mu.Lock()
	if w.closed {
		w.mu.Unlock()
		return
	}
	w.closed = true
	peers := w.order
	w.mu.Unlock()
	for _, p := range peers {
		p.Close()
	}
	close(w.closing)
	<-w.stopped
}

// run carries out events until the world closes.
func (w *World) run() {
	defer close(w.stopped)
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		do, wait, some := w.next()
		var due <-chan time.Time
		switch {
		case do != nil:
			do()
			continue
		case some:
			timer.Reset(wait)
			due = timer.C
		}
		select {
		case <-w.closing:
			return
		case <-w.wake:
		case <-due:
		}
	}
}

// next takes out the first event if it is due; else it says how long to wait, if
// there is some event at all.
func (w *World) next() (do func(), wait time.Duration, some bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	select {
	case <-w.closing:
		return nil, 0, false
	default:
	}
	if len(w.events) == 0 {
		return nil, 0, false
	}
	if wait := time.Until(w.events[0].at); wait > 0 {
		return nil, wait, true
	}
	return heap.Pop(&w.events).(event).do, 0, true
}

// at has do called at a time by the world's goroutine, without w.mu. The caller
// holds w.mu.
func (w *World) at(at time.Time, do func()) {
	w.seq++
	heap.Push(&w.events, event{at: at, seq: w.seq, do: do})
	select {
	case w.wake <- struct{}{}:
	default:
	}
}

// route returns the way from one peer to another. The caller holds w.mu.
func (w *World) route(from, to *Peer) *route {
	key := pair{from.id, to.id}
	r := w.routes[key]
	if r == nil {
		hash := fnv.New64a()
		hash.Write(key.from[:])
		hash.Write(key.to[:])
		r = &route{path: w.cfg.Path, random: rand.New(rand.NewPCG(w.cfg.Seed, hash.Sum64()))}
		w.routes[key] = r
	}
	return r
}

// delay draws the time of one journey.
func (r *route) delay() time.Duration {
	d := r.path.Delay
	if d == 0 {
		d = defaultDelay
	}
	if r.path.Jitter > 0 {
		d += time.Duration(r.random.Int64N(int64(r.path.Jitter)))
	}
	return d
}

// carry has arrive called when what from sends now reaches to, in order, or lost
// when it does not. The caller holds w.mu.
func (w *World) carry(from, to *Peer, arrive, lost func()) {
	r := w.route(from, to)
	now := time.Now()
	if len(r.queue) >= maxQueue {
		w.at(now, lost)
		return
	}
	due := now.Add(r.delay())
	if due.Before(r.due) {
		due = r.due
	}
	r.due = due
	r.queue = append(r.queue, parcel{due: due, arrive: arrive, lost: lost})
	if !r.pumping {
		r.pumping = true
		w.at(due, func() { w.pump(r, from, to) })
	}
}

// pump hands over the parcels of a route that are due, the first first.
func (w *World) pump(r *route, from, to *Peer) {
	for {
		do := w.unload(r, from, to)
		if do == nil {
			return
		}
		do()
	}
}

// unload takes the first parcel of a route if its fate is known, else it has pump
// called again later.
func (w *World) unload(r *route, from, to *Peer) func() {
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(r.queue) == 0 {
		r.pumping = false
		return nil
	}
	now, first := time.Now(), r.queue[0]
	if now.Before(first.due) {
		w.at(first.due, func() { w.pump(r, from, to) })
		return nil
	}
	since, cut := w.cut(from, to)
	if cut && now.Before(since.Add(w.cfg.Timeout)) {
		w.at(now.Add(retryEvery), func() { w.pump(r, from, to) })
		return nil
	}
	r.queue = r.queue[1:]
	if cut {
		return first.lost
	}
	return first.arrive
}

// event is something to do at a time; seq orders those of one instant.
type event struct {
	at  time.Time
	seq uint64
	do  func()
}

// events is a heap, the earliest first.
type events []event

func (e events) Len() int      { return len(e) }
func (e events) Swap(i, j int) { e[i], e[j] = e[j], e[i] }
func (e events) Less(i, j int) bool {
	if !e[i].at.Equal(e[j].at) {
		return e[i].at.Before(e[j].at)
	}
	return e[i].seq < e[j].seq
}
func (e *events) Push(x any) { *e = append(*e, x.(event)) }
func (e *events) Pop() any {
	last := (*e)[len(*e)-1]
	*e = (*e)[:len(*e)-1]
	return last
}
