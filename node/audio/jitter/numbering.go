package jitter

import "slices"

// A speaker's numbers begin anew with each key, and leap forward when the speaker's
// program starts again.
const (
	// restart is from which leap on numbers tell of a restart and not of loss: they
	// are reserved for a minute ahead, and what was reserved is not used again.
	restart = 1000
	// spare is the room between what came last under one key and first under the
	// next: half of it for what the old key still brings, half for what the new one
	// brings out of order.
	spare = capacity
	// maxKeys is how many keys are remembered, so that what was sealed with an old
	// one and comes late finds its place.
	maxKeys = 4
)

// numbering puts the numbers of one speaker's keys into one row.
type numbering struct {
	keys []keyRun // newest last
	top  uint64   // the highest place given out
}

// keyRun is one key.
type keyRun struct {
	key    uint64
	begin  uint64 // the first place that it may have
	offset uint64 // from number to place
}

// knows tells whether something of a key has come.
func (n *numbering) knows(key uint64) bool {
	return slices.ContainsFunc(n.keys, func(run keyRun) bool { return run.key == key })
}

// place is where a number belongs in the row. A key not seen before comes after all
// that came until then.
func (n *numbering) place(key, number uint64) uint64 {
	for _, run := range n.keys {
		if run.key == key {
			at := number + run.offset
			n.top = max(n.top, at)
			return at
		}
	}
	run := keyRun{key: key}
	if len(n.keys) > 0 {
		run.begin = n.top + spare/2
		run.offset = n.top + spare - number
	}
	if len(n.keys) == maxKeys {
		n.keys = append(n.keys[:0], n.keys[1:]...)
	}
	n.keys = append(n.keys, run)
	n.top = number + run.offset
	return n.top
}

// lost is how many frames are missing between two that follow each other in the row.
// Across keys and restarts nobody can tell, and it is none.
func (n *numbering) lost(before, next uint64) uint64 {
	if next-before > restart {
		return 0
	}
	for _, run := range n.keys {
		if before < run.begin && run.begin <= next {
			return 0
		}
	}
	return next - before - 1
}
