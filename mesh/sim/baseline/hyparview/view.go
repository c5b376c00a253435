package hyparview

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/banyan-rooms/banyan/crypto/identity"
	"github.com/banyan-rooms/banyan/mesh/sim/baseline/member"
)

// Doing is what a view asks its driver for.
type Doing struct {
	Peer identity.ID
	What What
	Data []byte // of a Send
}

// What is the kind of a [Doing].
type What uint8

// What a view asks for.
const (
	Send    What = iota // a message, reliably and in order
	Connect             // open a link: Opened or Failed follows
	Drop                // close the link, if there is one
)

// neighbor is a member of the active view.
type neighbor struct {
	id      identity.ID
	contact bool // that this peer joined by: who is to let it in, and not the other way round
	open    bool
	since   time.Duration
}

// request is a peer that was asked to be a neighbour.
type request struct {
	id identity.ID
	at time.Duration
}

// maxAsked bounds them: walks may end at a peer as often as strangers like.
const maxAsked = 16

// View is one peer's two views. It has one owner.
type View struct {
	id      identity.ID
	cfg     Config
	rand    *rand.Rand
	active  []neighbor
	member  bool // of the overlay: it has had a link, or is the first
	passive []identity.ID
	doings  []Doing

	asked     []request     // to be neighbours, and have not answered
	seeking   bool          // a passive peer is looked for
	unwilling []identity.ID // that refused since seeking began
	shuffleAt time.Duration
	sent      []identity.ID // in the last shuffle: the first to make place for what comes back
}

// New makes a view that knows nobody.
func New(id identity.ID, cfg Config, r *rand.Rand) *View {
	v := &View{id: id, cfg: cfg.WithDefaults(), rand: r}
	v.shuffleAt = time.Duration(r.Int64N(int64(v.cfg.Shuffle))) + 1
	return v
}

// Begin makes this peer the first of an overlay.
func (v *View) Begin() { v.member = true }

// Drain hands out what is to be done, in order.
func (v *View) Drain(do func(Doing)) {
	for _, d := range v.doings {
		do(d)
	}
	clear(v.doings)
	v.doings = v.doings[:0]
}

// Active are the peers in the active view, those whose link is still opening too.
func (v *View) Active() []identity.ID {
	ids := make([]identity.ID, len(v.active))
	for i, n := range v.active {
		ids[i] = n.id
	}
	return ids
}

// Passive are the peers in the passive view. It must not be changed.
func (v *View) Passive() []identity.ID { return v.passive }

// Expects tells whether a peer may open a link.
func (v *View) Expects(id identity.ID) bool {
	at := v.find(id)
	return at >= 0 && (v.member || !v.active[at].contact)
}

// Has tells whether a peer is in the active view.
func (v *View) Has(id identity.ID) bool { return v.find(id) >= 0 }

// Alone tells whether nobody is in the active view: the driver should Join again.
func (v *View) Alone() bool { return len(v.active) == 0 }

// Size is how large the active view may be.
func (v *View) Size() int { return v.cfg.Active }

func (v *View) find(id identity.ID) int {
	return slices.IndexFunc(v.active, func(n neighbor) bool { return n.id == id })
}

// Check returns an error if a view is larger than it may be, or holds somebody twice or
// the peer itself.
func (v *View) Check() error {
	for i, id := range append(v.Active(), v.passive...) {
		if id == v.id || slices.Contains(v.Active()[:min(i, len(v.active))], id) {
			return fmt.Errorf("the views of %s hold it itself, or %s twice", v.id.Short(), id.Short())
		}
	}
	if err := member.Bounded("active peers", len(v.active), v.cfg.Active); err != nil {
		return err
	}
	return member.Bounded("passive peers", len(v.passive), v.cfg.Passive)
}

func (v *View) send(to identity.ID, data ...byte) {
	v.doings = append(v.doings, Doing{Peer: to, What: Send, Data: data})
}

// connect takes a peer into the active view and, if this side is to, opens the link.
func (v *View) connect(now time.Duration, id identity.ID, dial bool) {
	if id == v.id {
		return
	}
	if at := v.find(id); at < 0 {
		if len(v.active) >= v.cfg.Active {
			v.makePlace()
		}
		v.forget(id)
		v.active = append(v.active, neighbor{id: id, since: now})
	}
	if dial {
		v.doings = append(v.doings, Doing{Peer: id, What: Connect})
	}
}

// makePlace drops one of the active peers by chance.
func (v *View) makePlace() {
	at := v.rand.IntN(len(v.active))
	id := v.active[at].id
	v.active = slices.Delete(v.active, at, at+1)
	v.send(id, kindDisconnect)
	v.doings = append(v.doings, Doing{Peer: id, What: Drop})
	v.note(id)
}

// remove takes a peer out of the active view; false if it is not there.
func (v *View) remove(id identity.ID) bool {
	at := v.find(id)
	if at < 0 {
		return false
	}
	v.active = slices.Delete(v.active, at, at+1)
	return true
}

// note takes a peer into the passive view; the full view forgets one: of those that were
// sent away last, else by chance.
func (v *View) note(id identity.ID) {
	if id == v.id || v.Has(id) || slices.Contains(v.passive, id) {
		return
	}
	if len(v.passive) >= v.cfg.Passive {
		at := slices.IndexFunc(v.passive, func(p identity.ID) bool { return slices.Contains(v.sent, p) })
		if at < 0 {
			at = v.rand.IntN(len(v.passive))
		}
		v.passive = slices.Delete(v.passive, at, at+1)
	}
	v.passive = append(v.passive, id)
}

func (v *View) forget(id identity.ID) {
	v.passive = slices.DeleteFunc(v.passive, func(p identity.ID) bool { return p == id })
}

// sample draws up to n of some, without those that are left out.
func (v *View) sample(from []identity.ID, n int, but ...identity.ID) (ids []identity.ID) {
	for _, i := range v.rand.Perm(len(from)) {
		if len(ids) < n && !slices.Contains(but, from[i]) {
			ids = append(ids, from[i])
		}
	}
	return ids
}

// anyActive draws an active peer other than one; zero if there is none.
func (v *View) anyActive(but identity.ID) identity.ID {
	if some := v.sample(v.Active(), 1, but); len(some) > 0 {
		return some[0]
	}
	return identity.ID{}
}
