package mesh

import (
	"cmp"
	"slices"
	"sort"
	"time"

	"github.com/banyan-rooms/banyan/crypto/identity"
	"github.com/banyan-rooms/banyan/mesh/wire"
)

// child is a peer that this one feeds, or would feed if its own parent died.
type child struct {
	// What each frame looks at.
	id      identity.ID
	lane    *lane         // nil until the link is open
	mediaAt time.Duration // the last media to it, or from it
	sentAt  time.Duration // the last datagram to it
	backup  bool          // not fed: only told where this peer stands

	// What each step looks at.
	speaker    bool
	parent     wire.Short    // of one whose backup this peer is, as it last said
	saidAt     time.Duration // the last beacon to it
	reportedAt time.Duration // the last report from it; before the first one, when it came
	since      time.Duration // when it was accepted
	moving     time.Duration // asked to move until then

	slots  uint32        // children that it could feed itself
	free   uint32        // how many more, as it last reported
	toldAt time.Duration // when it was last told about the whole tree
	below  summary       // what it last reported
	plan   identity.ID   // whom it turns to if this peer, a root, dies
	join   *wire.Join    // what it asked, until its link opens
}

// linked tells whether the link with a child is open.
func (c *child) linked() bool { return c.lane != nil }

// hears tells whether frames go to a child: this peer is not only its backup, and the link
// is open.
func (c *child) hears() bool { return !c.backup && c.linked() }

// childAt is where a child is among the children, or -1.
func (t *tree) childAt(id identity.ID) int {
	if at, known := t.search(id); known {
		return at
	}
	return -1
}

// search is where a child is among the children, or belongs.
func (t *tree) search(id identity.ID) (at int, known bool) {
	at = sort.Search(len(t.children), func(i int) bool { return t.children[i].id.Compare(id) >= 0 })
	return at, at < len(t.children) && t.children[at].id == id
}

// fed is how many children take part in this peer's fan-out.
func (t *tree) fed() int {
	n := 0
	for i := range t.children {
		if !t.children[i].backup {
			n++
		}
	}
	return n
}

// limit is how many children this peer can have in this tree.
func (t *tree) limit() int { return t.maxChildren - t.other().fed() }

// reserve is how many places are kept for backups that have to switch.
func (t *tree) reserve() int { return reserveOf(t.maxChildren) }

func reserveOf(maxChildren int) int {
	if maxChildren < 3 {
		return 0
	}
	return max(1, maxChildren/8)
}

// free is how many more children this peer takes in the ordinary way.
func (t *tree) free() int {
	if !t.offers() {
		return 0
	}
	return max(0, t.limit()-t.reserve()-t.fed())
}

// spare is how many more peers with the same parent may have this one as their backup.
// They lose it at the same time, so for each of them there has to be one of the places that
// are kept; of those with different ones there may be twice as many as there are places.
func (t *tree) spare(parent wire.Short) int {
	if !t.offers() {
		return 0
	}
	fed, same := 0, 0
	for i := range t.children {
		switch c := &t.children[i]; {
		case !c.backup:
			fed++
		case c.parent == parent:
			same++
		}
	}
	places := t.limit() - fed
	return max(0, min(min(2*places, t.limit())-(len(t.children)-fed), min(places, max(t.reserve(), 1))-same))
}

// adopt makes a peer whose link is open a child.
func (t *tree) adopt(now time.Duration, id identity.ID) {
	at, known := t.search(id)
	if !known {
		t.children = slices.Insert(t.children, at, child{id: id, since: now})
	}
	c := &t.children[at]
	c.lane, c.backup, c.reportedAt = t.laneTo(id), false, now
	t.changed()
}

// asked answers a peer that wants to be fed.
func (t *tree) asked(now time.Duration, from identity.ID, j *wire.Join) {
	at := t.childAt(from)
	replacing := at >= 0 && !t.children[at].backup
	switch {
	case !t.offers(), !t.place.Attached, from == t.parent, t.place.Path.Has(from), len(t.place.Path) >= wire.MaxPath:
		t.redirect(from, j)
		return
	case j.Backup && (replacing || t.spare(j.Parent) == 0 && (at < 0 || t.children[at].parent != j.Parent)):
		t.redirect(from, j)
		return
	case !j.Backup && !replacing && !t.makeRoom(now, j):
		t.redirect(from, j)
		return
	}
	at, known := t.search(from)
	if !known {
		t.children = slices.Insert(t.children, at, child{id: from, since: now})
	}
	c := &t.children[at]
	c.reportedAt = now
	if c.lane = t.laneTo(from); c.linked() {
		c.since = now // else asking again gives no more time to open a link
	}
	c.backup, c.slots, c.free, c.speaker, c.parent = j.Backup, j.Slots, j.Slots, j.Speaker, j.Parent
	t.send(from, &wire.Accept{Backup: j.Backup, Place: t.place, Seen: t.route.seen()})
	if !known && !c.linked() {
		t.emit(Dial{from})
	}
	t.wake(c.since + t.timing.Linking)
	if j.Backup {
		return
	}
	if t.free() == 0 {
		t.reportAt = min(t.reportAt, now+t.timing.Beacon) // so that nobody else is sent here
		t.resized(now)
	}
	t.changed()
	if c.linked() {
		t.queueReplay(now, t.index, from, j.Seen)
	} else {
		c.join = j // when the link opens, it lacks what came until then, too
	}
}

