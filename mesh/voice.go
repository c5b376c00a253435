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

const (
	// askAgain is the time between the root's answer and the next question: by then there is
	// enough to judge.
	askAgain = owing
	// slowest is for how long an answer is waited for.
	slowest = 3 * owing
	// breath is a pause after which somebody begins to talk anew.
	breath = 200 * time.Millisecond
)

// voice is what this peer says into a tree.
type voice struct {
	said   uint64        // frames
	at     time.Duration // the last of those
	since  time.Duration // when this peer began to talk
	query  query         // what the root has been asked about it
	heeded query         // and what it last answered
}

// query is a question to the root, and what had come there when it answered.
type query struct {
	at     time.Duration // of the question; 0 if there is none
	took   time.Duration // the answer, to come
	root   wire.Short
	parent identity.ID
	said   uint64 // by this peer, before it asked
	came   uint64 // to the root, of all
}

// speak takes note of a frame that this peer says into the tree.
func (t *tree) speak(now time.Duration) {
	if t.voice == nil {
		t.voice = &voice{}
	}
	v := t.voice
	if v.said == 0 || now > v.at+breath {
		v.since = now
	}
	v.said++
	v.at = now
}

// watchVoice asks the root whether what this peer says comes there.
func (t *tree) watchVoice(now time.Duration) {
	v := t.voice
	if v == nil || t.parent.IsZero() || t.root.IsZero() || now > v.at+breath {
		return
	}
	due := v.heeded.at + v.heeded.took + askAgain
	if v.query.at != 0 {
		due = v.query.at + slowest
	}
	if now >= due {
		v.query, due = query{at: now, parent: t.parent, said: v.said}, now+slowest
		t.send(t.root, &wire.Probe{})
	}
	t.wake(due)
}

// heed takes in the root's answer, and leaves a parent above which nothing comes. It
// judges only if this peer has talked all the time, from long enough before the last
// question on that as much was under way then, and if both answers took about as long.
func (t *tree) heed(now time.Duration, root wire.Place) {
	v := t.voice
	if v == nil || v.query.at == 0 {
		return
	}
	last, next := v.heeded, v.query
	next.took, next.root, next.came = now-next.at, root.Top(), root.Frames
	v.heeded, v.query = next, query{}
	late := max(last.took, next.took) - min(last.took, next.took)
	switch said := next.said - last.said; {
	case last.root != next.root || last.parent != next.parent || next.parent != t.parent || t.parent.IsZero() || last.came > next.came:
	case last.at < v.since+askAgain || late > askAgain/4:
	case said >= enough && 2*(next.came-last.came) < said:
		t.shun(now, t.parent)
		t.orphan(now, false)
	}
}
