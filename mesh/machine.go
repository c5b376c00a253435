package mesh

import (
	"math/rand/v2"
	"slices"
	"time"

	"github.com/banyan-rooms/banyan/crypto/identity"
	"github.com/banyan-rooms/banyan/mesh/wire"
)

const never = time.Duration(1<<63 - 1)

// Machine is one peer's part in one room: in its trees, and what they share. Use one from
// one goroutine.
type Machine struct {
	// What each frame looks at comes first, here as in [tree]: a room of simulated
	// machines is far larger than any cache.
	count       int     // trees that the room has, as the first one's root decided
	timing      *Timing // shared by machines
	hastened    bool    // by Route, since Hastened was asked
	unchecked   bool    // the trees, since the last step: see Check
	begun       bool
	stopped     bool
	leaving     bool
	community   bool
	dialable    bool
	speaking    bool
	route       router
	gaps        []gap
	wakeAt      time.Duration // when it has to act next, as the last step found
	advertAt    time.Duration
	outbox      []replay
	hops        []Hop // scratch: what Route returns
	maxChildren int
	staleAt     time.Duration       // when the first of the adverts expires, or one that is no more
	trees       [wire.MaxTrees]tree // the second rests while the room has one
	effects     []Effect
	id          identity.ID
	maxTrees    int

	key   identity.Key
	hash  uint64 // of the id, for ties in rank
	room  identity.RoomID
	start time.Time
	rand  *rand.Rand
	loud  *loudest // of a root

	// Whom it knows of.
	links      []link        // in the order of their IDs
	adverts    []known       // in the order of rank
	candidates []identity.ID // none of whom has an advert
	rtts       []roundTrip
	shunned    []shunned
	seq        uint64

	// What it is after.
	striped bool   // its frames take turns between the trees
	grown   bool   // the second tree has reached about as many as the first
	full    uint32 // peers of the first tree when the second one last did
	doubled int    // own frames since, that travel on both trees
	modest  bool   // the first advert was put off, since there are better ranked peers

	spreadAt time.Duration // when it gossiped last
	stopAt   time.Duration
	chooseAt time.Duration // when there will be another number of trees, as it looks now; 0 is never
	choseAt  time.Duration // when that was decided last

	strangeAt time.Duration // when somebody was told last that this peer is not below it
	probes    int           // answered since probesAt
	probesAt  time.Duration
}

// New returns a machine that belongs to no tree yet. It panics when cfg makes no sense:
// what people can set, the driver has looked at before.
func New(cfg Config) *Machine {
	if err := cfg.validate(); err != nil {
		panic("mesh: config: " + err.Error())
	}
	m := &Machine{
		key: cfg.Key, id: cfg.Key.ID(), hash: rendezvous(cfg.Room, cfg.Key.ID()), room: cfg.Room, start: cfg.Start, rand: cfg.Rand,
		timing: cfg.Timing.withDefaults(), maxChildren: cfg.MaxChildren, maxTrees: cfg.MaxTrees,
		community: cfg.Community, dialable: cfg.Dialable, count: 1,
	}
	if m.maxTrees == 0 {
		m.maxTrees = wire.MaxTrees
	}
	for i := range m.trees {
		m.trees[i].init(m, i)
	}
	m.route.init()
	return m
}

// Step takes in one event, or none (nil) when only time has passed. now is the time
// since the driver started, and never goes backwards.
func (m *Machine) Step(now time.Duration, ev Event) {
	if m.stopped {
		return
	}
	m.unchecked = true
	if !m.begun {
		m.begun = true
		m.advertise(now)
		m.trees[0].begin(now)
	}
	switch ev := ev.(type) {
	case nil:
	case Received:
		m.receive(now, ev.From, ev.Message)
	case Heard:
		m.hear(now, ev.From, ev.Datagram)
	case *Gossip:
		m.gossip(now, ev)
	case LinkUp:
		m.linkUp(now, ev.Peer)
	case LinkDown:
		m.linkDown(now, ev.Peer)
	case Failed:
		for _, t := range m.both() {
			t.failed(now, ev.Peer)
		}
	case Candidates:
		m.suggest(now, ev.Peers)
	case RTT:
		m.measured(ev.Peer, ev.RTT)
	case Speaking:
		m.setSpeaking(now, ev.On)
	case Reachable:
		m.setReachable(now, ev.Dialable)
	case Stop:
		m.stop(now)
	}
	m.tick(now)
}

// receive hands a control message to the tree that it is about.
func (m *Machine) receive(now time.Duration, from identity.ID, msg wire.Message) {
	if from == m.id || !mayClaim(from, msg) {
		return
	}
	for _, t := range m.both() {
		if from == t.parent {
			t.aliveAt = now
		}
	}
	m.trees[wire.TreeOf(msg)].receive(now, from, msg)
}

// mayClaim tells whether the place in a message, if there is one, can be the sender's.
func mayClaim(from identity.ID, msg wire.Message) bool {
	if m, is := msg.(*wire.Offer); is {
		return m.Place.IsOf(from)
	}
	if m, is := msg.(*wire.Accept); is {
		return m.Place.IsOf(from)
	}
	m, is := msg.(*wire.Reverse)
	return !is || m.Place.IsOf(from)
}

// hear takes in a datagram that is not media.
func (m *Machine) hear(now time.Duration, from identity.ID, datagram []byte) {
	if len(datagram) == 0 {
		return
	}
	switch datagram[0] {
	case wire.KindPull:
		m.pulled(now, from, datagram[1:])
	case wire.KindBeacon:
		b, err := wire.ParseBeacon(datagram[1:])
		if err != nil || !b.Place.IsOf(from) {
			return
		}
		m.numbered(now, from, b.Sent)
		m.trees[b.Tree].hear(now, from, b)
	}
}

