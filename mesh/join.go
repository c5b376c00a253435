package mesh

import (
	"cmp"
	"slices"
	"time"

	"github.com/banyan-rooms/banyan/crypto/identity"
	"github.com/banyan-rooms/banyan/mesh/wire"
)

// parallel is how many peers are probed at once (MESH.md).
const parallel = 4

// planned is how many rounds somebody who feeds others and has a parent goes on: long
// enough for newer word of the root to reach those who are asked.
const planned = 2

// stuck is after how many rounds an orphan lets those go whom it feeds: whoever feeds
// nobody may stand below anybody.
const stuck = 4

// maxRedirects is how often a seeker follows a redirect before it starts again.
const maxRedirects = 3

// phase is what a seeker is doing.
type phase uint8

const (
	content phase = iota // it wants nothing
	resting              // until at, then it probes
	probing              // offers come in until at
	asking               // target has until at to answer
	linking              // the link to target has until at to open
)

// seeker looks for a parent, or for a backup.
//
//	content ──start──► resting ──► probing ──best offer──► asking ──Accept──► linking ──LinkUp──► content
//	                      ▲           │ none                 │ Redirect: probing the others
//	                      └───────────┴──────────────────────┴── no answer
type seeker struct {
	backup    bool
	phase     phase
	at        time.Duration
	nonce     uint32
	target    identity.ID
	place     wire.Place // of target, when it accepted
	prefer    []identity.ID
	offers    []offer
	probed    int
	tried     []identity.ID // in this round
	redirects int
	failures  int
	root      identity.ID // the root that was asked last, as far as one was known
	urgent    bool        // any parent is better than none; else only a better place will do
	probeAt   time.Duration
}

// offer is one probe's answer.
type offer struct {
	from   identity.ID
	place  wire.Place
	free   uint32
	rtt    time.Duration
	others []identity.ID
}

func (s *seeker) deadline() time.Duration {
	if s.phase == content {
		return never
	}
	return s.at
}

// startSeeking begins a round at once, with the peers to prefer, if any.
func (m *Machine) startSeeking(now time.Duration, s *seeker, prefer []identity.ID) {
	if m.leaving {
		return
	}
	if s.phase == asking || s.phase == linking {
		m.letGo(s)
	}
	*s = seeker{backup: s.backup, phase: resting, at: now, prefer: prefer, urgent: s.backup || !m.attached(), nonce: s.nonce}
}

func (m *Machine) stopSeeking(s *seeker) {
	if s.phase == asking || s.phase == linking {
		m.letGo(s)
	}
	*s = seeker{backup: s.backup, nonce: s.nonce}
}

// letGo tells a peer that was asked that it is not needed any more.
func (m *Machine) letGo(s *seeker) {
	target := s.target
	s.target = identity.ID{}
	if target != m.parent && target != m.backup {
		m.send(target, &wire.Leave{Up: true})
		m.hangUp(target)
	}
}

// seek moves a seeker on when its time has come.
func (m *Machine) seek(now time.Duration, s *seeker) {
	if s.phase == content || now < s.at {
		return
	}
	switch s.phase {
	case resting:
		m.probe(now, s)
	case probing:
		m.choose(now, s)
	case asking, linking:
		m.suspectSlow(s)
		m.letGo(s)
		m.next(now, s)
	case content:
	}
}

// suspectSlow remembers not to ask the same peer at once again.
func (m *Machine) suspectSlow(s *seeker) { s.tried = append(s.tried, s.target) }

// probe asks a few peers where they stand.
func (m *Machine) probe(now time.Duration, s *seeker) {
	s.nonce++
	s.offers, s.probed = s.offers[:0], 0
	for _, id := range m.whomToAsk(now, s) {
		m.send(id, &wire.Probe{Nonce: s.nonce, Speaker: m.speaking, Slots: m.slots()})
		s.probed++
	}
	if s.probed == 0 {
		m.rest(now, s)
		return
	}
	s.phase, s.at, s.probeAt = probing, now+m.timing.Probing, now
}

