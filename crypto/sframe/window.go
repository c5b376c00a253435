package sframe

// WindowSize is how many counters back a frame may come late: 1,024 frames are
// over 20 seconds of one speaker, far beyond what can still be played.
const WindowSize = 1024

// Window tells the first copy of a frame from the next (RFC 9605 section 9.3, in
// the manner of RFC 6479). The zero value is ready; it has one owner.
type Window struct {
	bits  [WindowSize / 64]uint64 // a ring: counter c has bit c mod WindowSize
	top   uint64                  // the highest counter accepted
	begun bool
}

// Accept takes note of a counter. It is false for one that was accepted before and
// for one too old to know.
func (w *Window) Accept(ctr uint64) bool {
	if !w.begun {
		w.begun, w.top = true, ctr
	}
	if ctr > w.top {
		w.advance(ctr)
	}
	if w.Seen(ctr) {
		return false
	}
	w.bits[ctr%WindowSize/64] |= 1 << (ctr % 64)
	return true
}

// Seen tells whether a counter was accepted before or is too old to know.
func (w *Window) Seen(ctr uint64) bool {
	switch {
	case !w.begun || ctr > w.top:
		return false
	case w.top-ctr >= WindowSize:
		return true
	default:
		return w.bits[ctr%WindowSize/64]&(1<<(ctr%64)) != 0
	}
}

// Near tells whether a counter is within the window, or less than its size beyond it.
// One that is not would make the window forget all that it knows.
func (w *Window) Near(ctr uint64) bool {
	return w.begun && max(ctr, w.top)-min(ctr, w.top) < WindowSize
}

// Top is the highest counter accepted, if any was.
func (w *Window) Top() (ctr uint64, any bool) { return w.top, w.begun }

// advance moves the window up to ctr and forgets what falls out of it.
func (w *Window) advance(ctr uint64) {
	if ctr-w.top >= WindowSize {
		w.bits = [WindowSize / 64]uint64{}
	} else {
		for c := w.top; c != ctr; {
			c++
			w.bits[c%WindowSize/64] &^= 1 << (c % 64)
		}
	}
	w.top = ctr
}
