package mesh

import (
	"time"

	"github.com/banyan-rooms/banyan/crypto/identity"
	"github.com/banyan-rooms/banyan/mesh/wire"
)

// Frames take turns between the trees: those with even counters travel on the first, those
// with odd ones on the second. Each carries its predecessor as cover inside its seal, so
// whoever has lost a parent in one tree still hears everything by the other.

// Way says on which trees this peer's own frame is to travel, and whether it should carry
// the frame before it as cover: always, but where there are hardly any hops to lose it on.
// While the second tree grows, frames travel on the first alone; while a parent is in
// doubt, or the second tree has shrunk, on both.
func (m *Machine) Way(ctr uint64) (trees wire.Trees, cover bool) {
	a, b := m.trees[0], m.trees[1]
	switch {
	case !b.reaches():
		return wire.Of(0), m.count > 1 || a.size() >= twoFrom
	case !a.reaches():
		return wire.Of(1), true
	case a.askedAt != 0 || b.askedAt != 0:
		return wire.Of(0) | wire.Of(1), true
	case m.stripes():
		m.grown = true
		return wire.Of(treeOf(ctr)), true
	case m.grown: // it has lost many, and so may the first one have
		return wire.Of(0) | wire.Of(1), true
	}
	return wire.Of(0), true
}

// treeOf is the tree of a frame whose speaker has the trees take turns.
func treeOf(ctr uint64) int { return int(ctr % wire.MaxTrees) }

// reaches tells whether this peer has a place in the tree.
func (t *tree) reaches() bool { return t.active && t.attached() && t.place.Attached }

// stripes tells whether the second tree reaches about as many as the first. Once it does,
// it has to lose more than it needed to gain.
func (m *Machine) stripes() bool {
	a, b := m.trees[0].size(), m.trees[1].size()
	need := uint64(9)
	if m.striped {
		need = 7
	}
	m.striped = b > 0 && 10*uint64(b) >= need*uint64(a)
	return m.striped
}

// size is how many peers the tree has, as far as its root knows.
func (t *tree) size() uint32 {
	if t.isRoot {
		return t.peers()
	}
	return t.place.Count
}

// A tree that brings nothing although the other shows that it should is one whose parent
// passes nothing on. had is how many frames came by the tree, owed how many should have:
// one for each frame of a speaker, that came by the other, whose trees take turns; and one
// for each that travels on both.

// expect takes note of a new frame: the next of the same speaker comes by the other tree,
// and one that travels on both comes by either. A speaker that uses one tree alone has none
// expected of the other.
func (m *Machine) expect(f wire.Frame) {
	switch f.Trees {
	case wire.Of(treeOf(f.CTR)):
		m.trees[treeOf(f.CTR+1)].owed++
	case wire.Of(treeOf(f.CTR + 1)):
		m.trees[treeOf(f.CTR)].owed--
	case wire.Of(0) | wire.Of(1):
		m.trees[0].owed++
		m.trees[1].owed++
	}
}

const (
	// owing is how long frames are counted before a tree is judged.
	owing = 600 * time.Millisecond
	// enough is how many frames must have been owed to judge: half of one voice's.
	enough = 8
)

// owes tells whether far less came by this tree than the other shows was there: for so
// many times in a row that those above, whom it concerns too, had time to find it out.
func (t *tree) owes(now time.Duration) bool {
	if now < t.countedAt+owing || t.askedAt != 0 {
		return false
	}
	had, owed, since := t.had, t.owed, t.countedAt
	t.countAnew(now)
	if owed < enough || 2*had >= owed || t.upAt >= since || t.feedsUp(now) {
		t.hungry = 0
		return false
	}
	t.hungry++
	return t.hungry >= max(1, t.place.Depth()-1)
}

// foodDeadline is when it is time to judge a parent of whom far less has come by now.
func (t *tree) foodDeadline() time.Duration {
	if t.count == 1 || t.parent.IsZero() || t.askedAt != 0 || t.owed < enough || 2*t.had >= t.owed {
		return never
	}
	return t.countedAt + owing
}

