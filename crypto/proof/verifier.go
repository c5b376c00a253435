package proof

import (
	"github.com/banyan-rooms/banyan/crypto/identity"
	"github.com/banyan-rooms/banyan/crypto/sframe"
)

// How many frames it takes to tell a forger from loss. At 20 % loss 4 % of a speaker's
// frames stay unproven; of a forger's that leave proofs out, all do.
const (
	remembered = 100 // of the last frames it is known whether they were proven: two seconds
	fresh      = 15  // the newest of them may be proven yet
	suspicious = 30  // so many unproven are not loss any more
	harmless   = 10  // so few are, and the speaker is trusted again
)

// Alarm says what is wrong with a voice.
type Alarm uint8

// The alarms.
const (
	// NoAlarm is that nothing is.
	NoAlarm Alarm = iota
	// Unproven is that too many frames came without a proof. Either somebody speaks in
	// the speaker's voice, or somebody on the way holds the proofs back.
	Unproven
	// Forged is that a frame is certainly not the speaker's: it is not the one that the
	// speaker signed for, or where a proof must be there is none that holds.
	Forged
)

func (a Alarm) String() string {
	return [...]string{"no alarm", "unproven", "forged"}[a]
}

// Verifier tells a speaker's frames from those of somebody who has the key as well. As
// long as there is no doubt, frames may be played as they come, since proofs follow a
// moment later. After an alarm they have to wait for theirs, until the proofs have held
// for a while. T is what the caller wants back when a frame may be played. A Verifier
// has one owner.
type Verifier[T any] struct {
	speaker identity.ID
	stream  Stream
	came    sframe.Window // frames taken while there was no doubt
	proven  sframe.Window // frames proven
	last    [remembered]taken[T]
	next    int // of last
	full    bool
	signed  [remembered]claim // what the last proofs say, by number: for frames that come after them
	alarm   Alarm
	calm    int // frames since the last one that was certainly forged
}

// claim is what a proof says of a frame.
type claim struct {
	ctr  uint64
	hash hash
	made bool
}

// taken is a frame that came.
type taken[T any] struct {
	v      T
	ctr    uint64
	hash   hash
	proven bool
	waits  bool // it is not played yet
}

// NewVerifier returns a verifier for a speaker's frames under one key.
func NewVerifier[T any](speaker identity.ID, s Stream) *Verifier[T] {
	return &Verifier[T]{speaker: speaker, stream: s, calm: remembered}
}

// Proven tells whether the voice is the speaker's beyond doubt, as of the last frames.
func (v *Verifier[T]) Proven() bool {
	_, any := v.proven.Top()
	return any && v.alarm == NoAlarm
}

// Alarm is what is wrong with the voice now.
func (v *Verifier[T]) Alarm() Alarm { return v.alarm }

func (v *Verifier[T]) doubt() bool { return v.alarm != NoAlarm }

// Take takes in a frame that opened under the key, with its proof if it carries one. It
// appends to play what may be played now, this frame or others that have waited, and
// tells whether this frame raises the alarm. fresh is false for a frame that was taken
// before, or is too old to know.
func (v *Verifier[T]) Take(play []T, ctr uint64, meta, plaintext, proof []byte, frame T) (_ []T, _ Alarm, fresh bool) {
	due := Due(ctr)
	if v.seen(ctr, due) {
		return play, NoAlarm, false
	}
	own := digest(meta, plaintext)
	if due != (proof != nil) {
		return play, v.raise(Forged), true
	}
	this := taken[T]{v: frame, ctr: ctr, hash: short(own)}
	if !due {
		if c := v.signed[ctr%remembered]; c.made && c.ctr == ctr {
			if c.hash != this.hash {
				return play, v.raise(Forged), true
			}
			this.proven = true
			v.proven.Accept(ctr)
		}
		kept := v.remember(this)
		alarm := v.look()
		if kept.waits = !this.proven && (v.doubt() || v.jumps(ctr)); !kept.waits {
			v.came.Accept(ctr)
			play = append(play, frame)
		}
		return play, alarm, true
	}
	hashes, ok := v.stream.hashes(v.speaker, ctr, proof, own)
	if !ok {
		return play, v.raise(Forged), true
	}
	alarm := NoAlarm
	count := len(hashes) / hashSize
	for i := range count {
		var mismatch bool
		play, mismatch = v.prove(play, ctr-uint64(count-i), hash(hashes[i*hashSize:]))
		if mismatch {
			alarm = max(alarm, v.raise(Forged))
		}
	}
	v.proven.Accept(ctr)
	if !v.came.Near(ctr) {
		v.came = v.proven // it began anew, or somebody invented what came so far
	}
	v.came.Accept(ctr)
	this.proven = true
	v.remember(this)
	play = append(play, frame)
	return play, max(alarm, v.look()), true
}

// seen tells whether a frame was taken before, or is too old. In doubt only those count
// that are proven: else a forger could speak first, and the speaker's own frame would be
// a copy. What carries a proof speaks for itself.
func (v *Verifier[T]) seen(ctr uint64, due bool) bool {
	if v.doubt() || due || v.jumps(ctr) {
		return v.proven.Seen(ctr)
	}
	return v.came.Seen(ctr)
}

// jumps tells whether a frame is far ahead of all that is proven. So is the first one
// after a speaker's restart, and it waits for a proof: else one invented frame would
// make the speaker's own too old.
func (v *Verifier[T]) jumps(ctr uint64) bool {
	top, any := v.proven.Top()
	return any && ctr > top && !v.proven.Near(ctr)
}

// prove takes in that the speaker signed for a frame. mismatch says that another one was
// taken in its place.
func (v *Verifier[T]) prove(play []T, ctr uint64, h hash) (_ []T, mismatch bool) {
	v.signed[ctr%remembered] = claim{ctr, h, true}
	for i := range v.last {
		t := &v.last[i]
		if t.ctr != ctr || t.hash == (hash{}) {
			continue
		}
		if t.hash != h {
			mismatch = mismatch || !t.proven
			continue
		}
		t.proven = true
		if t.waits && !v.proven.Seen(ctr) {
			play = append(play, t.v)
		}
		t.waits = false
		v.proven.Accept(ctr)
	}
	return play, mismatch
}

// remember keeps a frame until its proof comes, instead of the oldest.
func (v *Verifier[T]) remember(t taken[T]) *taken[T] {
	kept := &v.last[v.next]
	*kept = t
	v.next++
	if v.next == remembered {
		v.next, v.full = 0, true
	}
	v.calm++
	return kept
}

// unproven is how many of the last frames have no proof, and should have.
func (v *Verifier[T]) unproven() int {
	n := 0
	for age := fresh; age < remembered; age++ {
		t := &v.last[(v.next-1-age+2*remembered)%remembered]
		if t.hash != (hash{}) && !t.proven {
			n++
		}
	}
	return n
}

// look raises the alarm when too many frames are unproven, and ends the doubt when
// proofs have held for long.
func (v *Verifier[T]) look() Alarm {
	n := v.unproven()
	switch {
	case n >= suspicious:
		return v.raise(Unproven)
	case v.doubt() && v.full && n <= harmless && v.calm >= remembered:
		v.alarm, v.came = NoAlarm, v.proven
	}
	return NoAlarm
}

// raise begins the doubt, or makes it graver; it returns the alarm if it is news.
func (v *Verifier[T]) raise(a Alarm) Alarm {
	if a == Forged {
		v.calm = 0
	}
	if a <= v.alarm {
		return NoAlarm
	}
	v.alarm = a
	return a
}
