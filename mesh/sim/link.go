package sim

import (
	"encoding/binary"
	"time"

	"github.com/banyan-rooms/banyan/crypto/identity"
)

// link is one peer's half of a link with a neighbour.
type link struct {
	id      identity.ID   // the neighbour's: of what comes from it, nobody has to look at it
	way     time.Duration // the latency of the emptiest packet
	jitter  time.Duration // the mean of what comes on top
	peer    int32
	number  uint16 // the same on both sides, so that what belongs to an earlier link is known by it
	open    bool   // the machine was told
	dialled bool   // by this side
	bad     bool   // the state of Loss of what is sent this way
}

// tagOf is a part of an ID that is as good as all of it: keys are not chosen here.
func tagOf(id *identity.ID) uint64 { return binary.LittleEndian.Uint64(id[:8]) }

// links are the neighbours of one peer. There are a few dozen at most, asked for
// in the same order frame after frame, so a search goes on where the last one ended.
type links struct {
	all  []link
	last int
}

// to finds the link with a neighbour by its ID; nil without one.
func (l *links) to(id *identity.ID) *link {
	tag := tagOf(id)
	for i := range l.all {
		at := l.last + i
		if at >= len(l.all) {
			at -= len(l.all)
		}
		if tagOf(&l.all[at].id) == tag {
			l.last = at + 1
			return &l.all[at]
		}
	}
	return nil
}

// with finds the link with a neighbour by its number as a peer.
func (l *links) with(peer int32) *link {
	for i := range l.all {
		if l.all[i].peer == peer {
			return &l.all[i]
		}
	}
	return nil
}

// add keeps a new link and returns it, until the next add or remove.
func (l *links) add(k link) *link {
	l.all = append(l.all, k)
	return &l.all[len(l.all)-1]
}

// remove forgets the link with a neighbour.
func (l *links) remove(peer int32) {
	for i := range l.all {
		if l.all[i].peer == peer {
			l.all = append(l.all[:i], l.all[i+1:]...)
			l.last = 0
			return
		}
	}
}