// whomToAsk picks peers to probe: those preferred, the root and the well ranked, and a
// few at random, so that not everybody asks the same ones.
func (m *Machine) whomToAsk(now time.Duration, s *seeker) []identity.ID {
	var some []identity.ID
	add := func(id identity.ID) {
		barred := id == m.id || id.IsZero() || slices.Contains(some, id) || slices.Contains(s.tried, id)
		if s.backup {
			barred = barred || id == m.parent
		}
		if k := m.find(id); k != nil && now < k.dead || m.shuns(now, id) {
			barred = true
		}
		if c := m.childAt(id); c >= 0 && !m.children[c].backup {
			barred = true
		}
		if !barred && len(some) < parallel {
			some = append(some, id)
		}
	}
	for _, id := range s.prefer {
		add(id)
	}
	if now < m.lease.expires && (!s.backup || len(m.place.Path) > 2) {
		s.root = m.lease.root
		add(s.root)
	}
	pool := slices.Clone(m.candidates)
	for _, k := range m.adverts {
		pool = append(pool, k.id)
	}
	m.shuffle(pool)
	for _, id := range pool {
		add(id)
	}
	return some
}

// offered takes in the answer to a probe.
func (m *Machine) offered(now time.Duration, from identity.ID, o *wire.Offer) {
	for _, s := range []*seeker{&m.seekParent, &m.seekBackup} {
		if s.phase != probing || o.Nonce != s.nonce {
			continue
		}
		rtt, known := m.rtts[from]
		if !known {
			rtt = now - s.probeAt
		}
		free := o.Free
		if s.backup {
			free = o.Spare
		}
		if m.shuns(now, from) {
			free = 0
		}
		if o.Place.Attached && o.Place.Root() != m.id {
			m.settleAt = max(m.settleAt, now+m.timing.Settle) // there is a tree: no need for another root
		}
		got := offer{from, o.Place, free, rtt, o.Others}
		s.offers = append(s.offers, got)
		if len(s.offers) >= s.probed {
			m.choose(now, s)
		} else if free > 0 && m.suits(s, got) {
			s.at = min(s.at, now+m.timing.Probing/4) // good enough; somebody nearer may be about to answer
		}
		return
	}
}

// suits tells whether an offer may be taken up at all.
func (m *Machine) suits(s *seeker, o offer) bool {
	if !o.place.Attached || slices.Contains(o.place.Path, m.id) || len(o.place.Path) >= wire.MaxPath {
		return false
	}
	if s.backup {
		return m.shelters(o.from, o.place)
	}
	if !m.feasible(o.place) {
		return false
	}
	if !s.urgent {
		return m.gains(o)
	}
	return true
}

// gains tells whether an offer is worth a move for somebody who has a parent: it is
// nearer to the root, it is the root and this peer speaks, or it was preferred.
func (m *Machine) gains(o offer) bool {
	if o.from == m.parent || o.free == 0 {
		return false
	}
	return len(o.place.Path)+1 < len(m.place.Path) || slices.Contains(m.seekParent.prefer, o.from)
}

// choose asks the best offer; if there is none, it goes on to those whom the offers
// name, or rests.
func (m *Machine) choose(now time.Duration, s *seeker) {
	var best *offer
	for i := range s.offers {
		o := &s.offers[i]
		if o.free > 0 && m.suits(s, *o) && !slices.Contains(s.tried, o.from) && (best == nil || nearer(*o, *best) < 0) {
			best = o
		}
	}
	switch {
	case best != nil:
		m.ask(now, s, best.from)
		return
	case !s.backup && len(s.offers) > 0 && m.followed():
		m.askNewer(s.offers[0].from, s.offers[0].place)
	}
	if !m.follow(now, s) {
		m.rest(now, s)
	}
}

// follow probes those whom this round's offers named, and those who feed them. It is
// false when that leads nowhere.
func (m *Machine) follow(now time.Duration, s *seeker) bool {
	if s.redirects >= maxRedirects {
		return false
	}
	var named []identity.ID
	for i := range s.offers {
		s.tried = append(s.tried, s.offers[i].from)
	}
	for i := range s.offers {
		o := &s.offers[i]
		if len(o.others) == 0 && !o.place.Attached {
			continue
		}
		for _, id := range append(slices.Clone(o.others), o.place.Path...) {
			if id != m.id && !slices.Contains(s.tried, id) && !slices.Contains(named, id) {
				named = append(named, id)
			}
		}
	}
	if len(named) == 0 {
		return false
	}
	s.redirects++
	if m.lastEpoch == 0 {
		m.settleAt = max(m.settleAt, now+m.timing.Settle) // first see what they say
	}
	s.prefer = named
	m.probe(now, s)
	return true
}

