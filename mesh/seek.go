package mesh

import (
	"slices"
	"time"

	"github.com/banyan-rooms/banyan/crypto/identity"
	"github.com/banyan-rooms/banyan/mesh/wire"
)

// planned is how many rounds somebody who feeds others and has a parent goes on: long
// enough for newer word of the root to reach those who are asked.
const planned = 2

// stuck is after how many rounds an orphan lets those go whom it feeds: whoever feeds
// nobody may stand below anybody.
const stuck = 4

// maxRedirects is how often a seeker that was turned away goes to those it was sent to before
// it starts again; those whom offers name it follows once more for each round that was in
// vain, up to twice as often: a tree of small peers is deep.
const maxRedirects = 3

// phase is what a seeker is doing.
type phase uint8

const (
	content phase = iota // it wants nothing
	resting              // until at, then it probes
	probing              // offers come in until at
	asking               // target has until at to answer
	linking              // the link that target dials has until at to open; after that, the one that this peer dials
)

// seeker looks for a parent, or for a backup.
//
//	content ──start──► resting ──► probing ──best offer──► asking ──Accept──► linking ──LinkUp──► content
//	                      ▲           │ none                 │ Redirect: probing the others
//	                      └───────────┴──────────────────────┴── no answer
type seeker struct {
	backup    bool
	phase     phase
	urgent    bool // any parent is better than none; else only a better place will do
	sent      bool // the parent has asked this peer to go
	nonce     uint32
	at        time.Duration
	target    identity.ID
	accept    *wire.Accept // of target, while linking
	prefer    []identity.ID
	offers    []offer
	probed    int
	asked     []identity.ID // where they stand, last
	tried     []identity.ID // in this round
	redirects int
	failures  int
	root      identity.ID // the root that was asked last, as far as one was known
	dialled   bool        // by this peer, since target's dial did not come
	probeAt   time.Duration
}

// offer is one probe's answer.
type offer struct {
	from   identity.ID
	place  wire.Place
	free   uint32
	rtt    time.Duration
	last   bool // only if there is nobody else
	others []identity.ID
}

func (s *seeker) deadline() time.Duration {
	if s.phase == content {
		return never
	}
	return s.at
}

// startSeeking begins a round at once, with the peers to prefer, if any.
func (t *tree) startSeeking(now time.Duration, s *seeker, prefer []identity.ID) {
	if t.leaving {
		return
	}
	if s.phase == asking || s.phase == linking {
		t.letGo(s)
	}
	*s = seeker{backup: s.backup, phase: resting, at: now, prefer: prefer, urgent: s.backup || !t.attached(), nonce: s.nonce}
}

func (t *tree) stopSeeking(s *seeker) {
	if s.phase == asking || s.phase == linking {
		t.letGo(s)
	}
	s.reset()
}

// reset has the seeker want nothing.
func (s *seeker) reset() { *s = seeker{backup: s.backup, nonce: s.nonce} }

// letGo tells a peer that was asked that it is not needed any more.
func (t *tree) letGo(s *seeker) {
	target := s.target
	s.target = identity.ID{}
	if target != t.parent && target != t.backup && target != t.seekParent.target && target != t.seekBackup.target {
		t.quit(target)
	}
}

// seek moves a seeker on when its time has come.
func (t *tree) seek(now time.Duration, s *seeker) {
	if s.phase == content || now < s.at {
		return
	}
	switch s.phase {
	case resting:
		t.probe(now, s)
	case probing:
		t.choose(now, s)
	case asking, linking:
		if s.phase == linking && !s.dialled {
			t.dial(now, s)
			return
		}
		s.tried = append(s.tried, s.target)
		t.letGo(s)
		t.next(now, s)
	case content:
	}
}

// probe asks a few peers where they stand.
func (t *tree) probe(now time.Duration, s *seeker) {
	s.nonce++
	s.offers, s.probed = s.offers[:0], 0
	s.asked = t.whomToAsk(now, s)
	for _, id := range s.asked {
		t.send(id, &wire.Probe{Nonce: s.nonce, Backup: s.backup, Need: s.failures > 0 && !t.attached(), Speaker: t.speaking, Slots: t.slots(), Parent: t.parentShort()})
		s.probed++
	}
	if s.probed == 0 {
		t.rest(now, s)
		return
	}
	s.phase, s.at, s.probeAt = probing, now+t.answering(s.asked), now
}

// answering is how long to wait for the answers of some: longer where a round trip is known to
// take most of that.
func (t *tree) answering(ids []identity.ID) time.Duration {
	wait := t.timing.Probing
	for _, id := range ids {
		rtt, _ := t.rtt(id)
		wait = max(wait, rtt*5/4)
	}
	return wait
}

