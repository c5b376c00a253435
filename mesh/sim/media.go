package sim

import (
	"fmt"
	"time"

	"github.com/banyan-rooms/banyan/crypto/identity"
	"github.com/banyan-rooms/banyan/crypto/sframe"
	"github.com/banyan-rooms/banyan/mesh"
	"github.com/banyan-rooms/banyan/mesh/wire"
)

// parcel is a datagram on its way, perhaps to several neighbours.
type parcel struct {
	data   []byte
	copies int32 // that have not come or been lost yet
}

const (
	// copyTime is what each further copy of a frame waits for the ones before:
	// sending one through a pion track takes 10 µs (measured, with 200 children).
	copyTime = 10 * time.Microsecond
	// sealedSize is an Opus packet of 20 ms at 24 kbit/s, with its timestamps and tag.
	sealedSize = 60 + 9 + 16
)

// noise stands for what is sealed: nobody opens it here.
var noise [sealedSize]byte

// parcel keeps a datagram that transmit is going to send.
func (w *World) parcel(data []byte) int32 { return w.parcels.put(parcel{data: data, copies: 1}) }

// transmit sends one copy of a parcel over a link. Each copy was counted before.
func (w *World) transmit(p *peer, k *link, ref int32, after time.Duration) {
	c := w.parcels.at(ref)
	if c.data[0] != wire.KindMedia {
		p.traffic += int64(len(c.data)) + packetOverhead
	}
	if w.channel.loses(p.network, &k.bad) || w.apart(p, w.peers[k.peer]) {
		w.arrived(ref)
		return
	}
	at := w.now + after + k.way + jitter(p.network, k.jitter)
	w.queue.push(event{at: at, kind: datagrams, to: k.peer, from: p.number, ref: ref, link: k.number})
}

// arrived forgets a copy of a parcel, and the parcel with the last.
func (w *World) arrived(ref int32) {
	c := w.parcels.at(ref)
	if c.copies--; c.copies == 0 {
		w.parcels.drop(ref)
	}
}

// datagram is a peer receiving a copy of a parcel.
func (w *World) datagram(e *event) {
	data := w.parcels.at(e.ref).data
	w.arrived(e.ref)
	p, from := w.peers[e.to], w.peers[e.from]
	if !p.here() {
		return
	}
	k := p.links.with(e.from)
	if k == nil || k.number != e.link || !k.open {
		return
	}
	if data[0] != wire.KindMedia {
		p.traffic += int64(len(data)) + packetOverhead
		w.step(p, mesh.Heard{From: from.id, Datagram: data})
		return
	}
	err := wire.Frames(data[1:], func(f wire.Frame, raw []byte) {
		w.measured.copies++
		w.route(p, from.id, f, raw)
	})
	if err != nil {
		w.fail(p, err)
	}
	w.arm(p)
}

// route has the machine decide about one frame, plays it and sends it on.
func (w *World) route(p *peer, from identity.ID, f wire.Frame, raw []byte) {
	to, fresh := p.machine.Route(p.clock(w.now), from, f, raw)
	if fresh && !from.IsZero() {
		w.measured.fresh++
		w.hear(p, f)
	}
	if len(to) == 0 || p.drops && !from.IsZero() {
		return
	}
	ref := w.parcels.put(parcel{data: wire.AppendMedia(nil, raw, f.Hops-1), copies: 1})
	sent := time.Duration(0)
	for i := range to {
		if k := p.links.to(&to[i]); k != nil && k.open {
			w.parcels.at(ref).copies++
			sent += copyTime
			w.transmit(p, k, ref, sent)
		}
	}
	w.arrived(ref) // this peer's own hold on it
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
	sealed := sframe.Header{KID: v.kid, CTR: ctr}.AppendTo(nil)
	raw := wire.AppendFrame(nil, talkLevel, append(sealed, noise[:]...))
	f, err := wire.ParseFrame(raw)
	if err != nil {
		w.fail(p, err)
		return
	}
	w.route(p, identity.ID{}, f, raw)
	w.arm(p)
}
