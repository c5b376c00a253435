package sim

import (
	"fmt"
	"time"

	"github.com/banyan-rooms/banyan/crypto/identity"
	"github.com/banyan-rooms/banyan/crypto/sframe"
	"github.com/banyan-rooms/banyan/mesh"
	"github.com/banyan-rooms/banyan/mesh/wire"
)

// parcel is a datagram on its way: one as a machine made it, or a frame that is passed
// on, whose datagram nobody needs to see as bytes.
type parcel struct {
	data []byte // the datagram; nil of a frame
	said *said  // the frame, if it is one
	link uint16 // its number there
	hops uint8  // that it has left
}

// said is a frame, which all its copies share.
type said struct {
	frame wire.Frame
	raw   []byte
}

// frame is the frame as it comes.
func (c *parcel) frame() wire.Frame {
	f := c.said.frame
	f.Link, f.Hops = c.link, c.hops
	return f
}

const (
	// copyTime is what each further copy of a frame waits for the ones before:
	// sending one through a pion track takes 10 µs (measured, with 200 children).
	copyTime = 10 * time.Microsecond
	// sealedSize is an Opus packet of 20 ms at 24 kbit/s, with its timestamps and tag.
	sealedSize = 60 + 9 + 16
	// coverSize is what the frame before adds: its packet and how long that is.
	coverSize = 60 + 2
)

// noise stands for what is sealed: nobody opens it here. The last byte tells whether the
// frame carries the one before it.
var plainNoise, coverNoise = make([]byte, sealedSize), append(make([]byte, sealedSize+coverSize-1), 1)

// covers tells whether a frame carries the one before it.
func covers(f wire.Frame) bool { return f.Sealed[len(f.Sealed)-1] == 1 }

// transmit sends a parcel over a link.
func (w *World) transmit(p *peer, k *link, c parcel, after time.Duration) {
	if c.said == nil && c.data[0] != wire.KindMedia {
		w.pays(p, kindOnLinks+int(c.data[0]), len(c.data))
	}
	if w.channel.loses(p.network, &k.bad) || w.apart(p, w.peers[k.peer]) {
		return
	}
	at := w.now + after + k.way + jitter(p.network, k.jitter)
	w.queue.push(event{at: at, kind: datagrams, to: k.peer, from: p.number, ref: w.parcels.put(c), link: k.number})
}

// datagram is a peer receiving a parcel.
func (w *World) datagram(e *event) {
	c := *w.parcels.at(e.ref)
	w.parcels.drop(e.ref)
	p, from := w.peers[e.to], w.peers[e.from]
	if !p.here() {
		return
	}
	k := p.links.with(e.from)
	switch {
	case k == nil || k.number != e.link || !k.open:
		return
	case c.said != nil:
		w.measured.copies++
		w.route(p, from.id, c.frame(), c.said)
	case c.data[0] == wire.KindMedia:
		err := wire.Frames(c.data[1:], func(f wire.Frame, raw []byte) {
			w.measured.copies++
			w.route(p, from.id, f, &said{f, raw})
		})
		if err != nil {
			w.fail(p, err)
		}
	default:
		w.pays(p, kindOnLinks+int(c.data[0]), len(c.data))
		w.step(p, mesh.Heard{From: from.id, Datagram: c.data})
	}
}

// route has the machine decide about one frame, plays it and sends it on.
func (w *World) route(p *peer, from identity.ID, f wire.Frame, s *said) {
	to, fresh := p.machine.Route(p.clock(w.now), from, f, s.raw)
	if fresh && !from.IsZero() {
		w.measured.fresh++
		w.hear(p, f)
	}
	if p.machine.Hastened() {
		w.arm(p)
	}
	if len(to) == 0 || p.drops && !from.IsZero() {
		return
	}
	sent := time.Duration(0)
	for i := range to {
		if k := p.links.to(&to[i].Peer); k != nil && k.open {
			sent += copyTime
			w.transmit(p, k, parcel{said: s, link: to[i].Link, hops: f.Hops - 1}, sent)
		}
	}
}

// hear plays a fresh frame.
func (w *World) hear(p *peer, f wire.Frame) {
	v, ok := w.voiceOf[f.KID]
	if !ok || f.CTR >= uint64(len(w.voices[v].frames)) {
		w.fail(p, fmt.Errorf("frame %d of stream %x was never captured", f.CTR, f.KID))
		return
	}
	if !p.listens {
		return
	}
	entry := w.voices[v].frames[f.CTR]
	captured := w.log[entry].at
	w.measured.heard(w, p, w.now-captured, w.voices[v].peer)
	p.ear.judge(w.now-w.cfg.Slack, w.cfg.Slack, w.log)
	p.ear.play(w.now, captured, entry)
	if f.CTR > 0 && covers(f) {
		before := w.voices[v].frames[f.CTR-1]
		p.ear.cover(w.now, w.log[before].at, before)
	}
}

// capture is a voice's next frame: it goes to its own machine first.
func (w *World) capture(n int32) {
	v := &w.voices[n]
	p := w.peers[v.peer]
	v.ticking = v.talking
	if !v.ticking {
		return
	}
	w.queue.push(event{at: w.now + frameTime, kind: captures, to: v.peer, ref: n})
	if !p.here() {
		return
	}
	ctr := uint64(len(v.frames))
	v.frames = append(v.frames, int32(len(w.log)))
	w.log = append(w.log, spoken{at: w.now, voice: n})
	trees, cover := p.machine.Way(ctr)
	noise := plainNoise
	if cover {
		noise = coverNoise
	}
	sealed := sframe.Header{KID: v.kid, CTR: ctr}.AppendTo(make([]byte, 0, 32+len(noise)))
	raw := wire.AppendFrame(nil, trees, talkLevel, append(sealed, noise...))
	f, err := wire.ParseFrame(raw)
	if err != nil {
		w.fail(p, err)
		return
	}
	w.route(p, identity.ID{}, f, &said{f, raw})
}
