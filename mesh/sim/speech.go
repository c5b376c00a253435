package sim

import (
	"math/rand/v2"
	"time"

	"github.com/banyan-rooms/banyan/mesh"
)

// Speech says when the speakers talk.
type Speech uint8

const (
	// Turns is a panel: one speaker after the other, somebody always talking. No
	// pause hides a gap, so it is what gaps are measured with. The default.
	Turns Speech = iota
	// Conversation lets each speaker talk and pause by itself, with the mean
	// lengths of ITU-T P.59 (table 1). In a pause no frame is sent.
	Conversation
)

// VoicesAtOnce is how many voices reach everybody at the same time: of more, the roots of
// the trees send the loudest on.
const VoicesAtOnce = mesh.VoicesAtOnce

const (
	frameTime = 20 * time.Millisecond   // one frame of sound
	talkSpurt = 1004 * time.Millisecond // ITU-T P.59
	pause     = 1587 * time.Millisecond // ITU-T P.59
	turn      = 8 * time.Second         // a guess: panels differ
)

// Levels on the wire, in -dBov: somebody talking, and the stage's own hush.
const talkLevel = 30

// voice is one speaker's stream.
type voice struct {
	peer    int32
	kid     uint64
	talking bool
	ticking bool    // a capture is in the queue
	frames  []int32 // by counter: where the frame is in the world's log
}

// spoken is one captured frame in the world's log, which is in order of capture.
type spoken struct {
	at    time.Duration
	voice int32
}

// planSpeech gives the speakers their voices, and one of them the word.
func (w *World) planSpeech() {
	w.speech = stream(w.cfg.Seed, 0, forSpeech)
	for n := range int32(w.cfg.Speakers) {
		kid := mix(uint64(n)) >> 8 // epoch 0 and 56 bits that tell the speakers apart
		w.voices = append(w.voices, voice{peer: int32(w.cfg.Community) + n, kid: kid})
		w.voiceOf[kid] = n
		if n == 0 || w.cfg.Speech == Conversation {
			w.push(event{kind: talks, link: uint16(n), to: w.voices[n].peer})
		}
	}
}

// talk is a voice's change: it begins to talk or to pause, or gives the word to the next.
func (w *World) talk(n int32) {
	if v := &w.voices[n]; !v.talking || w.cfg.Speech == Conversation {
		v.talking = !v.talking
	} else if others := len(w.voices) - 1; others > 0 {
		v.talking = false
		n = (n + 1 + int32(below(w.speech, others))) % int32(len(w.voices))
		w.voices[n].talking = true
	}
	v := &w.voices[n]
	w.push(event{at: w.now + nextTalk(w.speech, w.cfg.Speech, v.talking), kind: talks, link: uint16(n), to: v.peer})
	if v.talking && !v.ticking {
		v.ticking = true
		w.push(event{at: w.now + between(w.speech, 0, frameTime), kind: captures, link: uint16(n), to: v.peer})
	}
}

// nextTalk draws how long a voice stays as it is now.
func nextTalk(r *rand.PCG, s Speech, talking bool) time.Duration {
	switch {
	case s == Turns:
		return exponential(r, turn)
	case talking:
		return exponential(r, talkSpurt)
	default:
		return exponential(r, pause)
	}
}
