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
// the fourth q. They are not lost here, and cost no CPU time.
const (
	waysToDialler = 1 + 1 + 3
	waysToDialled = 1 + 1 + 4
)

// dial begins to open a link from p to q: an offer travels to q.
func (w *World) dial(p, q *peer) {
	if p.links.with(q.number) != nil {
		return // it is open, or opening by the other's dial
	}
	w.linked++
	k := p.links.add(w.newLink(p, q, w.linked))
	k.dialled = true
	w.queue.push(event{at: w.now + w.controlDelay(p, q), kind: offers, to: q.number, from: p.number, link: k.number})
}

func (w *World) newLink(p, q *peer, number uint16) link {
	return link{
		peer: q.number, number: number, tag: tagOf(&q.id),
		way: w.cfg.Geography.latency(p.place, q.place), jitter: meanJitter(p, q),
	}
}

// offer is q hearing that p dials. The rules are those of transport.Links: two
// peers have one link in a room; when both dial, the dial of the lower ID goes
// through; and a peer that dials though q still holds its link has lost that link.
func (w *World) offer(e *event) {
	p, q := w.peers[e.from], w.peers[e.to]
	if !q.here() || w.apart(p, q) {
		w.queue.push(event{at: w.now + unreachable, kind: dialFails, to: p.number, from: q.number, link: e.link})
		return
	}
	if !q.machine.Expects(p.id) {
		way := w.cfg.Geography.latency(p.place, q.place)
		w.queue.push(event{at: w.now + way, kind: dialFails, to: p.number, from: q.number, link: e.link})
		return
	}
	if old := q.links.with(p.number); old != nil {
		if old.dialled && !old.open && q.id.Compare(p.id) < 0 {
			return // p will hear of q's dial, and take that
		}
		q.links.remove(p.number) // as in the node, the machine only sees another LinkUp
	}
	k := q.links.add(w.newLink(q, p, e.link))
	if mine := p.links.with(q.number); mine != nil {
		mine.number = e.link // where both dialled
	}
	w.queue.push(event{at: w.now + waysToDialler*k.way, kind: opens, to: p.number, from: q.number, link: e.link})
	w.queue.push(event{at: w.now + waysToDialled*k.way, kind: opens, to: q.number, from: p.number, link: e.link})
}

// open is one end of a link being ready.
func (w *World) open(e *event) {
	p, q := w.peers[e.to], w.peers[e.from]
	k := p.links.with(q.number)
	if !p.here() || k == nil || k.number != e.link {
		return // given up meanwhile
	}
	other := q.links.with(p.number)
	if !q.here() || w.apart(p, q) || other == nil || other.number != e.link {
		w.queue.push(event{at: w.now + dialTimeout, kind: dialFails, to: p.number, from: q.number, link: e.link})
		return
	}
	k.open = true
	w.step(p, mesh.LinkUp{Peer: q.id})
}

// dialFail is p giving up a dial.
func (w *World) dialFail(e *event) {
	p, q := w.peers[e.to], w.peers[e.from]
	k := p.links.with(q.number)
	if !p.here() || k == nil || k.number != e.link || k.open {
		return
	}
	p.links.remove(q.number)
	w.step(p, mesh.Failed{Peer: q.id})
}

// hangUp closes p's end; the other end hears of it, unless the word is lost.
func (w *World) hangUp(p, q *peer) {
	k := p.links.with(q.number)
	if k == nil {
		return
	}
	at := w.now + k.way + jitter(p.network, k.jitter)
	if w.channel.loses(p.network, &k.bad) || w.apart(p, q) {
		at = w.now + linkTimeout
	}
	w.queue.push(event{at: at, kind: closes, to: q.number, from: p.number, link: k.number})
	p.links.remove(q.number)
}

// close is p noticing that a link is closed.
func (w *World) close(e *event) {
	p, q := w.peers[e.to], w.peers[e.from]
	k := p.links.with(q.number)
	if !p.here() || k == nil || k.number != e.link {
		return
	}
	wasOpen := k.open
	p.links.remove(q.number)
	if wasOpen {
		w.step(p, mesh.LinkDown{Peer: q.id})
	} else {
		w.step(p, mesh.Failed{Peer: q.id})
	}
}
