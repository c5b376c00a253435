package sim

import (
	"fmt"
	"time"

	"github.com/banyan-rooms/banyan/crypto/identity"
	"github.com/banyan-rooms/banyan/mesh"
	"github.com/banyan-rooms/banyan/mesh/wire"
)

const (
	// probeSlack is what QUIC adds to a round trip before it sends again
	// (max_ack_delay, RFC 9002, section 6.2.1).
	probeSlack = 25 * time.Millisecond
	// unreachable is how long it takes to find out that a peer is gone: libp2p's
	// dial timeout, or an acknowledgement that never comes.
	unreachable = 5 * time.Second
	// packetOverhead is what IP and UDP (28 bytes) and QUIC or SRTP add to what is sent.
	packetOverhead = 28 + 24
)

// contact is what a peer keeps of its control connection with another.
type contact struct {
	last     time.Duration // when the latest message to it arrives: the next comes after
	measured bool          // the machine was told the round trip
}

// send puts a control message on its way, as bytes.
func (w *World) send(p *peer, to identity.ID, m wire.Message) {
	data, err := wire.Marshal(m)
	if err != nil {
		w.fail(p, fmt.Errorf("machine sent %T, which has no bytes: %w", m, err))
		return
	}
	w.carry(p, to, data)
}

// carry puts the bytes of a control message on their way.
func (w *World) carry(p *peer, to identity.ID, data []byte) {
	q := w.known(to)
	if q == nil || q == p {
		return
	}
	w.pays(p, int(data[0]), len(data))
	at := w.now + w.controlDelay(p, q)
	w.queue.push(event{at: at, kind: controls, to: q.number, from: p.number, ref: w.messages.put(data)})
}

// controlDelay draws how long the next control message of p to q takes. Messages of
// one peer to another arrive in the order in which they were sent.
func (w *World) controlDelay(p, q *peer) time.Duration {
	way := w.cfg.Geography.latency(p.place, q.place)
	delay := way + jitter(p.network, meanJitter(p, q))
	c, known := p.contacts[q.number]
	if _, back := q.contacts[p.number]; !known && !back {
		delay += 3 * way // the connection first: QUIC's handshake, and the choice of a protocol
	}
	for wait := 2*way + probeSlack; w.loses(p); wait *= 2 {
		delay += wait
		if !w.loses(p) { // what is sent again is sent twice (RFC 9002, section 6.2.4)
			break
		}
	}
	c.last = max(w.now+delay, c.last)
	p.contacts[q.number] = c
	return c.last - w.now
}

// loses draws whether a packet of a peer's control connection is lost.
func (w *World) loses(p *peer) bool { return w.channel.rate > 0 && chance(p.network, w.channel.rate) }

// meanJitter is an eighth of the last miles: queues build up where the way is narrow.
func meanJitter(p, q *peer) time.Duration { return (p.place.mile + q.place.mile) / 8 }

// control is q receiving a control message, or its sender learning that it cannot.
func (w *World) control(e *event) {
	data := *w.messages.at(e.ref)
	w.messages.drop(e.ref)
	p, q := w.peers[e.from], w.peers[e.to]
	if !q.here() || w.apart(p, q) {
		w.queue.push(event{at: w.now + unreachable, kind: controlFails, to: p.number, from: q.number})
		return
	}
	w.pays(q, int(data[0]), len(data))
	said, err := w.decode(p.id, data)
	if err != nil {
		w.fail(p, err)
		return
	}
	if c := q.contacts[p.number]; !c.measured { // the connection's handshake has shown it
		c.measured = true
		q.contacts[p.number] = c
		round := 2*w.cfg.Geography.latency(p.place, q.place) + jitter(q.network, meanJitter(p, q))
		w.step(q, mesh.RTT{Peer: p.id, RTT: round})
	}
	w.step(q, said)
}

// controlFail is p learning that a message did not reach q.
func (w *World) controlFail(e *event) {
	if p := w.peers[e.to]; p.here() {
		w.step(p, mesh.Failed{Peer: w.peers[e.from].id})
	}
}