// offered takes in the answer to a probe.
func (t *tree) offered(now time.Duration, from identity.ID, o *wire.Offer) {
	if from == t.root && o.Nonce == 0 && o.Place.Depth() == 0 {
		t.heed(now, o.Place)
		return
	}
	for _, s := range []*seeker{&t.seekParent, &t.seekBackup} {
		late := s.phase == resting && len(s.asked) > 0 // of the last round: better late than never
		if s.phase != probing && !late || o.Nonce != s.nonce {
			continue
		}
		rtt, known := t.rtt(from)
		if !known {
			rtt = now - s.probeAt
		}
		free := o.Free
		if s.backup {
			free = o.Spare
		}
		shunned := t.shuns(now, from)
		if shunned && !s.urgent {
			free = 0
		}
		if o.Place.Attached && t.rootOf(o.Place) != t.id {
			t.settleAt = max(t.settleAt, now+t.timing.Settle) // there is a tree: no need for another root
			t.lastEpoch = max(t.lastEpoch, o.Place.Epoch)     // and if need there be, it comes after that one
		}
		t.heardTrees(now, o.Place)
		got := offer{from, o.Place, free, rtt, shunned, o.Others}
		s.offers = append(s.offers, got)
		if late {
			if free > 0 && t.suits(s, got) {
				t.choose(now, s)
			} else if len(s.offers) >= s.probed {
				t.follow(now, s) // all are far away, and so may never be in time
			}
		} else if len(s.offers) >= s.probed {
			t.choose(now, s)
		} else if free > 0 && !shunned && t.suits(s, got) {
			s.at = min(s.at, now+t.timing.Probing/4) // good enough; somebody nearer may be about to answer
		}
		return
	}
}

// suits tells whether an offer may be taken up at all.
func (t *tree) suits(s *seeker, o offer) bool {
	if !o.place.Attached || o.place.Path.Has(t.id) || len(o.place.Path) >= wire.MaxPath {
		return false
	}
	if s.backup {
		return t.shelters(o.from, o.place)
	}
	if !t.feasible(o.place) {
		return false
	}
	if !s.urgent {
		return t.gains(o)
	}
	return true
}

// choose asks the best offer; if there is none, it goes on to those whom the offers
// name, or rests.
func (t *tree) choose(now time.Duration, s *seeker) {
	var best *offer
	for i := range s.offers {
		o := &s.offers[i]
		if o.free > 0 && t.suits(s, *o) && !slices.Contains(s.tried, o.from) && (best == nil || t.nearer(*o, *best) < 0) {
			best = o
		}
	}
	switch {
	case best != nil:
		t.ask(now, s, best.from)
		return
	case (s.urgent || s.sent) && !s.backup && len(s.offers) > 0 && t.followed():
		t.askNewer(s.offers[0].from, s.offers[0].place)
	}
	if !t.follow(now, s) {
		t.rest(now, s)
	}
}

// follow probes those whom this round's offers named, and those who feed them. It is
// false when that leads nowhere.
func (t *tree) follow(now time.Duration, s *seeker) bool {
	if s.redirects >= maxRedirects+min(s.failures, maxRedirects) {
		return false
	}
	var named []identity.ID
	for i := range s.offers {
		s.tried = append(s.tried, s.offers[i].from)
	}
	for i := range s.offers {
		o := &s.offers[i]
		for _, id := range o.others {
			if id != t.id && !slices.Contains(s.tried, id) && !slices.Contains(named, id) {
				named = append(named, id)
			}
		}
	}
	if len(named) == 0 {
		return false
	}
	s.redirects++
	if t.lastEpoch == 0 {
		t.settleAt = max(t.settleAt, now+t.timing.Settle) // first see what they say
	}
	s.prefer = named
	t.probe(now, s)
	return true
}

// next tries another peer of the same round, or rests.
func (t *tree) next(now time.Duration, s *seeker) {
	s.target = identity.ID{}
	t.choose(now, s)
}

// rest waits before the next round, longer each time. Who only looks for a better
// place gives up until the next look.
func (t *tree) rest(now time.Duration, s *seeker) {
	if !s.urgent && t.attached() && (s.failures >= planned || !t.followed()) {
		s.reset()
		return
	}
	if t.asksOn(now, s) {
		return
	}
	s.phase, s.target, s.prefer, s.redirects, s.tried = resting, identity.ID{}, nil, 0, s.tried[:0]
	if !s.backup && s.failures >= stuck {
		t.shed()
	}
	longest := 3 * time.Second
	if s.backup && (t.count > 1 || len(t.place.Path) <= 2) { // it can wait, or the root has none to name
		longest *= 4
	}
	pause := min(t.timing.Retry<<min(s.failures, 8), longest)
	s.failures++
	s.at = now + pause + t.jittered(pause)
	if !s.backup && now < t.lease.expires && t.lease.root != s.root {
		s.at = min(s.at, now+t.jittered(t.timing.Retry)) // the root came meanwhile
	}
}

// asksOn goes on to others without a rest while nobody knows of a root: all are asked
// before this peer may be one. In a second tree nobody does: they hear of each other by the
// first.
func (t *tree) asksOn(now time.Duration, s *seeker) bool {
	s.prefer, s.tried = nil, append(s.tried, s.asked...)
	if !s.urgent || s.backup || now < t.lease.expires || t.index > 0 || len(t.whomToAsk(now, s)) == 0 {
		return false
	}
	s.phase, s.target, s.redirects, s.at = resting, identity.ID{}, 0, now
	t.settleAt = max(t.settleAt, now+t.timing.Probing)
	return true
}

// seekFailed takes note that a peer cannot be reached.
func (t *tree) seekFailed(now time.Duration, id identity.ID, s *seeker) {
	switch s.phase {
	case probing:
		if s.probed--; len(s.offers) >= s.probed {
			t.choose(now, s)
		}
	case asking, linking:
		if s.target == id && !t.linked(id) {
			s.tried = append(s.tried, id)
			t.next(now, s)
		}
	case content, resting:
	}
}
