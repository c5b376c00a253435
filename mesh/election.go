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
	id      identity.ID
	advert  Advert
	seq     uint64
	hash    uint64 // rendezvous, for ties
	expires time.Duration
	dead    time.Duration // not to be elected until then: its link broke
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
func rank(a, b *known) int {
	return cmp.Or(
		cmp.Compare(class(a.advert), class(b.advert)),
		-cmp.Compare(bits.Len32(a.advert.Slots), bits.Len32(b.advert.Slots)),
		cmp.Compare(a.advert.Since, b.advert.Since),
		cmp.Compare(a.hash, b.hash),
		a.id.Compare(b.id),
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
func (m *Machine) self() *known {
	return &known{id: m.id, advert: m.ownAdvert(), hash: rendezvous(m.room, m.id)}
}

// find is what is known of a peer's advert, or nil.
func (m *Machine) find(id identity.ID) *known {
	if at := m.index(id); at >= 0 {
		return m.adverts[at]
	}
	return nil
}

func (m *Machine) index(id identity.ID) int {
	return slices.IndexFunc(m.adverts, func(k *known) bool { return k.id == id })
}

// staleAfter is how old a message may be: more than it takes to come, and than clocks
// differ. Without such a bound the adverts of the dead, who are forgotten, could be
// said again by anybody.
const staleAfter = 5 * time.Minute

// gossip takes in an advert and perhaps a lease.
func (m *Machine) gossip(now time.Duration, g Gossip) {
	if g.From == m.id || g.Seq < seqAt(m.start.Add(now-staleAfter)) || !m.advertised(now, g) {
		return
	}
	if g.Lease != nil {
		m.leased(now, g.From, *g.Lease)
	}
}

// advertised keeps an advert, in the order of rank. It is false for one that was
// overtaken by a newer.
func (m *Machine) advertised(now time.Duration, g Gossip) bool {
	at := m.index(g.From)
	if at >= 0 {
		if g.Seq <= m.adverts[at].seq {
			return false
		}
		if g.Advert.Gone {
			m.adverts[at].seq, m.adverts[at].dead, m.adverts[at].expires = g.Seq, now+m.timing.AdvertTTL, now+m.timing.AdvertTTL
			return true
		}
		m.adverts = slices.Delete(m.adverts, at, at+1)
	}
	k := &known{id: g.From, advert: g.Advert, seq: g.Seq, hash: rendezvous(m.room, g.From), expires: now + m.timing.AdvertTTL}
	if g.Advert.Gone {
		k.dead = k.expires
	}
	to, _ := slices.BinarySearchFunc(m.adverts, k, rank)
	m.adverts = slices.Insert(m.adverts, to, k)
	if len(m.adverts) > maxAdverts {
		m.adverts = m.adverts[:maxAdverts]
	}
	return true
}

// leased takes in a root's lease.
func (m *Machine) leased(now time.Duration, root identity.ID, l Lease) {
	if l.Gone {
		if m.lease.root == root {
			m.lease.expires = now
		}
		return
	}
	m.lastEpoch = max(m.lastEpoch, l.Epoch)
	next := lease{root, l.Epoch, now + m.timing.LeaseTTL}
	if s := &m.seekParent; s.root != root && !m.attached() {
		s.failures = 0 // there was no tree; now there is one, and it grows
		if s.phase == resting {
			s.prefer, s.at = []identity.ID{root}, min(s.at, now+m.jittered(m.timing.Retry))
		}
	}
	switch {
	case m.lease.root == root || now >= m.lease.expires || m.better(next, m.lease):
		m.lease = next
	default:
		return
	}
	if m.isRoot && m.better(next, lease{root: m.id, epoch: m.epoch}) {
		m.stepDown(now)
	}
}

// better tells whether of two live roots a is the one that stays: the better ranked
// one, so that both sides of a healed split decide alike, whatever their epochs.
func (m *Machine) better(a, b lease) bool {
	if a.root == b.root {
		return a.epoch > b.epoch
	}
	return rank(m.rankOf(a.root), m.rankOf(b.root)) < 0
}

// rankOf is a peer as it is ranked; who never sent an advert comes last.
func (m *Machine) rankOf(id identity.ID) *known {
	if id == m.id {
		return m.self()
	}
	if k := m.find(id); k != nil {
		return k
	}
	return &known{id: id, advert: Advert{Since: 1<<63 - 1}, hash: rendezvous(m.room, id)}
}

// leads tells whether no live peer is ranked above this one.
func (m *Machine) leads(now time.Duration) bool { return m.outranked(now) == 0 }

// outranked is how many live peers are ranked above this one.
func (m *Machine) outranked(now time.Duration) int {
	self, n := m.self(), 0
	for _, k := range m.adverts {
		if rank(k, self) > 0 {
			break
		}
		if now >= k.dead {
			n++
		}
	}
	return n
}

// rootLives tells whether some root other than this peer is believed to be there.
func (m *Machine) rootLives(now time.Duration) bool {
	if now >= m.lease.expires || m.lease.root == m.id {
		return false
	}
	k := m.find(m.lease.root)
	return k == nil || now >= k.dead
}

// elect makes this peer the root if it is its turn: nobody else is, it has looked for
// a parent long enough, and it leads.
func (m *Machine) elect(now time.Duration) {
	if m.isRoot || !m.offers() {
		return
	}
	if m.attached() {
		m.takeOver(now)
		return
	}
	if m.rootLives(now) || now < m.settleAt || !m.leads(now) {
		return
	}
	m.becomeRoot(now)
}

// takeOver makes an attached community relay the root of a tree that is rooted at a
// desktop. The way up to the old root is reversed; no sound is lost.
func (m *Machine) takeOver(now time.Duration) {
	root := m.rankOf(m.place.Root())
	if class(m.ownAdvert()) >= class(root.advert) || !m.leads(now) || m.free() == 0 {
		m.takeoverAt = 0
		return
	}
	if m.takeoverAt == 0 {
		m.takeoverAt = now + m.timing.Takeover
		m.wake(m.takeoverAt)
	}
	if now >= m.takeoverAt {
		m.takeoverAt = 0
		m.becomeRoot(now)
	}
}

// becomeRoot claims the tree under a new epoch.
func (m *Machine) becomeRoot(now time.Duration) {
	m.lastEpoch = max(m.lastEpoch, m.epoch)
	if m.lastEpoch < math.MaxUint32 { // else somebody lied; ranks alone decide then
		m.lastEpoch++
	}
	m.epoch, m.isRoot = m.lastEpoch, true
	m.lease = lease{m.id, m.epoch, now + m.timing.LeaseTTL}
	m.stopSeeking(&m.seekParent)
	m.dropBackup()
	if p := m.parent; !p.IsZero() {
		m.parent = identity.ID{}
		m.standAt(wire.Place{Epoch: m.epoch, Path: []identity.ID{m.id}, Attached: true})
		m.adopt(now, p)
		m.send(p, &wire.Reverse{Place: m.place})
	} else {
		m.standAt(wire.Place{Epoch: m.epoch, Path: []identity.ID{m.id}, Attached: true})
	}
	m.spread(now, false)
	m.beaconAll(now)
}

// stepDown stops being the root, since there is a better one: this peer's whole tree
// is hung below that one.
func (m *Machine) stepDown(now time.Duration) {
	m.isRoot = false
	m.standAt(m.alone())
	m.startSeeking(now, &m.seekParent, []identity.ID{m.lease.root})
}

// reversed makes a child the parent, for it says that a new root is on its side.
func (m *Machine) reversed(now time.Duration, from identity.ID, r *wire.Reverse) {
	at := m.childAt(from)
	if at < 0 || !m.children[at].linked || slices.Contains(r.Place.Path, m.id) || r.Place.Epoch <= m.epoch {
		return
	}
	m.children = slices.Delete(m.children, at, at+1)
	old := m.parent
	m.isRoot, m.parent, m.heardAt, m.askedAt, m.parentIdle = false, from, now, 0, false
	m.lastEpoch = max(m.lastEpoch, r.Place.Epoch)
	m.stopSeeking(&m.seekParent)
	m.dropBackup()
	m.below(now, r.Place)
	switch {
	case old.IsZero():
	case m.links[old] && m.fed() < m.maxChildren:
		m.adopt(now, old)
		m.send(old, &wire.Reverse{Place: m.place})
	default: // no place for it: it looks for one itself
		m.send(old, &wire.Leave{Up: true})
		m.hangUp(old)
	}
	m.improveAt = min(m.improveAt, now+m.jittered(m.timing.Settle))
	m.beaconAll(now)
}

// handedOver makes this peer the root because the old one asks it to.
func (m *Machine) handedOver(now time.Duration, from identity.ID, h *wire.Handover) {
	if from != m.parent || m.isRoot || m.fed() >= m.maxChildren || !m.offers() || h.Epoch != m.epoch {
		return
	}
	m.becomeRoot(now)
}
