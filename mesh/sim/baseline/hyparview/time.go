package hyparview

import (
	"slices"
	"time"

	"github.com/banyan-rooms/banyan/crypto/identity"
	"github.com/banyan-rooms/banyan/mesh/sim/baseline/member"
)

// Opened says that a link is open. It is false for one that is not expected.
func (v *View) Opened(id identity.ID) bool {
	at := v.find(id)
	if at >= 0 {
		v.active[at].open, v.member = true, true
	}
	return at >= 0
}

// Closed says that a link is gone.
func (v *View) Closed(now time.Duration, id identity.ID) {
	if v.remove(id) {
		v.seek()
	}
	v.Tick(now)
}

// Failed says that a message or a link did not get to a peer: it is gone.
func (v *View) Failed(now time.Duration, id identity.ID) {
	v.forget(id)
	v.answered(id)
	v.Closed(now, id)
}

// answered forgets that a peer was asked; false if it was not.
func (v *View) answered(id identity.ID) bool {
	before := len(v.asked)
	v.asked = slices.DeleteFunc(v.asked, func(r request) bool { return r.id == id })
	return len(v.asked) < before
}

// Leave says goodbye to all.
func (v *View) Leave() {
	for _, n := range v.active {
		v.send(n.id, kindDisconnect)
		v.doings = append(v.doings, Doing{Peer: n.id, What: Drop})
	}
	v.active = nil
}

// seek begins to look for one more active peer.
func (v *View) seek() { v.seeking, v.unwilling = true, nil }

// ask asks a peer to be a neighbour.
func (v *View) ask(now time.Duration, id identity.ID, high bool) {
	if v.answered(id); len(v.asked) == maxAsked {
		return
	}
	v.asked = append(v.asked, request{id, now})
	priority := byte(0)
	if high {
		priority = 1
	}
	v.send(id, kindNeighbor, priority)
}

// Tick does what is due.
func (v *View) Tick(now time.Duration) {
	for _, n := range slices.Clone(v.active) {
		if !n.open && now >= v.patience(n) {
			v.remove(n.id)
			v.doings = append(v.doings, Doing{Peer: n.id, What: Drop})
			v.seek()
		}
	}
	for len(v.asked) > 0 && now >= v.asked[0].at+v.cfg.Answer {
		v.forget(v.asked[0].id)
		v.asked = slices.Delete(v.asked, 0, 1)
	}
	if now >= v.shuffleAt {
		v.shuffleAt = now + v.cfg.Shuffle
		v.beginShuffle()
		if len(v.active) < v.cfg.Active {
			v.seek() // some may have places now
		}
	}
	if v.seeking && len(v.asked) == 0 {
		v.promote(now)
	}
}

// patience is when a link that does not open is given up.
func (v *View) patience(n neighbor) time.Duration {
	if n.contact {
		return n.since + v.cfg.Joining
	}
	return n.since + v.cfg.Linking
}

// promote asks one of the passive peers to be active.
func (v *View) promote(now time.Duration) {
	some := v.sample(v.passive, 1, v.unwilling...)
	if len(v.active) >= v.cfg.Active || len(some) == 0 {
		v.seeking = false
		return
	}
	v.ask(now, some[0], len(v.active) == 0)
}

// beginShuffle sends some of both views on a walk.
func (v *View) beginShuffle() {
	to := v.anyActive(identity.ID{})
	if to.IsZero() {
		return
	}
	ids := v.sample(v.Active(), v.cfg.ShuffleActive, to)
	v.sent = v.sample(v.passive, v.cfg.ShufflePassive)
	v.send(to, shuffle(v.cfg.ShuffleWalk, v.id, append(ids, v.sent...))...)
}

// Deadline is when Tick wants to be called at the latest.
func (v *View) Deadline() time.Duration {
	at := v.shuffleAt
	if len(v.asked) > 0 {
		at = min(at, v.asked[0].at+v.cfg.Answer)
	}
	for i := range v.active {
		if n := &v.active[i]; !n.open {
			at = min(at, v.patience(*n))
		}
	}
	if len(v.doings) > 0 {
		at = 0
	}
	return min(at, member.Never)
}