// countAnew begins to count frames.
func (t *tree) countAnew(now time.Duration) { t.had, t.owed, t.countedAt = 0, 0, now }

// watchFood leaves a parent that passes far less on than the other tree brings.
func (t *tree) watchFood(now time.Duration) {
	if t.count > 1 && t.owes(now) && !t.parent.IsZero() {
		t.shun(now, t.parent)
		t.orphan(now, false)
	}
}

// loudest is who of several that speak at once is sent on by a root: so many, and each for
// a moment after it was. Both roots hear half of what each says, and choose alike but for
// a moment.
type loudest struct {
	voices [VoicesAtOnce]struct {
		kid   uint64
		level uint8         // -dBov: 0 is loudest
		at    time.Duration // of the last frame; 0 is nobody
	}
}

const (
	// VoicesAtOnce is how many voices a root sends on at the same time: more than three are a babble, and each is a copy for everyone.
	VoicesAtOnce = 3
	// hangTime is for how long a voice keeps its place after its last frame: a pause between two words.
	hangTime = 300 * time.Millisecond
	// louder is by how many dB a voice has to be louder to take another's place.
	louder = 6
)

// passes tells whether a frame goes on from here. Only a root chooses, of the trees that
// it travels on: relays pass on what they get.
func (m *Machine) passes(now time.Duration, f wire.Frame) bool {
	t := m.rooted()
	return t == nil || !f.Trees.Has(t.index) || m.route.loud.admit(now, f.KID, f.Level)
}

// admit gives a voice a place among the loudest, if it has or deserves one.
func (l *loudest) admit(now time.Duration, kid uint64, level uint8) bool {
	weakest := 0
	for i := range l.voices {
		v := &l.voices[i]
		if v.kid == kid && v.at != 0 {
			v.at = now
			v.level += uint8((int(level) - int(v.level)) / 4) // smoothed over some frames
			return true
		}
		if v.at == 0 || now > v.at+hangTime {
			v.at = 0
		}
	}
	for i := range l.voices {
		switch v, w := &l.voices[i], &l.voices[weakest]; {
		case w.at == 0:
		case v.at == 0 || v.level > w.level:
			weakest = i
		}
	}
	if w := &l.voices[weakest]; w.at == 0 || int(w.level) >= int(level)+louder {
		w.kid, w.level, w.at = kid, level, max(now, 1)
		return true
	}
	return false
}

// interior tells whether this peer may feed others in the tree. It does in one tree only,
// chosen by chance, so that a peer that dies is missed in one only; a root in its own.
func (t *tree) interior() bool {
	switch {
	case t.count == 1:
		return t.index == 0
	case t.isRoot:
		return true
	case t.other().isRoot:
		return false
	}
	return t.strangeness(t.id) == 0
}

// strangeness is 0 for a peer that feeds others in this tree if it is willing to, by
// chance, and 1 for one that does in the other.
func (t *tree) strangeness(id identity.ID) int { return (roleOf(t.room, id) + t.index) % wire.MaxTrees }

// roleOf is the tree that a peer is interior in.
func roleOf(room identity.RoomID, id identity.ID) int {
	return int(room[len(room)-1]^id[len(id)-1]) % wire.MaxTrees
}

// offers tells whether this peer feeds others in this tree.
func (t *tree) offers() bool { return t.willing() && t.interior() && !t.saved() }

// saved tells whether this peer is kept for a second tree that there may be, whose begin
// would else take half of the first one apart: as long as the first one has places
// without it, and nobody has asked in vain.
func (t *tree) saved() bool {
	return t.count == 1 && t.maxTrees > 1 && !t.needed && !t.isRoot && t.strangeness(t.id) != 0 && t.place.Attached && t.place.Open > 0 && t.fed() == 0
}
