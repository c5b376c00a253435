package sim

import (
	"fmt"
	"slices"
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

// contact is what a peer keeps of its control connection with another. There is one since the
// first message that it sent to the other, or had from it.
type contact struct {
	last     time.Duration // when the latest message to it arrives: the next comes after
	measured bool          // the machine was told the round trip
}

// contacts are those of one peer. Most have some dozens, of which a map takes twice the room,
// and to look into it is to wait for memory more often; everybody knows a community relay.
type contacts struct {
	peers []int32
	of    []contact
	at    map[int32]int32 // where they are, if there are more than fewContacts
}

const fewContacts = 128

// with is the contact with a peer, until the next call, and whether there was one before.
func (c *contacts) with(peer int32) (of *contact, known bool) {
	if at := c.find(peer); at >= 0 {
		return &c.of[at], true
	}
	c.peers = append(c.peers, peer)
	c.of = append(c.of, contact{})
	last := len(c.peers) - 1
	if c.at != nil {
		c.at[peer] = int32(last)
	} else if last == fewContacts {
		c.at = make(map[int32]int32, 2*fewContacts)
		for i, p := range c.peers {
			c.at[p] = int32(i)
		}
	}
	return &c.of[last], false
}

// find is where the contact with a peer is; negative without one.
func (c *contacts) find(peer int32) int {
	if c.at == nil {
		return slices.Index(c.peers, peer)
	}
	if at, known := c.at[peer]; known {
		return int(at)
	}
	return -1
}

// send puts a control message on its way, as bytes.
func (s *shard) send(p *peer, to identity.ID, m wire.Message) {
	data, err := wire.Marshal(m)
	if err != nil {
		s.fail(p, fmt.Errorf("machine sent %T, which has no bytes: %w", m, err))
		return
	}
	s.carry(p, to, data)
}

// carry puts the bytes of a control message on their way.
func (s *shard) carry(p *peer, to identity.ID, data []byte) {
	q := s.w.known(to)
	if q == nil || q == p {
		return
	}
	s.pays(p, int(data[0]), len(data))
	p.upload(s.now, len(data)) // what it delays is the sound, of which there is much more
	at := s.now + s.controlDelay(p, q)
	s.push(p, event{at: at, kind: controls, to: q.number, from: p.number, cargo: &cargo{data: data}})
}

// controlDelay draws how long the next control message of p to q takes. Messages of
// one peer to another arrive in the order in which they were sent.
func (s *shard) controlDelay(p, q *peer) time.Duration {
	way := s.w.cfg.Geography.latency(p.place, q.place)
	delay := way + jitter(&p.network, meanJitter(p, q))
	c, known := p.contacts.with(q.number)
	if !known {
		delay += 3 * way // the connection first: QUIC's handshake, and the choice of a protocol
	}
	for wait := 2*way + probeSlack; s.w.loses(p); wait *= 2 {
		delay += wait
		if !s.w.loses(p) { // what is sent again is sent twice (RFC 9002, section 6.2.4)
			break
		}
	}
	c.last = max(s.now+delay, c.last+1)
	return c.last - s.now
}

// loses draws whether a packet of a peer's control connection is lost.
func (w *World) loses(p *peer) bool { return w.channel.rate > 0 && chance(&p.network, w.channel.rate) }

// meanJitter is an eighth of the last miles: queues build up where the way is narrow.
func meanJitter(p, q *peer) time.Duration { return (p.place.mile + q.place.mile) / 8 }

// control is q receiving a control message, or its sender learning that it cannot.
func (s *shard) control(e *event) {
	data := e.cargo.data
	p, q := s.w.peers[e.from], s.w.peers[e.to]
	if !q.here() || s.w.apart(p, q.number) {
		s.push(q, event{at: s.now + unreachable, kind: controlFails, to: p.number, from: q.number})
		return
	}
	s.pays(q, int(data[0]), len(data))
	said, err := s.w.decode(p.id, data)
	if err != nil {
		s.fail(p, err)
		return
	}
	if c, _ := q.contacts.with(p.number); !c.measured { // the connection's handshake has shown it
		c.measured = true
		round := 2*s.w.cfg.Geography.latency(p.place, q.place) + jitter(&q.network, meanJitter(p, q))
		s.step(q, mesh.RTT{Peer: p.id, RTT: round})
	}
	s.step(q, said)
}

// controlFail is p learning that a message did not reach q.
func (s *shard) controlFail(e *event) {
	if p := s.w.peers[e.to]; p.here() {
		s.step(p, mesh.Failed{Peer: s.w.peers[e.from].id})
	}
}