// nearer orders offers: higher in the tree, then by round trip in steps of 20 ms, then
// by ID.
func nearer(a, b offer) int {
	const step = 20 * time.Millisecond
	return cmp.Or(
		cmp.Compare(len(a.place.Path), len(b.place.Path)),
		cmp.Compare(a.rtt/step, b.rtt/step),
		a.from.Compare(b.from),
	)
}

// ask asks a peer to feed this one, or to be its backup.
func (m *Machine) ask(now time.Duration, s *seeker, id identity.ID) {
	s.phase, s.target, s.at = asking, id, now+m.timing.Answer
	j := &wire.Join{Backup: s.backup, Speaker: m.speaking, Slots: m.slots()}
	if !s.backup {
		j.Seen = m.route.seen()
	}
	m.send(id, j)
}

// slots is how many children this peer could feed, as it tells others.
func (m *Machine) slots() uint32 {
	if !m.offers() {
		return 0
	}
	return uint32(m.maxChildren)
}

// accepted goes on to open the link.
func (m *Machine) accepted(now time.Duration, from identity.ID, a *wire.Accept) {
	if from == m.parent && !a.Backup {
		m.heardAt = now
		m.below(now, a.Place)
		m.queueReplay(now, from, a.Seen)
		return
	}
	s := &m.seekParent
	if a.Backup {
		s = &m.seekBackup
	}
	if s.phase != asking || s.target != from {
		if from != m.parent { // else it has been asked for more since
			m.send(from, &wire.Leave{Up: true})
		}
		return
	}
	if slices.Contains(a.Place.Path, m.id) || !s.backup && !m.feasible(a.Place) {
		m.letGo(s)
		m.next(now, s)
		return
	}
	s.place, s.phase, s.at = a.Place, linking, now+m.timing.Linking
	if m.links[from] {
		m.linkedTo(now, from, s)
		return
	}
	m.emit(Dial{from})
}

// redirected asks the others that a peer knows.
func (m *Machine) redirected(now time.Duration, from identity.ID, r *wire.Redirect) {
	if from == m.backup && from == m.parent {
		return
	}
	if from == m.parent && !r.Backup { // a switch was turned down
		m.orphan(now, false)
		m.seekParent.prefer = r.To
		return
	}
	s := &m.seekParent
	if r.Backup {
		s = &m.seekBackup
	}
	if s.phase != asking || s.target != from {
		return
	}
	s.target = identity.ID{}
	s.tried = append(s.tried, from)
	if s.redirects++; s.redirects > maxRedirects || len(r.To) == 0 {
		m.next(now, s)
		return
	}
	s.prefer = r.To
	m.probe(now, s)
}

// linkedTo completes a seeker's round when the link it waits for is open.
func (m *Machine) linkedTo(now time.Duration, id identity.ID, s *seeker) {
	if s.phase != linking || s.target != id {
		return
	}
	place := s.place
	if !s.backup && !m.feasible(place) { // somebody came below this peer meanwhile
		s.tried = append(s.tried, id)
		m.letGo(s)
		m.next(now, s)
		return
	}
	m.stopSeekingAt(s)
	if s.backup {
		m.backup, m.backupAt, m.backupSaid = id, place, now
		m.changed()
		return
	}
	m.attach(now, id, place)
}

// stopSeekingAt ends a round that succeeded.
func (m *Machine) stopSeekingAt(s *seeker) { *s = seeker{backup: s.backup, nonce: s.nonce} }

// attach puts this peer below a parent; the old one, if there is one, is left only now.
func (m *Machine) attach(now time.Duration, id identity.ID, place wire.Place) {
	old, oldAt := m.parent, m.parentPlace()
	if id == m.backup {
		m.backup = identity.ID{}
	}
	m.isRoot = false
	m.pretendsAt = 0
	m.parent, m.heardAt, m.askedAt, m.parentIdle, m.strayAt, m.successor = id, now, 0, false, 0, identity.ID{}
	if !old.IsZero() && old != id {
		m.keepFormer(now, old, oldAt)
	}
	if now >= m.lease.expires {
		m.lease = lease{place.Root(), place.Epoch, now + m.timing.LeaseTTL}
	}
	if len(place.Path) > deep {
		m.improveAt = min(m.improveAt, now+m.timing.Settle+m.jittered(m.timing.Settle))
	}
	m.below(now, place)
	m.beaconAll(now)
}

