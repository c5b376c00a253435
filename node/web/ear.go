package web

import (
	"sync"
	"time"

	"github.com/pion/rtp"
	"github.com/pion/webrtc/v4"

	"github.com/banyan-rooms/banyan/crypto/identity"
	"github.com/banyan-rooms/banyan/node"
)

// ear takes the frames that are heard in one room to the WHEP sessions that listen.
type ear struct {
	stop func()        // ends the frames
	done chan struct{} // closed when the goroutine has ended
	poke func()        // tells the hub that slots changed

	mu        sync.Mutex
	slots     *slots // shared by all who offer enough sections
	listeners map[string]*listener
}

// listener is one WHEP session.
type listener struct {
	tracks  []*webrtc.TrackLocalStaticRTP
	numbers []rewriter
	own     *slots // nil: the room's
}

func newEar(heard <-chan node.Heard, stop, poke func()) *ear {
	e := &ear{
		stop: stop, done: make(chan struct{}), poke: poke, slots: newSlots(Slots),
		listeners: make(map[string]*listener),
	}
	go func() {
		defer close(e.done)
		for h := range heard {
			e.hear(h, time.Now())
		}
	}()
	return e
}

// close ends the ear and waits for it.
func (e *ear) close() {
	e.stop()
	<-e.done
}

// hear takes one frame to all who listen.
func (e *ear) hear(h node.Heard, now time.Time) {
	e.mu.Lock()
	defer e.mu.Unlock()
	slot, heard, changed := e.slots.of(h.Speaker, h.Frame.Level, now)
	if changed {
		e.poke()
	}
	for _, l := range e.listeners {
		at, ok := slot, heard
		if l.own != nil {
			at, ok, _ = l.own.of(h.Speaker, h.Frame.Level, now)
		}
		if ok {
			l.send(at, h, now)
		}
	}
}

// send writes a frame into a slot. A session that cannot take it is about to be
// hung up; sound is never sent twice.
func (l *listener) send(slot int, h node.Heard, now time.Time) {
	seq, timestamp, marker := l.numbers[slot].next(h, now)
	_ = l.tracks[slot].WriteRTP(&rtp.Packet{
		Header:  rtp.Header{Version: 2, SequenceNumber: seq, Timestamp: timestamp, Marker: marker},
		Payload: h.Frame.Packet,
	})
}

// stage sets who else is on stage, and returns who holds which slot.
func (e *ear) stage(on []identity.ID) map[int]identity.ID {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.slots.stage(on)
	for _, l := range e.listeners {
		if l.own != nil {
			l.own.stage(on)
		}
	}
	return e.slots.table()
}

// add lets a session listen, one slot to each track.
func (e *ear) add(id string, tracks []*webrtc.TrackLocalStaticRTP) {
	l := &listener{tracks: tracks, numbers: make([]rewriter, len(tracks))}
	if len(tracks) < Slots {
		l.own = newSlots(len(tracks))
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	e.listeners[id] = l
}

// remove ends a session's listening.
func (e *ear) remove(id string) {
	e.mu.Lock()
	defer e.mu.Unlock()
	delete(e.listeners, id)
}
