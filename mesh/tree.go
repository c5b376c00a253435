package mesh

import (
	"slices"
	"time"

	"github.com/banyan-rooms/banyan/crypto/identity"
	"github.com/banyan-rooms/banyan/mesh/wire"
)

// tree is one peer's part in one of the room's trees.
type tree struct {
	// What each frame looks at: side by side, since the rest of a tree is hardly ever in a
	// cache. A frame of the other tree looks at the first few alone.
	*Machine
	parent     identity.ID
	askedAt    time.Duration // since when the parent is asked whether it lives; 0 means it is not
	had, owed  int32         // frames since countedAt: see owes
	active     bool
	isRoot     bool
	home       bool // this peer is native here, and not in the other tree
	parentIdle bool // the parent said that no media flows
	excused    bool // this silence was put down to the driver once
	placed     bool // the place has changed since those below were told
	repathed   bool // the path has changed since Check looked at it
	newer      bool // there is newer word of the root
	needed     bool // somebody who asked in vain has asked this peer

	up         *lane         // to the parent; nil until the link is open
	former     *former       // nil but for a moment after there is another parent
	heardAt    time.Duration // any datagram from the parent
	jitter     time.Duration // how late what comes from the parent is, smoothed
	strayAt    time.Duration // since when the parent itself has not been attached; 0 means it is
	pretendsAt time.Duration // since when the parent says that media flows, while none comes; 0 if it does not
	fresh      uint64        // frames of this tree that were new, in all
	countedAt  time.Duration

	// What each step looks at besides, in groups of 64 bytes.
	children   []child // ordered by ID
	voice      *voice  // nil until this peer says something
	reportAt   time.Duration
	improveAt  time.Duration
	seekParent seeker

	root      identity.ID // whose short form heads the path; zero where that is not known
	epoch     uint32
	parentSeq uint32 // of the parent's newest beacon
	lastEpoch uint32
	looks     int32 // for a better place, since the last that led anywhere

	backup     identity.ID
	backupSaid time.Duration // when the backup was last heard
	takeoverAt time.Duration
	seekBackup seeker

	upAt       time.Duration // the last media that came from this peer or from below
	aliveAt    time.Duration // the last control message from the parent since askedAt
	switchedAt time.Duration // when somebody was last asked to feed this peer at once
	renewedAt  time.Duration // when this peer last did, or asked for it; 0 is never
	renewAt    time.Duration // when this peer, a root, says again that it is there
	index      int

	successor   identity.ID // whom the parent, a root, has named for when it dies; this peer itself takes over
	place       wire.Place
	backupPlace wire.Place

	least    least
	heirID   identity.ID // who takes over from this peer, if it is a root
	ration   ration
	blamedAt time.Duration // when the root, as a parent, was first found to pass nothing on; 0 if it was not
	hungry   int           // times in a row that far less had come than was owed
	lease    lease
	aloneAt  time.Duration // since when this peer has had no parent
	settleAt time.Duration // it may be the root not before
	total    summary       // of the whole tree, as the parent says
	totalAt  time.Duration // when that changed
	told     told
}

func (t *tree) init(m *Machine, index int) {
	t.Machine, t.index = m, index
	t.home = t.native(t.id)
	t.seekBackup.backup = true
	t.place = t.alone()
}

// begin starts looking for the tree.
func (t *tree) begin(now time.Duration) {
	t.active = true
	t.aloneAt, t.settleAt = now, now+t.timing.Settle
	t.reportAt = now + t.timing.Report
	t.improveAt = now + t.timing.Improve + t.jittered(t.timing.Improve)
	t.startSeeking(now, &t.seekParent, nil)
}

// receive takes in a control message.
func (t *tree) receive(now time.Duration, from identity.ID, msg wire.Message) {
	switch msg := msg.(type) {
	case *wire.Probe:
		t.probed(now, from, msg)
	case *wire.Offer:
		t.offered(now, from, msg)
	case *wire.Join:
		t.asked(now, from, msg)
	case *wire.Accept:
		t.accepted(now, from, msg)
	case *wire.Redirect:
		t.redirected(now, from, msg)
	case *wire.Leave:
		t.leftBy(now, from, msg)
	case *wire.Move:
		t.moved(now, from, msg)
	case *wire.Reverse:
		t.reversed(now, from, msg)
	case *wire.Handover:
		t.handedOver(now, from, msg)
	case *wire.Renew:
		t.renewFor(now, msg)
	case *wire.Report:
		t.reported(now, from, msg)
	case *wire.Tree:
		if from == t.parent {
			t.setTotal(now, summary{count: msg.Count, edges: msg.Edges})
		}
	}
}

// tick does whatever is due in this tree.
func (t *tree) tick(now time.Duration) {
	t.wakeLater(now)
	t.watchParent(now)
	t.partFormer(now)
	t.watchBackup(now)
	t.watchChildren(now)
	t.watchFood(now)
	t.watchVoice(now)
	t.keepReserve(now)
	t.retire(now)
	t.seek(now, &t.seekParent)
	t.seek(now, &t.seekBackup)
	t.elect(now)
	t.improve(now)
	t.renew(now)
	if t.placed || t.newer {
		t.beaconAll(now)
	}
	t.beacons(now)
	if now >= t.reportAt {
		t.report(now)
	}
}

// wakeLater has the machine look again when something that others said ends.
func (t *tree) wakeLater(now time.Duration) {
	if !t.attached() {
		if now < t.settleAt {
			t.wake(t.settleAt)
		}
		if now < t.lease.expires {
			t.wake(t.lease.expires)
		}
	}
	if t.takeoverAt > now {
		t.wake(t.takeoverAt)
	}
}