// tick does whatever is due.
func (m *Machine) tick(now time.Duration) {
	m.forget(now)
	for _, t := range m.both() {
		if t.active {
			t.tick(now)
		}
	}
	m.chooseTrees(now)
	m.replay(now)
	m.pull(now)
	m.herald(now)
	if m.leaving && (now >= m.stopAt || m.fed() == 0) {
		m.part()
	}
}

// forget drops what has expired and works out when the next thing does.
func (m *Machine) forget(now time.Duration) {
	if now >= m.staleAt {
		m.adverts = slices.DeleteFunc(m.adverts, func(k known) bool { return now >= k.expires })
		m.staleAt = never
		for _, k := range m.adverts {
			m.staleAt = min(m.staleAt, k.expires)
		}
	}
	m.wakeAt = m.staleAt
}

// Drain hands all effects of the last Step to do, in order.
func (m *Machine) Drain(do func(Effect)) {
	for _, e := range m.effects {
		do(e)
	}
	clear(m.effects)
	m.effects = m.effects[:0]
}

// Deadline is when Step wants to be called at the latest. [Machine.Route] may change
// it: media that flows puts the next look at the parent off.
func (m *Machine) Deadline() (time.Duration, bool) {
	if m.stopped {
		return 0, false
	}
	at := min(m.advertAt, m.wakeAt, m.replayDeadline(), m.pullDeadline())
	for _, t := range m.both() {
		if t.active {
			at = min(at, t.deadline())
		}
	}
	if m.leaving {
		at = min(at, m.stopAt)
	}
	return at, at != never
}

// Hastened tells whether [Machine.Route] may have brought the deadline nearer since this was
// asked last: most frames only put it off, and a step that comes too early does no harm.
func (m *Machine) Hastened() bool {
	hastened := m.hastened
	m.hastened = false
	return hastened
}

// both are the trees.
func (m *Machine) both() [wire.MaxTrees]*tree { return [...]*tree{&m.trees[0], &m.trees[1]} }

func (m *Machine) emit(e Effect) { m.effects = append(m.effects, e) }

func (m *Machine) changed() {
	if !slices.Contains(m.effects, Effect(Changed{})) {
		m.emit(Changed{})
	}
}

// wake makes Step be called at a time. wakeAt is the next such time.
func (m *Machine) wake(at time.Duration) { m.wakeAt = min(m.wakeAt, at) }

// jittered is a random part of d.
func (m *Machine) jittered(d time.Duration) time.Duration {
	return time.Duration(m.rand.Int64N(int64(d) + 1))
}

// fed is how many children this peer feeds, in all trees.
func (m *Machine) fed() int {
	n := 0
	for _, t := range m.both() {
		n += t.fed()
	}
	return n
}

// suggest takes in peers that may be in the room.
func (m *Machine) suggest(now time.Duration, peers []identity.ID) {
	for _, id := range peers {
		if id == m.id || slices.Contains(m.candidates, id) || m.index(id) >= 0 {
			continue
		}
		if len(m.candidates) == maxCandidates {
			m.candidates = slices.Delete(m.candidates, 0, 1)
		}
		m.candidates = append(m.candidates, id)
	}
	for _, t := range m.both() {
		if t.index == 0 && !t.attached() && t.seekParent.phase == resting {
			t.seekParent.at = min(t.seekParent.at, now) // somebody new to ask
		}
	}
}

func (m *Machine) setSpeaking(now time.Duration, on bool) {
	if m.speaking == on {
		return
	}
	m.speaking = on
	for _, t := range m.both() {
		t.improveAt, t.looks = min(t.improveAt, now), 0
	}
}

// setReachable takes in whether others can dial this peer. A root whom they cannot hands its
// place on if it can, says that it claims the tree no more, and makes way for whoever does.
func (m *Machine) setReachable(now time.Duration, dialable bool) {
	if m.dialable == dialable {
		return
	}
	m.dialable = dialable
	if t := m.rooted(); t != nil && !dialable {
		t.handOn(now)
		m.spread(now, true)
		t.lease.expires = now
	}
	m.advertise(now)
}

// linkUp takes note of an open link.
func (m *Machine) linkUp(now time.Duration, id identity.ID) {
	m.forgetGap(id)
	if at, open := m.linkAt(id); open {
		*m.links[at].lane = lane{} // the numbers begin anew
	} else {
		m.links = slices.Insert(m.links, at, link{id, &lane{}})
	}
	for _, t := range m.both() {
		t.linkUp(now, id)
	}
	m.hangUp(id) // unless somebody still wants it
}

// linkDown takes note of a broken link.
func (m *Machine) linkDown(now time.Duration, id identity.ID) {
	m.unlink(id)
	m.suspect(now, id)
	for _, t := range m.both() {
		t.linkDown(now, id)
	}
}

// linked tells whether a link is open.
func (m *Machine) linked(id identity.ID) bool { return m.laneTo(id) != nil }

// unlink forgets a link.
func (m *Machine) unlink(id identity.ID) {
	if at, open := m.linkAt(id); open {
		m.links = slices.Delete(m.links, at, at+1)
	}
	m.forgetGap(id)
}

// hangUp closes a link that no tree needs any more.
func (m *Machine) hangUp(id identity.ID) {
	if !m.linked(id) || m.trees[0].needs(id) || m.trees[1].needs(id) {
		return
	}
	m.unlink(id)
	m.emit(HangUp{id})
}

// suspect keeps a peer whose link broke from being elected for a while.
func (m *Machine) suspect(now time.Duration, id identity.ID) {
	if k := m.find(id); k != nil {
		k.dead = now + m.timing.LeaseTTL
	}
	for _, t := range m.both() {
		if t.lease.root == id {
			t.lease.expires = now
		}
	}
}
