package mesh

import (
	"cmp"
	"crypto/sha256"
	"math"
	"math/bits"
	"slices"
	"time"

	"github.com/banyan-rooms/banyan/crypto/identity"
	"github.com/banyan-rooms/banyan/mesh/wire"
)

// known is an advert that holds, and what was seen of its peer.
type known struct {
	said    *Gossip
	expires time.Duration
	dead    time.Duration // not to be elected until then: its link broke, or it said that it goes
}

// lease is a root that was heard of.
type lease struct {
	root    identity.ID
	epoch   uint32
	expires time.Duration
}

// rank orders peers for the root's place, best first; every peer comes to the same
// order from the same adverts. Community relays lead, then who can feed more (by powers
// of two), then who came earlier, then the rendezvous hash.
func rank(a, b *Gossip) int {
	return cmp.Or(
		cmp.Compare(class(a.Advert), class(b.Advert)),
		-cmp.Compare(bits.Len32(a.Advert.Slots), bits.Len32(b.Advert.Slots)),
		cmp.Compare(a.Advert.Since, b.Advert.Since),
		cmp.Compare(a.hash, b.hash),
		a.From.Compare(b.From),
	)
}

// class is 0 for a community relay, 1 for anyone else.
func class(a Advert) int {
	if a.Community {
		return 0
	}
	return 1
}

func rendezvous(room identity.RoomID, id identity.ID) uint64 {
	h := sha256.New()
	h.Write(room[:])
	h.Write(id[:])
	sum := h.Sum(nil)
	var v uint64
	for _, b := range sum[:8] {
		v = v<<8 | uint64(b)
	}
	return v
}

// self is this peer as others rank it.
func (m *Machine) self() *Gossip {
	return &Gossip{From: m.id, Advert: m.ownAdvert(), hash: m.hash}
}

// find is what is known of a peer's advert, or nil. It holds until the next gossip.
func (m *Machine) find(id identity.ID) *known {
	if at := m.index(id); at >= 0 {
		return &m.adverts[at]
	}
	return nil
}

func (m *Machine) index(id identity.ID) int {
	return slices.IndexFunc(m.adverts, func(k known) bool { return k.said.From == id })
}

// staleAfter is how old a message may be: more than it takes to come, and than clocks
// differ. Without such a bound the adverts of the dead, who are forgotten, could be
// said again by anybody.
const staleAfter = 5 * time.Minute

// gossip takes in an advert and perhaps a lease.
func (m *Machine) gossip(now time.Duration, g *Gossip) {
	if g.From == m.id || g.Seq < seqAt(m.start.Add(now-staleAfter)) || !m.advertised(now, g) {
		return
	}
	if g.Lease != nil && g.Lease.Tree < wire.MaxTrees {
		m.trees[g.Lease.Tree].leased(now, g.From, *g.Lease)
	}
}

// advertised keeps an advert, in the order of rank. It is false for one that was
// overtaken by a newer.
func (m *Machine) advertised(now time.Duration, g *Gossip) bool {
	if at := m.index(g.From); at >= 0 {
		if g.Seq <= m.adverts[at].said.Seq {
			return false
		}
		m.adverts = slices.Delete(m.adverts, at, at+1)
	}
	k := known{said: g, expires: now + m.timing.AdvertTTL}
	if g.Advert.Gone {
		k.dead = k.expires
	}
	to, _ := slices.BinarySearchFunc(m.adverts, g, func(k known, g *Gossip) int { return rank(k.said, g) })
	m.adverts = slices.Insert(m.adverts, to, k)
	if at := slices.Index(m.candidates, g.From); at >= 0 {
		m.candidates = slices.Delete(m.candidates, at, at+1)
	}
	if len(m.adverts) > maxAdverts {
		m.adverts = slices.Delete(m.adverts, maxAdverts, len(m.adverts))
	}
	m.staleAt = min(m.staleAt, k.expires)
	return true
}