// deadline is when this tree has something to do.
func (t *tree) deadline() time.Duration {
	at := min(t.reportAt, t.improveAt, t.foodDeadline())
	if t.former != nil {
		at = min(at, t.former.until)
	}
	return min(at, t.seekParent.deadline(), t.seekBackup.deadline(), t.parentDeadline(), t.beaconDeadline())
}

// send sends a control message about this tree.
func (t *tree) send(to identity.ID, msg wire.Message) { t.emit(Send{to, wire.On(t.index, msg)}) }

// other is the room's other tree.
func (t *tree) other() *tree {
	if t == &t.trees[0] {
		return &t.trees[1]
	}
	return &t.trees[0]
}

// attached tells whether sound reaches this peer.
func (t *tree) attached() bool { return t.isRoot || !t.parent.IsZero() }

// setParent makes a peer the parent; the zero ID is nobody.
func (t *tree) setParent(id identity.ID) { t.parent, t.up = id, t.laneTo(id) }

// needs tells whether this tree needs the link with a peer.
func (t *tree) needs(id identity.ID) bool {
	return id == t.parent || t.former.is(id) || id == t.backup || t.childAt(id) >= 0 || id == t.seekParent.target || id == t.seekBackup.target
}

// near tells whether a peer may bring frames: it is a neighbour, or feeds this peer a
// moment longer.
func (t *tree) near(id identity.ID) bool { return t.laneOf(id) != nil || t.former.is(id) }

// laneOf is the lane of a neighbour, to whom frames go: the parent, or a child that hears; nil
// of anyone else.
func (t *tree) laneOf(id identity.ID) *lane {
	if id == t.parent && t.up != nil {
		return t.up
	}
	if at := t.childAt(id); at >= 0 && !t.children[at].backup {
		return t.children[at].lane
	}
	return nil
}

// rootOf is who heads a path, if that is known: said so, or heard of.
func (t *tree) rootOf(p wire.Place) identity.ID {
	top := p.Top()
	for _, id := range [...]identity.ID{p.Root, t.root, t.lease.root, t.parent, t.successor, t.id} {
		if !id.IsZero() && wire.ShortOf(id) == top {
			return id
		}
	}
	for _, k := range t.adverts {
		if wire.ShortOf(k.said.From) == top {
			return k.said.From
		}
	}
	return identity.ID{}
}

// standAt takes a place in the tree.
func (t *tree) standAt(p wire.Place) {
	same := p.Epoch == t.place.Epoch && p.Attached == t.place.Attached && slices.Equal(p.Path, t.place.Path)
	t.placed = t.placed || !same || p.Trees != t.place.Trees // those below hear of it at once
	t.newer = t.newer || p.Seq != t.place.Seq
	t.repathed = t.repathed || !same
	t.root = t.rootOf(p)
	p.Root = t.root
	t.place, t.epoch = p, p.Epoch
	t.stoodAt(p)
	if !same {
		t.changed()
	}
}

// below takes the place below a parent's. It leaves the parent if that could be a
// loop, or is too deep.
func (t *tree) below(now time.Duration, parent wire.Place) {
	if parent.Path.Has(t.id) || len(parent.Path) >= wire.MaxPath || parent.Attached && !t.feasible(parent) {
		t.orphan(now, false)
		return
	}
	t.parentSeq = parent.Seq
	p := wire.Place{
		Epoch: parent.Epoch, Attached: parent.Attached, Seq: t.seqOf(parent), Frames: parent.Frames,
		Root: parent.Root, Trees: parent.Trees, Count: parent.Count, Open: parent.Open, Delay: t.delayBelow(parent),
	}
	p.Path = t.pathBelow(parent.Path)
	t.lastEpoch = max(t.lastEpoch, p.Epoch)
	came := t.place.Trees == 0 // into the room, just now
	t.standAt(p)
	if t.index == 0 && p.Attached && p.Trees > 0 {
		t.setTrees(now, int(p.Trees), came)
	}
}

// pathBelow is the path to this peer from a parent's. Mostly it has that already.
func (t *tree) pathBelow(parent wire.Path) wire.Path {
	if n, own := len(parent), t.place.Path; len(own) == n+1 && slices.Equal(own[:n], parent) {
		return own
	}
	path := make(wire.Path, 0, len(parent)+1)
	return append(append(path, parent...), wire.ShortOf(t.id))
}

// linkUp takes note of an open link.
func (t *tree) linkUp(now time.Duration, id identity.ID) {
	if at := t.childAt(id); at >= 0 {
		c := &t.children[at]
		c.lane = t.laneTo(id)
		t.changed()
		if !c.backup {
			var seen []wire.Seen
			if c.join != nil {
				seen = c.join.Seen
			}
			t.queueReplay(now, t.index, id, seen)
			c.join = nil
			t.resized(now)
		}
	}
	t.linkedTo(now, id, &t.seekParent)
	t.linkedTo(now, id, &t.seekBackup)
	if id == t.parent {
		t.setParent(id)
	}
}

// linkDown takes note of a broken link.
func (t *tree) linkDown(now time.Duration, id identity.ID) {
	if t.former.is(id) {
		t.former = nil
	}
	t.dropChild(id)
	t.failed(now, id)
}

// failed takes note that a peer cannot be reached, or is gone.
func (t *tree) failed(now time.Duration, id identity.ID) {
	t.seekFailed(now, id, &t.seekParent)
	t.seekFailed(now, id, &t.seekBackup)
	if t.linked(id) {
		return // only a message was lost; the link will tell
	}
	if id == t.backup {
		t.setBackup(identity.ID{})
	}
	if id == t.parent {
		t.orphan(now, true)
	}
}
