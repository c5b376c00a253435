package sim

import (
	"time"

	"github.com/banyan-rooms/banyan/mesh"
)

const (
	// linkTimeout is when a link whose other end fell silent is given up: pion's
	// ICE timeouts as node/transport/rtc sets them.
	linkTimeout = 5 * time.Second
	// dialTimeout is when a dial is given up: as node/transport/rtc has it.
	dialTimeout = 15 * time.Second
)

// An open link takes as many ways as node/transport/rtc needs after the offer has come: the
// answer goes back; then the dialler's ICE check comes, and with it q has a path; q's DTLS
// handshake (RFC 6347, without a cookie) is four flights, of which the third lets p send and
// the fourth, which p sends then, q. They are not lost here, and cost no CPU time.
const waysToDialler = 1 + 1 + 3

// dial begins to open a link from p to q: an offer travels to q.
func (s *shard) dial(p, q *peer) {
	if p.links.with(q.number) != nil {
		return // it is open, or opening by the other's dial
	}
	k := p.links.add(s.w.newLink(p, q, p.nextLink(q)))
	k.dialled = true
	s.push(p, event{at: s.now + s.controlDelay(p, q), kind: offers, to: q.number, from: p.number, link: k.number})
}

// nextLink is the number of the link that p dials now: of two peers the one has the even
// numbers, and the other the odd ones.
func (p *peer) nextLink(q *peer) uint16 {
	p.dials++
	number := p.dials << 1
	if p.number > q.number {
		number |= 1
	}
	return number
}

func (w *World) newLink(p, q *peer, number uint16) link {
	return link{
		id: q.id, peer: q.number, number: number,
		way: w.cfg.Geography.latency(p.place, q.place), jitter: meanJitter(p, q),
	}
}

// offer is q hearing that p dials. The rules are those of transport.Links: two
// peers have one link in a room; when both dial, the dial of the lower ID goes
// through; and a peer that dials though q still holds its link has lost that link.
func (s *shard) offer(e *event) {
	p, q := s.w.peers[e.from], s.w.peers[e.to]
	if !q.here() || s.w.apart(p, q.number) {
		s.push(q, event{at: s.now + unreachable, kind: dialFails, to: p.number, from: q.number, link: e.link})
		return
	}
	if !q.machine.Expects(p.id) {
		way := s.w.cfg.Geography.latency(p.place, q.place)
		s.push(q, event{at: s.now + way, kind: dialFails, to: p.number, from: q.number, link: e.link})
		return
	}
	if old := q.links.with(p.number); old != nil {
		if old.dialled && !old.open && q.id.Compare(p.id) < 0 {
			return // p will hear of q's dial, and take that
		}
		q.links.remove(p.number) // as in the node, the machine only sees another LinkUp
	}
	k := q.links.add(s.w.newLink(q, p, e.link))
	s.push(q, event{at: s.now + waysToDialler*k.way, kind: opens, to: p.number, from: q.number, link: e.link})
	s.push(q, event{at: s.now + dialTimeout, kind: dialFails, to: q.number, from: p.number, link: e.link})
}

// open is one end of a link being ready: first the dialler's, whose word lets the other have it.
func (s *shard) open(e *event) {
	p, q := s.w.peers[e.to], s.w.peers[e.from]
	k := p.links.with(q.number)
	if !p.here() || k == nil || k.number != e.link || k.open {
		return // given up meanwhile
	}
	if !q.here() || s.w.apart(p, q.number) {
		s.push(p, event{at: s.now + dialTimeout, kind: dialFails, to: p.number, from: q.number, link: e.link})
		return
	}
	if k.open = true; k.dialled {
		s.push(p, event{at: s.now + k.way, kind: opens, to: q.number, from: p.number, link: e.link})
	}
	s.step(p, mesh.LinkUp{Peer: q.id})
}

// dialFail is p giving up a dial.
func (s *shard) dialFail(e *event) {
	p, q := s.w.peers[e.to], s.w.peers[e.from]
	k := p.links.with(q.number)
	if !p.here() || k == nil || k.number != e.link || k.open {
		return
	}
	p.links.remove(q.number)
	s.step(p, mesh.Failed{Peer: q.id})
}

// hangUp closes p's end; the other end hears of it, unless the word is lost.
func (s *shard) hangUp(p, q *peer) {
	k := p.links.with(q.number)
	if k == nil {
		return
	}
	at := s.now + k.way + jitter(&p.network, k.jitter)
	if s.w.channel.loses(&p.network, &k.bad) || s.w.apart(p, q.number) {
		at = s.now + linkTimeout
	}
	s.push(p, event{at: at, kind: closes, to: q.number, from: p.number, link: k.number})
	p.links.remove(q.number)
}

// close is p noticing that a link is closed.
func (s *shard) close(e *event) {
	p, q := s.w.peers[e.to], s.w.peers[e.from]
	k := p.links.with(q.number)
	if !p.here() || k == nil || k.number != e.link {
		return
	}
	wasOpen := k.open
	p.links.remove(q.number)
	if wasOpen {
		s.step(p, mesh.LinkDown{Peer: q.id})
	} else {
		s.step(p, mesh.Failed{Peer: q.id})
	}
}
