package node

import (
	"slices"
	"time"

	"github.com/banyan-rooms/banyan/crypto/epoch"
	"github.com/banyan-rooms/banyan/crypto/identity"
	"github.com/banyan-rooms/banyan/crypto/proof"
	"github.com/banyan-rooms/banyan/crypto/sframe"
	"github.com/banyan-rooms/banyan/mesh/wire"
	"github.com/banyan-rooms/banyan/node/audio"
)

// hear takes a frame that came down the road, and was sent on already, to those who
// listen here: it opens it, if it is of somebody on the stage, and hands it out.
func (m *member) hear(f wire.Frame) {
	v := m.voices[f.KID]
	if v == nil || !v.onStage || v.blocked {
		return // one's own, or of nobody who may be heard
	}
	meta := wire.Metadata(f.Level)
	opened, _, err := v.key.AppendOpen(make([]byte, 0, len(f.Sealed)), meta[:], f.Sealed)
	if err != nil {
		m.n.counters.malformed.Add(1)
		return
	}
	p, proven, attached, err := parsePlain(opened)
	if err != nil {
		m.n.counters.malformed.Add(1)
		return
	}
	trusted := v.proofs.Proven()
	play, alarm, fresh := v.proofs.Take(m.play[:0], f.CTR, meta[:], proven, attached, v.said(f, p, time.Now()))
	if !fresh {
		m.score.duplicates++
	}
	for _, s := range play {
		m.hand(v, s)
	}
	clear(play)
	m.play = play
	if alarm != proof.NoAlarm {
		m.log.Warn("somebody may speak in another's voice: it is played only as far as its owner signed for it",
			"voice", v.speaker.Short(), "why", alarm)
	}
	if trusted != v.proofs.Proven() || alarm != proof.NoAlarm {
		m.reveal()
	}
}

// said is what a frame says: itself, and the one before, if it carries that.
type said struct {
	frame  Heard
	before Heard // has no packet if it is not there
}

// said reads what an opened frame says.
func (v *voice) said(f wire.Frame, p plain, now time.Time) said {
	s := said{frame: Heard{
		Speaker: v.speaker, KID: f.KID, CTR: f.CTR,
		Frame:    audio.Frame{Timestamp: p.Timestamp, Packet: p.Packet, Level: f.Level},
		Captured: capturedAt(p.Captured, now), Received: now,
	}}
	if len(p.Cover.Packet) > 0 && f.CTR > 0 {
		s.before = s.frame
		s.before.CTR--
		s.before.Frame.Timestamp -= uint32(p.Cover.Earlier)
		s.before.Frame.Packet = p.Cover.Packet
		s.before.Captured = s.frame.Captured.Add(-time.Duration(p.Cover.Earlier) * time.Second / audio.SampleRate)
	}
	return s
}

// hand hands out what a frame says, as far as it was not handed out before: each packet
// comes by itself and once more as the next one's cover, whichever is first.
func (m *member) hand(v *voice, s said) {
	for _, h := range [...]Heard{s.before, s.frame} {
		if len(h.Frame.Packet) == 0 || !v.heard.Accept(h.CTR) {
			continue
		}
		m.score.take(v, h)
		m.n.counters.unheard.Add(uint64(m.ears.hear(h)))
	}
}

// known tells whether a stream is of somebody on the stage, oneself included.
func (m *member) known(kid uint64) bool {
	v := m.voices[kid]
	return v != nil && v.onStage || m.mouth.key != nil && m.mouth.key.KID() == kid
}

// voice is one speaker in one epoch, as the others hear it.
type voice struct {
	speaker identity.ID
	epoch   uint32
	onStage bool
	blocked bool // by this person
	key     *sframe.Key
	proofs  *proof.Verifier[said] // kept while the key is in use: a frame is not played twice even after its speaker was away
	heard   sframe.Window         // what was handed out
	tally   tally
}

