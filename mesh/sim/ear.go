package sim

import "time"

// ear is what one listener hears. It follows the world's log of captured frames:
// each is judged, in the order of capture, once the time to play it is over.
type ear struct {
	next  int32           // the first entry of the log that is not yet judged
	own   int32           // the listener's own voice, which it does not play; or none
	since time.Duration   // frames captured before do not count
	marks []marks         // a ring of the entries from next on
	runs  []run           // by voice; one for all when speakers take turns
	ways  []time.Duration // by voice: how long a packet straight from it would take
	fault fault

	heard   bool          // any frame in time
	heardAt time.Duration // when the first came
	played  int64
	missed  int64
	twice   int64 // frames to be played that had been played before
	worst   int32 // the longest row of missing frames

	fromCapture bool // how long the straight way is does not count

	// Where marks, runs and ways are in most rooms: beside all else that a frame looks at.
	marksHere [2]marks
	runsHere  [1]run
	waysHere  [2]time.Duration
}

// marks is what is noted of 64 frames, a bit for each.
type marks struct {
	came   uint64 // the frame itself
	played uint64 // or another one that carries it, in time to be played
}

// run is a row of missing frames, which may still go on.
type run struct {
	from   time.Duration // capture of its first frame
	last   time.Duration // capture of the last frame judged, missing or not
	length int32
}

// fault is the death of a peer above, for which the listener is being watched.
type fault struct {
	at    time.Duration
	worst int32
	open  bool
}

// none stands for no voice and no peer.
const none = -1

const (
	// faultWindow is how long after a death a row of missing frames is put down to it.
	faultWindow = 10 * time.Second
	// joinGrace is how long a newcomer may wait for the first sound before missing
	// frames count against delivery. How long they waited is reported beside it.
	joinGrace = 2 * time.Second
)

// open begins to listen, for someone who arrives now, when the log has so many
// entries. window is how many frames may be captured within the slack, runs how many
// rows of missing ones can go on at the same time.
func (e *ear) open(now time.Duration, entries, window, runs int) {
	*e = ear{next: int32(entries), own: none, since: now + joinGrace}
	e.marks = within(e.marksHere[:], (window+63)/64)
	e.runs = within(e.runsHere[:], runs)
}

// within is a slice of n elements, where there is room for them if it is enough.
func within[T any](room []T, n int) []T {
	if n <= len(room) {
		return room[:n:n]
	}
	return make([]T, n)
}

// place is where an entry of the log is noted, and by which bit.
func (e *ear) place(entry int32) (at *marks, bit uint64) {
	i := int(entry) % (len(e.marks) * 64)
	return &e.marks[i/64], 1 << (i % 64)
}

// play takes a fresh frame. One that is judged already came late, and is not played.
func (e *ear) play(now, captured time.Duration, entry int32) {
	if entry < e.next {
		return
	}
	at, bit := e.place(entry)
	if at.came&bit != 0 {
		e.twice++
	}
	at.came |= bit
	e.cover(now, captured, entry)
}

// cover takes a frame that another one carries.
func (e *ear) cover(now, captured time.Duration, entry int32) {
	if entry < e.next {
		return
	}
	if !e.heard {
		e.heard, e.heardAt = true, now
		e.since = min(e.since, captured)
	}
	at, bit := e.place(entry)
	at.played |= bit
}

// way is how long a packet straight from a voice would take, as far as that counts.
func (e *ear) way(voice int32) time.Duration {
	if e.fromCapture || int(voice) >= len(e.ways) {
		return 0
	}
	return min(e.ways[voice], longestWay)
}

// judge closes the books on what could have come before a time, on the straight way.
func (e *ear) judge(before, slack time.Duration, log []spoken) {
	for ; int(e.next) < len(log) && log[e.next].at+e.way(log[e.next].voice) < before; e.next++ {
		s := log[e.next]
		at, bit := e.place(e.next)
		played := at.played&bit != 0
		at.played &^= bit
		at.came &^= bit
		if s.voice == e.own || s.at < e.since {
			continue
		}
		if played {
			e.played++
		} else {
			e.missed++
		}
		e.follow(s, played, slack)
	}
}

// follow lengthens or ends the row of missing frames that s belongs to. A pause
// in speech ends it too.
func (e *ear) follow(s spoken, played bool, slack time.Duration) {
	r := &e.runs[min(int(s.voice), len(e.runs)-1)]
	if played || s.at-r.last > 2*frameTime {
		r.length = 0
	}
	r.last = s.at
	if played {
		return
	}
	if r.length == 0 {
		r.from = s.at
	}
	r.length++
	e.worst = max(e.worst, r.length)
	// What was under way when the peer died counts as well.
	if f := &e.fault; f.open && r.from >= f.at-slack && r.from <= f.at+faultWindow {
		f.worst = max(f.worst, r.length)
	}
}

// gap is the sound that a row of missing frames would have been.
func gap(frames int32) time.Duration { return time.Duration(frames) * frameTime }
