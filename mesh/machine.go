package mesh

import (
	"math/rand/v2"
	"slices"
	"time"

	"github.com/banyan-rooms/banyan/crypto/identity"
	"github.com/banyan-rooms/banyan/mesh/wire"
)

const never = time.Duration(1<<63 - 1)

// Machine is one peer's part in one room's tree. Use one from one goroutine.
type Machine struct {
	key         identity.Key
	id          identity.ID
	room        identity.RoomID
	start       time.Time
	rand        *rand.Rand
	timing      Timing
	maxChildren int
	community   bool
	dialable    bool

	// Where this peer stands.
	place      wire.Place
	isRoot     bool
	epoch      uint32
	placed     bool // the place has changed since those below were told
	least      least
	parentSeq  uint32        // of the parent's newest beacon
	renewedAt  time.Duration // when this peer last did, or asked for it; 0 is never
	renewAt    time.Duration // when this peer, a root, says again that it is there
	parent     identity.ID
	former     identity.ID // the last parent, which feeds this peer until formerTo
	formerTo   time.Duration
	formerAt   wire.Place    // where that one stands
	trial      trial         // of the parent, while the former one feeds this peer too
	heardAt    time.Duration // any datagram from the parent
	askedAt    time.Duration // since when the parent is asked whether it lives; 0 means it is not
	aliveAt    time.Duration // the last control message from the parent since then
	switchedAt time.Duration // when somebody was last asked to feed this peer at once
	parentIdle bool          // the parent said that no media flows
	excused    bool          // this silence was put down to the driver once
	strayAt    time.Duration // since when the parent itself has not been attached; 0 means it is
	successor  identity.ID   // whom the parent, a root, has named for when it dies; this peer itself takes over
	heirID     identity.ID   // who takes over from this peer, if it is a root
	jitter     time.Duration // how late what comes from the parent is, smoothed
	backup     identity.ID
	backupAt   wire.Place
	backupSaid time.Duration // when the backup was last heard
	ration     ration
	pretendsAt time.Duration // since when the parent says that media flows, while none comes; 0 if it does not
	upAt       time.Duration // the last media that came from this peer or from below
	shunned    []shunned
	children   []child // ordered by ID
	links      map[identity.ID]bool

	// Whom it knows of.
	adverts    []*known // in the order of rank
	candidates []identity.ID
	lease      lease
	lastEpoch  uint32
	seq        uint64
	rtts       map[identity.ID]time.Duration

	// What it is after.
	seekParent seeker
	seekBackup seeker
	speaking   bool
	leaving    bool
	stopped    bool

	// When it has to act next.
	begun      bool
	settleAt   time.Duration
	advertAt   time.Duration
	improveAt  time.Duration
	takeoverAt time.Duration
	reportAt   time.Duration
	stopAt     time.Duration
	wakeAt     time.Duration

	strangeAt time.Duration // when somebody was told last that this peer is not below it
	probes    int           // answered since probesAt
	probesAt  time.Duration
	total     summary       // of the whole tree, as the parent says
	totalAt   time.Duration // when that changed
	told      told
	route     router
	outbox    []replay
	effects   []Effect
	neighbors []identity.ID // frames go to these; ordered by ID
	others    []identity.ID // scratch: the neighbours but one
}

// New returns a machine that belongs to no tree yet.
func New(cfg Config) *Machine {
	m := &Machine{
		key: cfg.Key, id: cfg.Key.ID(), room: cfg.Room, start: cfg.Start, rand: cfg.Rand,
		timing: cfg.Timing.withDefaults(), maxChildren: cfg.MaxChildren,
		community: cfg.Community, dialable: cfg.Dialable,
		links: make(map[identity.ID]bool), rtts: make(map[identity.ID]time.Duration),
	}
	m.place.Path = []identity.ID{m.id}
	m.seekBackup.backup = true
	m.route.init()
	return m
}

// Step takes in one event, or none (nil) when only time has passed. now is the time
// since the driver started, and never goes backwards.
func (m *Machine) Step(now time.Duration, ev Event) {
	if m.stopped {
		return
	}
	if !m.begun {
		m.begin(now)
	}
	switch ev := ev.(type) {
	case nil:
	case Received:
		m.receive(now, ev.From, ev.Message)
	case Heard:
		m.hear(now, ev.From, ev.Datagram)
	case Gossip:
		m.gossip(now, ev)
	case LinkUp:
		m.linkUp(now, ev.Peer)
	case LinkDown:
		m.linkDown(now, ev.Peer)
	case Failed:
		m.failed(now, ev.Peer)
	case Candidates:
		m.suggest(now, ev.Peers)
	case RTT:
		if len(m.rtts) >= maxRTTs {
			clear(m.rtts) // they come again
		}
		m.rtts[ev.Peer] = ev.RTT
	case Speaking:
		m.setSpeaking(now, ev.On)
	case Reachable:
		m.setReachable(now, ev.Dialable)
	case Stop:
		m.stop(now)
	}
	m.tick(now)
}

