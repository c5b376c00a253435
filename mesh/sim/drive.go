package sim

import (
	"time"

	"github.com/banyan-rooms/banyan/crypto/identity"
	"github.com/banyan-rooms/banyan/mesh"
	"github.com/banyan-rooms/banyan/mesh/wire"
)

// never is later than everything.
const never = time.Duration(1<<63 - 1)

// step lets one thing happen to a peer's machine, and does what it asks for.
func (w *World) step(p *peer, ev mesh.Event) {
	before := w.acting
	w.acting = p
	p.machine.Step(p.clock(w.now), ev)
	p.machine.Drain(w.do)
	w.acting = before
	w.arm(p)
}

// arm queues a wake for the machine's deadline. A wake that comes too early, since
// the deadline moved on, does no harm; there is one for each peer at most times.
func (w *World) arm(p *peer) {
	if p.here() {
		if at, ok := p.machine.Deadline(); ok {
			w.wakeAt(p, at)
		}
	}
}

// wakeAt queues a wake at a time by the machine's clock, unless there is an earlier one.
func (w *World) wakeAt(p *peer, at time.Duration) {
	if at = max(at+p.arrived, w.now); at < p.wake {
		p.wake = at
		w.queue.push(event{at: at, kind: wakes, to: p.number})
	}
}

// awake is a wake having come.
func (w *World) awake(p *peer) {
	if !p.here() || p.wake > w.now {
		return
	}
	p.wake = never
	switch at, ok := p.machine.Deadline(); {
	case !ok:
	case at <= p.clock(w.now):
		w.step(p, nil)
	default:
		w.wakeAt(p, at)
	}
}

// effect does one thing that the acting machine asks for.
func (w *World) effect(e mesh.Effect) {
	p := w.acting
	switch e := e.(type) {
	case mesh.Send:
		w.send(p, e.To, e.Message)
	case Say:
		w.say(p, e.To, e.Data)
	case mesh.Transmit:
		media := e.Datagram[0] == wire.KindMedia
		if k := p.links.to(&e.To); k != nil && k.open && !(p.drops && media) {
			w.transmit(p, k, parcel{data: e.Datagram}, 0)
		}
	case mesh.Dial:
		if q := w.known(e.Peer); q != nil {
			w.dial(p, q)
		}
	case mesh.HangUp:
		if q := w.known(e.Peer); q != nil {
			w.hangUp(p, q)
		}
	case mesh.Spread:
		w.spread(p, e.Data)
	case mesh.Changed:
	case mesh.Stopped:
		w.queue.push(event{at: w.now, kind: gone, to: p.number})
	}
}

// known is the peer behind an ID; nil if there never was one.
func (w *World) known(id identity.ID) *peer {
	if n, ok := w.numbers[id]; ok {
		return w.peers[n]
	}
	return nil
}