// leased takes in a root's lease.
func (t *tree) leased(now time.Duration, root identity.ID, l Lease) {
	if l.Gone {
		if t.lease.root == root {
			t.lease.expires = now
		}
		return
	}
	t.lastEpoch = max(t.lastEpoch, l.Epoch)
	if at := t.childAt(root); t.isRoot && at >= 0 && t.children[at].hears() {
		return // it turns the way between the two around, and its word is on the way
	}
	next := lease{root, l.Epoch, now + t.timing.LeaseTTL}
	if s := &t.seekParent; s.root != root && !t.attached() {
		s.failures = 0 // there was no tree; now there is one, and it grows
		if s.phase == resting {
			s.prefer, s.at = []identity.ID{root}, min(s.at, now+t.turnToJoin())
		}
	}
	if t.isRoot && t.willing() && !t.better(next, lease{root: t.id, epoch: t.epoch}) {
		t.advertAt = min(t.advertAt, max(now, t.spreadAt+t.timing.Refresh)) // so that the other hears of this one soon
		return
	}
	switch {
	case t.lease.root == root || now >= t.lease.expires || t.better(next, t.lease):
		t.lease = next
	default:
		return
	}
	if !t.isRoot {
		return
	}
	if t.willing() && rank(t.self(), t.rankOf(root)) < 0 && t.epoch < math.MaxUint32 {
		t.becomeRoot(now) // anew: of two, the better ranked one is to stay
		return
	}
	t.stepDown(now)
}

// better tells whether of two live roots a is the one that stays: the one of the later
// epoch, then the better ranked one. A root that is better ranked than one of a later epoch
// claims the tree anew. So both sides of a healed split decide alike, and by an order that
// only grows.
func (t *tree) better(a, b lease) bool {
	if a.epoch != b.epoch {
		return a.epoch > b.epoch
	}
	return a.root != b.root && rank(t.rankOf(a.root), t.rankOf(b.root)) < 0
}

// rankOf is a peer as it is ranked; who never sent an advert comes last.
func (m *Machine) rankOf(id identity.ID) *Gossip {
	if id == m.id {
		return m.self()
	}
	if k := m.find(id); k != nil {
		return k.said
	}
	return &Gossip{From: id, Advert: Advert{Since: 1<<63 - 1}, hash: rendezvous(m.room, id)}
}

// leads tells whether no live peer is ranked above this one.
func (t *tree) leads(now time.Duration) bool { return t.outranked(now, t.rootElsewhere(now)) == 0 }

// rootElsewhere is the root of the other tree, who is not to be the root of this one too;
// zero if there is none.
func (t *tree) rootElsewhere(now time.Duration) identity.ID {
	switch o := t.other(); {
	case !o.active:
		return identity.ID{}
	case o.attached() && !o.root.IsZero():
		return o.root
	case now < o.lease.expires:
		return o.lease.root
	}
	return identity.ID{}
}

// outranked is how many live peers are ranked above this one, one of them aside.
func (m *Machine) outranked(now time.Duration, aside identity.ID) int {
	self, n := m.self(), 0
	for _, k := range m.adverts {
		if rank(k.said, self) > 0 {
			break
		}
		if now >= k.dead && k.said.From != aside {
			n++
		}
	}
	return n
}

// rootLives tells whether some root other than this peer is believed to be there.
func (t *tree) rootLives(now time.Duration) bool {
	if now >= t.lease.expires || t.lease.root == t.id {
		return false
	}
	k := t.find(t.lease.root)
	return k == nil || now >= k.dead
}

// elect makes this peer the root if it is its turn: nobody else is, and it has looked for
// a parent long enough.
func (t *tree) elect(now time.Duration) {
	o := t.other()
	if t.isRoot || !t.willing() || o.isRoot && o.index < t.index || o.takeoverAt != 0 && o.index < t.index {
		return
	}
	if t.attached() {
		if !o.isRoot {
			t.takeOver(now)
		}
		return
	}
	if t.rootLives(now) {
		return
	}
	at := t.turn(now)
	if now < at {
		t.wake(at)
		return
	}
	if o.isRoot {
		t.setTrees(now, 1, false)
	}
	t.becomeRoot(now)
}

// turn is when it is this peer's turn to claim the tree: at once if it leads; else those
// who are better ranked are given some time each, since they may be gone without a word.
// The root of the other tree lets everyone else go first.
func (t *tree) turn(now time.Duration) time.Duration {
	before := min(t.outranked(now, t.rootElsewhere(now)), maxTurns)
	if t.other().isRoot {
		before += maxTurns
	}
	return max(t.settleAt, t.aloneAt+t.timing.Settle+time.Duration(before)*t.timing.Takeover)
}

