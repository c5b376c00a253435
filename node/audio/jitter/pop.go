package jitter

import (
	"time"

	"github.com/banyan-rooms/banyan/node/audio"
)

// Pop gives what to play for the next 20 ms. It is called every 20 ms.
func (b *Buffer) Pop(now time.Duration) (audio.Frame, State) {
	for len(b.queue) > 0 {
		next := b.queue[0]
		age := now - b.base - next.at
		if !b.playing {
			if age < b.Delay() {
				return audio.Frame{}, Empty
			}
			b.playing, b.cursor, b.misses = true, next.at, 0
		}
		switch {
		case next.at < b.cursor && age > b.Delay()+frame:
			b.take()
			b.stats.Late++
			continue
		case b.excess(age):
			b.take()
			b.stats.Skipped++
			b.cursor = max(b.cursor, next.at+frame)
			continue
		case next.at > b.cursor+frame/2:
			return audio.Frame{}, b.miss(!b.taken || b.ids.lost(b.last, next.seq) > 0)
		}
		b.take()
		b.stats.Played++
		b.cursor, b.misses = next.at+frame, 0
		return next.frame, OK
	}
	if !b.playing {
		return audio.Frame{}, Empty
	}
	return audio.Frame{}, b.miss(true)
}

// excess tells whether the first frame is better left out: it is held for much too
// long, or for longer than it need be and has nothing to say.
func (b *Buffer) excess(age time.Duration) bool {
	return age > b.cfg.Max+b.cfg.Patience ||
		age > b.Delay()+b.cfg.Patience && len(b.queue) > 1 && b.queue[0].frame.Level >= quiet
}

// miss passes over 20 ms for which there is no frame. After some, the next frame
// begins anew.
func (b *Buffer) miss(lost bool) State {
	if b.misses++; b.misses > maxConceal {
		b.playing = false
		return Empty
	}
	b.cursor += frame
	if lost {
		return Lost
	}
	return Empty
}

// take takes the first frame out of the queue, and counts those missing before it.
func (b *Buffer) take() {
	seq := b.queue[0].seq
	b.queue = b.queue[:copy(b.queue, b.queue[1:])]
	lost := uint64(0)
	if b.taken {
		lost = b.ids.lost(b.last, seq)
	}
	if !b.taken || lost != seq-b.last-1 { // another run, of which it is the first
		b.taken, b.first = true, seq
	}
	b.stats.Lost += lost
	b.last = seq
}