// begin starts looking for the room's tree.
func (m *Machine) begin(now time.Duration) {
	m.begun = true
	m.settleAt = now + m.timing.Settle
	m.advertise(now)
	m.reportAt = now + m.timing.Report
	m.improveAt = now + m.timing.Improve + m.jittered(m.timing.Improve)
	m.startSeeking(now, &m.seekParent, nil)
}

// receive takes in a control message.
func (m *Machine) receive(now time.Duration, from identity.ID, msg wire.Message) {
	if from == m.id {
		return
	}
	if from == m.parent {
		m.aliveAt = now
	}
	if !mayClaim(from, msg) {
		return
	}
	switch msg := msg.(type) {
	case *wire.Probe:
		m.probed(now, from, msg)
	case *wire.Offer:
		m.offered(now, from, msg)
	case *wire.Join:
		m.asked(now, from, msg)
	case *wire.Accept:
		m.accepted(now, from, msg)
	case *wire.Redirect:
		m.redirected(now, from, msg)
	case *wire.Leave:
		m.leftBy(now, from, msg)
	case *wire.Move:
		m.moved(now, from, msg)
	case *wire.Reverse:
		m.reversed(now, from, msg)
	case *wire.Handover:
		m.handedOver(now, from, msg)
	case *wire.Renew:
		m.renewFor(now, msg)
	case *wire.Report:
		m.reported(now, from, msg)
	case *wire.Tree:
		if from == m.parent {
			m.setTotal(now, summary{msg.Count, msg.Edges})
		}
	}
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

// tick does whatever is due.
func (m *Machine) tick(now time.Duration) {
	m.forget(now)
	m.watchParent(now)
	m.partFormer(now)
	m.watchBackup(now)
	m.watchChildren(now)
	m.keepReserve(now)
	m.seek(now, &m.seekParent)
	m.seek(now, &m.seekBackup)
	m.elect(now)
	m.improve(now)
	m.renew(now)
	m.replay(now)
	if m.placed {
		m.beaconAll(now)
	}
	m.beacons(now)
	m.herald(now)
	if now >= m.reportAt {
		m.report(now)
	}
	if m.leaving && (now >= m.stopAt || len(m.children) == 0) {
		m.part()
	}
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
	at := min(m.advertAt, m.reportAt, m.wakeAt, m.improveAt)
	if !m.former.IsZero() {
		at = min(at, m.formerTo)
	}
	at = min(at, m.seekParent.deadline(), m.seekBackup.deadline(), m.parentDeadline(), m.beaconDeadline(), m.replayDeadline())
	if m.leaving {
		at = min(at, m.stopAt)
	}
	return at, at != never
}

func (m *Machine) emit(e Effect) { m.effects = append(m.effects, e) }

func (m *Machine) send(to identity.ID, msg wire.Message) { m.emit(Send{to, msg}) }

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

// attached tells whether sound reaches this peer.
func (m *Machine) attached() bool { return m.isRoot || !m.parent.IsZero() }

// forget drops what has expired and works out when the next thing does.
func (m *Machine) forget(now time.Duration) {
	m.adverts = slices.DeleteFunc(m.adverts, func(k *known) bool { return now >= k.expires })
	m.wakeAt = never
	for _, k := range m.adverts {
		m.wake(k.expires)
	}
	if !m.attached() {
		if now < m.settleAt {
			m.wake(m.settleAt)
		}
		if now < m.lease.expires {
			m.wake(m.lease.expires)
		}
	}
	if m.takeoverAt > now {
		m.wake(m.takeoverAt)
	}
}

// suggest takes in peers that may be in the room.
func (m *Machine) suggest(now time.Duration, peers []identity.ID) {
	for _, id := range peers {
		if id == m.id || slices.Contains(m.candidates, id) {
			continue
		}
		if len(m.candidates) == maxCandidates {
			m.candidates = slices.Delete(m.candidates, 0, 1)
		}
		m.candidates = append(m.candidates, id)
	}
	if !m.attached() && m.seekParent.phase == resting {
		m.seekParent.at = now // somebody new to ask
	}
}

func (m *Machine) setSpeaking(now time.Duration, on bool) {
	if m.speaking != on {
		m.speaking = on
		m.improveAt = min(m.improveAt, now)
	}
}

func (m *Machine) setReachable(now time.Duration, dialable bool) {
	if m.dialable == dialable {
		return
	}
	m.dialable = dialable
	m.advertise(now)
}
