package hyparview

import (
	"time"

	"github.com/banyan-rooms/banyan/crypto/identity"
	"github.com/banyan-rooms/banyan/mesh/sim/baseline/member"
)

// The messages, by their first byte.
const (
	kindJoin = iota + 1
	kindForwardJoin
	kindNeighbor
	kindAccept
	kindRefuse
	kindDisconnect
	kindShuffle
	kindShuffleReply

	// Kinds is how many there are: an embedder's own begin after.
	Kinds = iota
)

// NameOf is what a message is called, by its first byte.
func NameOf(kind byte) string {
	names := [...]string{
		kindJoin: "join", kindForwardJoin: "forward-join", kindNeighbor: "neighbor", kindAccept: "accept",
		kindRefuse: "refuse", kindDisconnect: "disconnect", kindShuffle: "shuffle", kindShuffleReply: "shuffle-reply",
	}
	if int(kind) < len(names) {
		return names[kind]
	}
	return ""
}

// maxExchange bounds what a stranger's shuffle may hold.
const maxExchange = 16

// Join begins anew, with a contact that is in the room.
func (v *View) Join(now time.Duration, contact identity.ID) {
	if contact == v.id || v.Has(contact) {
		return
	}
	v.send(contact, kindJoin)
	v.connect(now, contact, true)
	v.active[v.find(contact)].contact = true
}

// Receive takes in a message. One that cannot be read, or of a kind that is not known, is
// not heard.
func (v *View) Receive(now time.Duration, from identity.ID, data []byte) {
	r := member.NewReader(data[1:])
	switch data[0] {
	case kindJoin:
		v.joined(now, from)
	case kindForwardJoin:
		if ttl, newcomer := r.Byte(), r.ID(); r.Err == nil {
			v.forwardJoin(now, from, newcomer, int(ttl))
		}
	case kindNeighbor:
		v.neighbor(now, from, r.Byte() == 1)
	case kindAccept:
		if v.answered(from) {
			v.connect(now, from, true)
		}
	case kindRefuse:
		if v.answered(from) {
			v.unwilling = append(v.unwilling, from)
		}
	case kindDisconnect:
		if v.remove(from) {
			v.doings = append(v.doings, Doing{Peer: from, What: Drop})
			v.note(from)
			v.seek()
		}
	case kindShuffle:
		ttl, origin := r.Byte(), r.ID()
		if ids := r.IDs(maxExchange); r.Err == nil {
			v.shuffled(from, origin, int(ttl), ids)
		}
	case kindShuffleReply:
		if ids := r.IDs(maxExchange); r.Err == nil {
			v.integrate(ids)
		}
	}
	v.Tick(now)
}

// joined takes a newcomer in, and sends word of it along random walks. Who is only joining
// itself takes nobody in: two newcomers that find each other would be an overlay of their
// own. The link that the newcomer dials is refused then, and it tries elsewhere.
func (v *View) joined(now time.Duration, from identity.ID) {
	if !v.member {
		return
	}
	v.connect(now, from, false)
	for _, n := range v.active {
		if n.id != from {
			v.send(n.id, append([]byte{kindForwardJoin, byte(v.cfg.ActiveWalk)}, from[:]...)...)
		}
	}
}

// forwardJoin is a walk coming by.
func (v *View) forwardJoin(now time.Duration, from, newcomer identity.ID, ttl int) {
	next := v.anyActive(from)
	if ttl == 0 || len(v.active) <= 1 || next.IsZero() {
		if newcomer != v.id && !v.Has(newcomer) {
			// The newcomer is asked as by somebody who has nobody, and so never refuses:
			// that keeps the views symmetric.
			v.ask(now, newcomer, true)
		}
		return
	}
	if ttl == v.cfg.PassiveWalk {
		v.note(newcomer)
	}
	if next == newcomer {
		return // it knows itself
	}
	v.send(next, append([]byte{kindForwardJoin, byte(ttl - 1)}, newcomer[:]...)...)
}

// neighbor is somebody asking to be one.
func (v *View) neighbor(now time.Duration, from identity.ID, high bool) {
	if !high && !v.Has(from) && len(v.active) >= v.cfg.Active {
		v.send(from, kindRefuse)
		return
	}
	v.connect(now, from, false)
	v.send(from, kindAccept)
}

// shuffled is a shuffle coming by.
func (v *View) shuffled(from, origin identity.ID, ttl int, ids []identity.ID) {
	if origin == v.id {
		return
	}
	if next := v.anyActive(from); ttl > 1 && !next.IsZero() && next != origin {
		v.send(next, shuffle(ttl-1, origin, ids)...)
		return
	}
	back := v.sample(v.passive, len(ids))
	v.sent = back
	v.send(origin, member.AppendIDs([]byte{kindShuffleReply}, back)...)
	v.integrate(append(ids, origin))
}

func shuffle(ttl int, origin identity.ID, ids []identity.ID) []byte {
	return member.AppendIDs(append([]byte{kindShuffle, byte(ttl)}, origin[:]...), ids)
}

// integrate notes what a shuffle brought.
func (v *View) integrate(ids []identity.ID) {
	for _, id := range ids {
		v.note(id)
	}
}