// deep is how far below a root somebody is who had better look for another place soon.
const deep = 3

// keepFormer lets the old parent go on feeding for a moment: the new one may be ahead
// of it, and what is under way from the old one would be missed.
func (m *Machine) keepFormer(now time.Duration, old identity.ID, at wire.Place) {
	m.endFormer()
	m.former, m.formerTo, m.formerAt, m.trial = old, now+m.timing.Overlap, at, trial{}
}

// partFormer leaves the old parent when the moment is over; or the new one, if that has
// passed far less on.
func (m *Machine) partFormer(now time.Duration) {
	if m.former.IsZero() || now < m.formerTo {
		return
	}
	if !m.trial.failed() || !m.links[m.former] {
		m.endFormer()
		return
	}
	back, failed := m.former, m.parent
	m.former = identity.ID{}
	m.shun(now, failed)
	if !m.feasible(m.formerAt) {
		m.send(back, &wire.Leave{Up: true})
		m.hangUp(back)
		m.orphan(now, false)
		return
	}
	m.attach(now, back, m.formerAt)
	m.endFormer()
}

// parentPlace is where the parent stands, as far as this peer has heard.
func (m *Machine) parentPlace() wire.Place {
	p := m.place
	p.Path = slices.Clone(p.Path[:len(p.Path)-1])
	p.Seq = m.parentSeq
	return p
}

func (m *Machine) endFormer() {
	if old := m.former; !old.IsZero() {
		m.former = identity.ID{}
		m.send(old, &wire.Leave{Up: true})
		m.hangUp(old)
	}
}

// next tries another peer of the same round, or rests.
func (m *Machine) next(now time.Duration, s *seeker) {
	s.target = identity.ID{}
	m.choose(now, s)
}

// rest waits before the next round, longer each time. Who only looks for a better
// place gives up until the next look.
func (m *Machine) rest(now time.Duration, s *seeker) {
	if !s.urgent && m.attached() && (s.failures >= planned || !m.followed()) {
		m.stopSeekingAt(s)
		return
	}
	s.phase, s.target, s.prefer, s.redirects, s.tried = resting, identity.ID{}, nil, 0, s.tried[:0]
	if !s.backup && s.failures >= stuck {
		m.shed()
	}
	longest := 3 * time.Second
	if s.backup {
		longest *= 4
	}
	pause := min(m.timing.Retry<<min(s.failures, 8), longest)
	s.failures++
	s.at = now + pause + m.jittered(pause)
	if !s.backup && now < m.lease.expires && m.lease.root != s.root {
		s.at = min(s.at, now+m.jittered(m.timing.Retry)) // the root came meanwhile
	}
}

// seekFailed takes note that a peer cannot be reached.
func (m *Machine) seekFailed(now time.Duration, id identity.ID, s *seeker) {
	switch s.phase {
	case probing:
		if s.probed--; len(s.offers) >= s.probed {
			m.choose(now, s)
		}
	case asking, linking:
		if s.target == id && !m.links[id] {
			s.tried = append(s.tried, id)
			m.next(now, s)
		}
	case content, resting:
	}
}

// moved looks for another parent because the parent asks for it, and keeps the parent
// until it has one.
func (m *Machine) moved(now time.Duration, from identity.ID, mv *wire.Move) {
	if from == m.parent && m.seekParent.phase == content {
		m.startSeeking(now, &m.seekParent, mv.To)
	}
}

// improve looks for a better place now and then, and at once for somebody who begins
// to speak, whose place is below the root.
func (m *Machine) improve(now time.Duration) {
	if now < m.improveAt {
		return
	}
	m.improveAt = now + m.timing.Improve + m.jittered(m.timing.Improve)
	if m.isRoot || m.parent.IsZero() || m.seekParent.phase != content || len(m.place.Path) <= 2 {
		return
	}
	if m.speaking || len(m.place.Path) > deep+1 {
		m.improveAt = now + m.timing.Retry*4 + m.jittered(m.timing.Improve/4)
	}
	above := slices.Clone(m.place.Path[:len(m.place.Path)-2]) // without the parent
	m.shuffle(above)
	if m.speaking {
		above = []identity.ID{m.place.Root()}
	}
	m.startSeeking(now, &m.seekParent, above)
}
