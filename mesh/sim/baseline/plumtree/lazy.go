package plumtree

import (
	"slices"
	"time"

	"github.com/banyan-rooms/banyan/crypto/identity"
	"github.com/banyan-rooms/banyan/mesh"
	"github.com/banyan-rooms/banyan/mesh/sim/baseline/member"
	"github.com/banyan-rooms/banyan/mesh/wire"
)

// maxMissing is how many payloads are waited for at most.
const maxMissing = 256

// missing is a payload that somebody has told of and that has not come.
type missing struct {
	payload payload
	askAt   time.Duration
	tellers []teller // who were not asked yet, in the order in which they told
}

// teller is who has a payload, and how many hops it would come.
type teller struct {
	id    identity.ID
	round uint8
}

// tell puts word of a payload by for a lazy neighbour.
func (m *Machine) tell(now time.Duration, n *neighbor, w word) {
	if n.words = append(n.words, w); m.flushAt == 0 {
		m.flushAt = max(1, now+max(0, m.cfg.Batch))
	}
}

// flush sends what was put by.
func (m *Machine) flush() {
	m.flushAt = 0
	for i := range m.neighbors {
		n := &m.neighbors[i]
		for some := range slices.Chunk(n.words, maxWord) {
			m.Emit(mesh.Transmit{To: n.id, Datagram: ihave(some)})
		}
		n.words = n.words[:0]
	}
}

// told is a neighbour saying what it has.
func (m *Machine) told(now time.Duration, from identity.ID, datagram []byte) {
	if m.find(from) == nil || datagram[0] != kindIHave {
		return
	}
	for r := member.NewReader(datagram[1:]); r.More(); {
		round, p := r.Byte(), readPayload(r)
		if r.Err != nil || m.Had(p.kid, p.ctr) {
			continue
		}
		at := slices.IndexFunc(m.missing, func(x missing) bool { return x.payload == p })
		if at < 0 {
			if len(m.missing) == maxMissing {
				return
			}
			at = len(m.missing)
			m.missing = append(m.missing, missing{payload: p, askAt: now + m.cfg.Missing})
		}
		x := &m.missing[at]
		x.tellers = append(x.tellers, teller{from, round})
	}
}

// found forgets that a payload was missing.
func (m *Machine) found(p payload) {
	m.missing = slices.DeleteFunc(m.missing, func(x missing) bool { return x.payload == p })
}

// ask asks for what has been missing for long, the first who told of it. Nobody is left to
// ask for some: those are given up.
func (m *Machine) ask(now time.Duration) {
	type request struct {
		to       identity.ID
		payloads []payload
	}
	var requests []request
	m.missing = slices.DeleteFunc(m.missing, func(x missing) bool { return now >= x.askAt && len(x.tellers) == 0 })
	for i := range m.missing {
		x := &m.missing[i]
		if now < x.askAt {
			continue
		}
		to := x.tellers[0].id
		x.tellers, x.askAt = x.tellers[1:], now+m.cfg.Next
		at := slices.IndexFunc(requests, func(r request) bool { return r.to == to })
		if at < 0 {
			at = len(requests)
			requests = append(requests, request{to: to})
		}
		requests[at].payloads = append(requests[at].payloads, x.payload)
	}
	for _, r := range requests {
		if n := m.find(r.to); n != nil {
			n.lazy = false
			m.Say(r.to, graft(r.payloads...))
		}
	}
}

// grafted makes a neighbour eager again, and sends it what it misses.
func (m *Machine) grafted(now time.Duration, from identity.ID, body []byte) {
	n := m.find(from)
	if n == nil {
		return
	}
	n.lazy = false
	for r := member.NewReader(body); r.More(); {
		p := readPayload(r)
		if k := m.stored(p); r.Err == nil && k != nil && now <= k.at+m.cfg.Kept {
			m.Emit(mesh.Transmit{To: from, Datagram: wire.AppendMedia(nil, k.raw, k.hops-1, 0)})
		}
	}
}

// optimise swaps the sender of a payload for one who told of it over a far shorter way.
func (m *Machine) optimise(p payload, sender *neighbor) {
	at := slices.IndexFunc(m.missing, func(x missing) bool { return x.payload == p })
	if m.cfg.Threshold < 0 || at < 0 {
		return
	}
	for _, t := range m.missing[at].tellers {
		if n := m.find(t.id); n != nil && int(int8(m.rounds-t.round)) >= m.cfg.Threshold {
			n.lazy = false
			m.Say(t.id, graft())
			m.prune(sender)
			return
		}
	}
}
