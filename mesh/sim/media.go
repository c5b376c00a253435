package sim

import (
	"fmt"
	"time"

	"github.com/banyan-rooms/banyan/crypto/identity"
	"github.com/banyan-rooms/banyan/crypto/sframe"
	"github.com/banyan-rooms/banyan/mesh"
	"github.com/banyan-rooms/banyan/mesh/wire"
)

// cargo is what an event brings to a peer. It is not changed any more once it is under way.
type cargo struct {
	data   []byte       // a message or a datagram as a machine made it, or a whole frame
	said   *said        // the frame, if it is one that is passed on
	gossip *mesh.Gossip // what data says, if it came by the topic
}

// said is a frame, which all its copies share.
type said struct {
	frame  wire.Frame
	voice  int32
	entry  int32 // in the world's log
	before int32 // the entry of the frame that it carries as well, or none
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

// said is the frame that an event brings, as it comes.
func (e *event) said() wire.Frame {
	f := e.cargo.said.frame
	f.Link, f.Hops = e.frame, e.hops
	return f
}

// transmit sends a datagram over a link, as the event of its coming.
func (s *shard) transmit(p *peer, k *link, e event, after time.Duration) {
	if c := e.cargo; c.said == nil && c.data[0] != wire.KindMedia {
		s.pays(p, kindOnLinks+int(c.data[0]), len(c.data))
	}
	queued, sent := p.upload(s.now, len(e.cargo.data))
	if !sent || s.w.channel.loses(&p.network, &k.bad) || s.w.apart(p, k.peer) {
		return
	}
	after = max(after, queued)
	e.at, e.kind = s.now+after+k.way+jitter(&p.network, k.jitter), datagrams
	e.to, e.from, e.link = k.peer, p.number, k.number
	s.push(p, e)
}

// datagram is a peer receiving a datagram.
func (s *shard) datagram(e *event) {
	p := s.w.peers[e.to]
	if !p.here() {
		return
	}
	k, c := p.links.with(e.from), e.cargo
	switch {
	case k == nil || k.number != e.link || !k.open:
		return
	case c.said != nil:
		s.counted.copies++
		s.route(p, k.id, e.said(), c)
	case c.data[0] == wire.KindMedia:
		from := k.id // k is somewhere else if a step makes links
		err := wire.Frames(c.data[1:], func(f wire.Frame, raw []byte) {
			s.counted.copies++
			s.again(p, from, f, raw)
		})
		if err != nil {
			s.fail(p, err)
		}
	default:
		s.pays(p, kindOnLinks+int(c.data[0]), len(c.data))
		s.step(p, mesh.Heard{From: k.id, Datagram: c.data})
	}
}

// again is a frame coming that a machine has sent as bytes.
func (s *shard) again(p *peer, from identity.ID, f wire.Frame, raw []byte) {
	n, ok := s.w.voiceOf[f.KID]
	if !ok || f.CTR >= uint64(len(s.w.voices[n].frames)) {
		s.fail(p, fmt.Errorf("frame %d of stream %x was never captured", f.CTR, f.KID))
		return
	}
	s.route(p, from, f, &cargo{data: raw, said: s.w.said(n, f)})
}

// said is a frame of a voice, with what the world knows of it.
func (w *World) said(n int32, f wire.Frame) *said {
	v := &w.voices[n]
	before := int32(none)
	if f.CTR > 0 && f.Sealed[len(f.Sealed)-1] == 1 {
		before = v.frames[f.CTR-1]
	}
	return &said{frame: f, voice: n, entry: v.frames[f.CTR], before: before}
}

// route has the machine decide about one frame, plays it and sends it on.
func (s *shard) route(p *peer, from identity.ID, f wire.Frame, c *cargo) {
	to, fresh := p.machine.Route(p.clock(s.now), from, f, c.data)
	if fresh && !from.IsZero() {
		s.counted.fresh++
		s.hear(p, c.said)
	}
	if p.machine.Hastened() {
		s.arm(p)
	}
	if len(to) == 0 || p.drops && !from.IsZero() {
		return
	}
	copied := time.Duration(0)
	for i := range to {
		if k := p.links.to(&to[i].Peer); k != nil && k.open {
			copied += copyTime
			s.transmit(p, k, event{cargo: c, frame: to[i].Link, hops: f.Hops - 1}, copied)
		}
	}
}

// hear plays a fresh frame.
func (s *shard) hear(p *peer, f *said) {
	if !p.listens {
		return
	}
	w := s.w
	captured := w.log[f.entry].at
	s.counted.heard(p, s.now-captured, f.voice)
	p.ear.judge(s.now-w.cfg.Slack, w.cfg.Slack, w.log)
	p.ear.play(s.now, captured, f.entry)
	if f.before != none {
		p.ear.cover(s.now, w.log[f.before].at, f.before)
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
	w.push(event{at: w.now + frameTime, kind: captures, to: v.peer, link: uint16(n)})
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
		w.of(p).fail(p, err)
		return
	}
	w.of(p).route(p, identity.ID{}, f, &cargo{data: raw, said: w.said(n, f)})
}