// founds tells whether this peer would be the root if nobody was.
func (t *tree) founds(now time.Duration) bool {
	return t.willing() && !t.other().isRoot && t.leads(now)
}

// maxTurns is how many of those who are better ranked are waited for.
const maxTurns = 4

// takeOver makes an attached community relay the root of a tree that is rooted at a
// desktop. The way up to the old root is reversed; no sound is lost.
func (t *tree) takeOver(now time.Duration) {
	if !t.community || t.rankOf(t.root).Advert.Community || !t.leads(now) || t.fed() >= t.limit() {
		t.takeoverAt = 0
		return
	}
	if t.takeoverAt == 0 {
		t.takeoverAt = now + t.timing.Takeover
		t.wake(t.takeoverAt)
	}
	if now >= t.takeoverAt {
		t.takeoverAt = 0
		t.becomeRoot(now)
	}
}

// becomeRoot claims the tree under a new epoch.
func (t *tree) becomeRoot(now time.Duration) {
	t.lastEpoch = max(t.lastEpoch, t.epoch)
	if t.lastEpoch < math.MaxUint32 { // else somebody lied; ranks alone decide then
		t.lastEpoch++
	}
	t.epoch, t.isRoot = t.lastEpoch, true
	t.lease = lease{t.id, t.epoch, now + t.timing.LeaseTTL}
	t.stopSeeking(&t.seekParent)
	t.dropBackup()
	p := t.parent
	t.setParent(identity.ID{})
	t.standAt(t.top())
	if !p.IsZero() {
		t.adopt(now, p)
		t.send(p, &wire.Reverse{Place: t.place})
	}
	t.spread(now, false)
	t.placed = true
	t.beaconAll(now)
}

// top is the place of a root.
func (t *tree) top() wire.Place {
	return wire.Place{
		Epoch: t.epoch, Path: wire.Path{wire.ShortOf(t.id)}, Attached: true, Root: t.id, Trees: uint8(t.count),
		Count: t.peers(), Open: t.open(),
	}
}

// stepDown stops being the root, since there is a better one: this peer's whole tree
// is hung below that one.
func (t *tree) stepDown(now time.Duration) {
	t.isRoot = false
	t.standAt(t.alone())
	t.startSeeking(now, &t.seekParent, []identity.ID{t.lease.root})
}

// reversed makes a child the parent, for it says that a new root is on its side.
func (t *tree) reversed(now time.Duration, from identity.ID, r *wire.Reverse) {
	at := t.childAt(from)
	if at < 0 || !t.children[at].linked() || r.Place.Path.Has(t.id) {
		return
	}
	if r.Place.Epoch <= t.epoch { // another was quicker; this one takes this peer for its child
		t.send(from, &wire.Leave{Up: true})
		return
	}
	t.children = slices.Delete(t.children, at, at+1)
	old := t.parent
	t.setParent(from)
	t.isRoot, t.heardAt, t.askedAt, t.parentIdle = false, now, 0, false
	t.lastEpoch = max(t.lastEpoch, r.Place.Epoch)
	t.lease = lease{t.rootOf(r.Place), r.Place.Epoch, now + t.timing.LeaseTTL}
	t.successor, t.blamedAt = identity.ID{}, 0
	t.stopSeeking(&t.seekParent)
	t.dropBackup()
	t.below(now, r.Place)
	switch {
	case old.IsZero():
	case t.linked(old) && t.fed() < t.limit():
		t.adopt(now, old)
		t.send(old, &wire.Reverse{Place: t.place})
	default: // no place for it: it looks for one itself
		t.quit(old)
	}
	t.improveAt = min(t.improveAt, now+t.jittered(t.timing.Settle))
	t.placed = true
	t.beaconAll(now)
}

// handedOver makes this peer the root because the old one asks it to.
func (t *tree) handedOver(now time.Duration, from identity.ID, h *wire.Handover) {
	if from != t.parent || t.isRoot || t.fed() >= t.limit() || !t.offers() || h.Epoch != t.epoch {
		return
	}
	t.becomeRoot(now)
}