// hearOnly makes the people on the stage the only ones who are heard, in all epochs
// whose secrets are here.
func (m *member) hearOnly(stage []identity.ID) {
	blocked := m.n.blocks()
	for kid, v := range m.voices {
		v.onStage, v.blocked = slices.Contains(stage, v.speaker), slices.Contains(blocked, v.speaker)
		if _, live := m.secrets[v.epoch]; !live {
			m.score.settle(v)
			delete(m.voices, kid)
		}
	}
	for n, secret := range m.secrets {
		for _, id := range stage {
			kid := epoch.KID(m.id, n, id)
			if id == m.n.ID() || m.voices[kid] != nil {
				continue
			}
			key, err := secret.SenderKey(m.id, n, id)
			if err != nil {
				panic(err) // only an unknown suite can fail
			}
			m.forgetVoice()
			m.voices[kid] = &voice{
				speaker: id, epoch: n, onStage: true, blocked: slices.Contains(blocked, id), key: key,
				proofs: proof.NewVerifier[said](id, proof.Stream{Room: m.id, Epoch: n, KID: kid}),
			}
		}
	}
}

// trust is what is known about who speaks in a voice.
type trust struct {
	proven bool
	alarm  proof.Alarm
}

func (t trust) String() string {
	switch {
	case t.alarm != proof.NoAlarm:
		return t.alarm.String()
	case t.proven:
		return "proven"
	}
	return "unheard"
}

// trusts is what is known about the voices on the stage, in the epoch that each speaks
// in: the gravest.
func (m *member) trusts() map[identity.ID]trust {
	all := make(map[identity.ID]trust)
	for _, v := range m.voices {
		if t := all[v.speaker]; v.onStage {
			all[v.speaker] = trust{t.proven || v.proofs.Proven(), max(t.alarm, v.proofs.Alarm())}
		}
	}
	return all
}

// forgetVoice makes place for one more voice.
func (m *member) forgetVoice() {
	if len(m.voices) < maxForgotten {
		return
	}
	for kid, v := range m.voices {
		if !v.onStage {
			m.score.settle(v)
			delete(m.voices, kid)
			return
		}
	}
}

// tally counts what of one voice has come.
type tally struct {
	begun     bool
	base, top uint64 // the first and the last number of this run
	got       uint64
}

// restart is from which gap on a speaker's numbers tell of a restart and not of loss:
// numbers are reserved for a minute ahead, and what was reserved is not used again.
const restart = 1000

// score is how well a room is heard.
type score struct {
	received   uint64
	duplicates uint64 // that opened, and were not played
	lost       uint64 // of runs that are over
	delays     [128]int32
	delay      int // the next of delays
}

// take counts a frame.
func (s *score) take(v *voice, h Heard) {
	s.received++
	s.delays[s.delay%len(s.delays)] = int32(min(max(0, h.Received.Sub(h.Captured).Milliseconds()), 1<<30))
	s.delay++
	t := &v.tally
	switch {
	case !t.begun, h.CTR > t.top+restart:
		s.settle(v)
		v.tally = tally{begun: true, base: h.CTR, top: h.CTR, got: 1}
	default:
		t.base, t.top = min(t.base, h.CTR), max(t.top, h.CTR)
		t.got++
	}
}

// settle ends a run of a voice's numbers.
func (s *score) settle(v *voice) {
	s.lost += v.tally.lost()
	v.tally = tally{}
}

func (t tally) lost() uint64 {
	if !t.begun {
		return 0
	}
	return t.top - t.base + 1 - min(t.got, t.top-t.base+1)
}

// lostNow is what never came, as far as one can tell now.
func (m *member) lostNow() uint64 {
	lost := m.score.lost
	for _, v := range m.voices {
		lost += v.tally.lost()
	}
	return lost
}

// medianDelay is that of the last frames; 0 without any.
func (s *score) medianDelay() int {
	n := min(s.delay, len(s.delays))
	if n == 0 {
		return 0
	}
	sorted := slices.Clone(s.delays[:n])
	slices.Sort(sorted)
	return int(sorted[n/2])
}
