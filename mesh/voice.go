package mesh

import (
	"time"

	"github.com/banyan-rooms/banyan/crypto/identity"
	"github.com/banyan-rooms/banyan/mesh/wire"
)

// Somebody who talks below a parent that passes nothing on hears nothing that would show
// it, and nobody else can put it right: all others lack that voice in this tree, and blame
// their own parents. So who talks asks the root, on the control connection, how many frames
// of the tree have come there, and leaves a parent if it is far less than was said.

// askAgain is the time between the root's answer and the next question: by then there is
// enough to judge. An answer that takes longer than slowest is not waited for.
const (
	askAgain = owing
	slowest  = 3 * owing
)

// arrived is what had come to the root, and what this peer had said, when the root last
// answered.
type arrived struct {
	root   wire.Short
	parent identity.ID
	theirs uint64
	mine   uint64
	at     time.Duration
	took   time.Duration // the answer, to come
}

// watchVoice asks the root whether what this peer says comes there.
func (t *tree) watchVoice(now time.Duration) {
	if t.parent.IsZero() || t.root.IsZero() || t.saidAt == 0 || now >= t.saidAt+askAgain {
		return
	}
	due := t.arrived.at + askAgain
	if t.queriedAt != 0 {
		due = t.queriedAt + slowest
	}
	if now >= due {
		t.queriedAt, due = now, now+slowest
		t.send(t.root, &wire.Probe{})
	}
	t.wake(due)
}

// heed takes in the root's answer, and leaves a parent above which nothing comes. It
// judges nothing by an answer that took much longer, or less long, than the one before.
func (t *tree) heed(now time.Duration, root wire.Place) {
	if t.queriedAt == 0 {
		return
	}
	last, took := t.arrived, now-t.queriedAt
	t.arrived, t.queriedAt = arrived{root.Top(), t.parent, root.Frames, t.said, now, took}, 0
	switch said := t.said - last.mine; {
	case t.parent.IsZero() || last.parent != t.parent || last.root != root.Top() || root.Frames < last.theirs:
	case now >= last.at+slowest || max(took, last.took)-min(took, last.took) > askAgain/4:
	case said >= enough && 2*(root.Frames-last.theirs) < said:
		t.shun(now, t.parent)
		t.orphan(now, false)
	}
}