// redirect says no, and who may say yes.
func (t *tree) redirect(to identity.ID, j *wire.Join) {
	t.send(to, &wire.Redirect{Backup: j.Backup, To: t.relays(to, wire.MaxPeers)})
}

// maxOthers is how many others an offer names: a prober asks no more at once.
const maxOthers = 4

// relays are some children that have places for somebody who is not one of them, or
// whose children may have; and the parent and the root: so many at most. Those come first
// who have most places left; whoever is named has one less until it reports.
func (t *tree) relays(except identity.ID, most int) []identity.ID {
	var able []*child
	for i := range t.children {
		if c := &t.children[i]; c.feeds() && c.id != except {
			able = append(able, c)
		}
	}
	t.rand.Shuffle(len(able), func(i, j int) { able[i], able[j] = able[j], able[i] })
	slices.SortStableFunc(able, func(a, b *child) int { return cmp.Compare(b.free, a.free) })
	some := make([]identity.ID, 0, most)
	for _, c := range able[:min(len(able), most-2)] {
		some = append(some, c.id)
		c.free = max(c.free, 1) - 1
	}
	root := t.root
	if !t.attached() || root.IsZero() {
		root = t.lease.root // as far as this peer has heard
	}
	for _, id := range [...]identity.ID{t.parent, root} {
		if id != t.id && id != except && !id.IsZero() && !slices.Contains(some, id) {
			some = append(some, id)
		}
	}
	return some
}

// dropChild ends a child's relation.
func (t *tree) dropChild(id identity.ID) {
	if at := t.childAt(id); at >= 0 {
		t.children = slices.Delete(t.children, at, at+1)
		t.changed()
	}
}

// dismiss tells a child, or one whose backup this peer is, that this is over.
func (t *tree) dismiss(id identity.ID) {
	t.send(id, &wire.Leave{})
	t.dropChild(id)
	t.hangUp(id)
}

// watchChildren drops those whose link never opened, and those who have not reported for
// long: they are fed by somebody else, and their word about it was lost.
func (t *tree) watchChildren(now time.Duration) {
	for i := len(t.children) - 1; i >= 0; i-- {
		c := &t.children[i]
		until := never
		switch {
		case !c.linked():
			until = c.since + t.timing.Linking
		case !c.backup:
			until = c.reportedAt + 3*t.timing.ReportAll
		}
		if now < until {
			t.wake(until)
			continue
		}
		t.dismiss(c.id)
	}
}

// probed tells a peer where this one stands.
func (t *tree) probed(now time.Duration, from identity.ID, p *wire.Probe) {
	if now-t.probesAt >= time.Second {
		t.probes, t.probesAt = 0, now
	}
	if t.probes++; t.probes > maxProbes && t.childAt(from) < 0 {
		return // children ask whether this peer lives: they always get an answer
	}
	t.needed = t.needed || p.Need
	o := &wire.Offer{Nonce: p.Nonce, Place: t.place, Free: uint32(t.freeFor(now, p)), Spare: uint32(t.spare(p.Parent))}
	if t.isRoot {
		o.Place.Frames = t.fresh // now, for somebody who asks whether what it says comes here
	}
	wanted := o.Free
	if p.Backup {
		wanted = o.Spare
	}
	if p.Nonce != 0 && (wanted == 0 || !t.place.Attached) {
		o.Others = t.relays(from, maxOthers)
	}
	t.send(from, o)
	if at := t.childAt(from); p.Nonce == 0 && t.isRoot && t.count == 1 && at >= 0 && t.children[at].hears() {
		t.beacon(now, &t.children[at]) // if that comes, it is not the link that is broken
	}
}

// leftBy ends the relation that a peer says is over, and no other.
func (t *tree) leftBy(now time.Duration, from identity.ID, l *wire.Leave) {
	if l.Up {
		t.dropChild(from)
		t.hangUp(from)
		return
	}
	if from == t.backup {
		t.setBackup(identity.ID{})
	}
	if t.former.is(from) {
		t.former = nil
	}
	if from == t.parent {
		t.orphan(now, true)
		return
	}
	t.hangUp(from)
}
