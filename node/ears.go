package node

import (
	"fmt"
	"maps"
	"sync"
	"time"

	"github.com/banyan-rooms/banyan/crypto/identity"
)

// ears are those who listen to a room at this node, and how loud it is. The zero
// value is ready; it is safe for concurrent use.
type ears struct {
	mu     sync.Mutex
	closed bool
	subs   map[chan Heard]struct{}
	loud   map[identity.ID]loudness
}

// loudness is how loud somebody was, and when they were last loud.
type loudness struct {
	level uint8
	at    time.Time
	spoke time.Time
}

// Hear gives the frames of others in a room as they come, until stop is called or the
// room is left; then the channel is closed. A reader that is too slow loses the
// oldest frames.
func (n *Node) Hear(room identity.RoomID) (heard <-chan Heard, stop func(), err error) {
	m, err := n.member(room)
	if err != nil {
		return nil, nil, err
	}
	c, err := m.ears.add()
	if err != nil {
		return nil, nil, err
	}
	return c, func() { m.ears.remove(c) }, nil
}

// Levels is how loud the people of a room are now, in -dBov: 0 loudest, 127 silent.
// Who was not heard of late is left out.
func (n *Node) Levels(room identity.RoomID) map[identity.ID]uint8 {
	m, err := n.member(room)
	if err != nil {
		return nil
	}
	return m.ears.levels(time.Now())
}

func (e *ears) add() (chan Heard, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	switch {
	case e.closed:
		return nil, ErrNoRoom
	case len(e.subs) >= maxSubscribers:
		return nil, fmt.Errorf("listen: %d listen to this room already", maxSubscribers)
	case e.subs == nil:
		e.subs = make(map[chan Heard]struct{})
	}
	c := make(chan Heard, inboxHeard)
	e.subs[c] = struct{}{}
	return c, nil
}

func (e *ears) remove(c chan Heard) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if _, there := e.subs[c]; there {
		delete(e.subs, c)
		close(c)
	}
}

func (e *ears) close() {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.closed = true
	for c := range e.subs {
		close(c)
	}
	clear(e.subs)
}

// hear hands a frame to all who listen. Of one who does not keep up, the oldest frame
// is dropped; it returns how many were.
func (e *ears) hear(h Heard) (dropped int) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.notice(h.Speaker, h.Frame.Level, h.Received)
	for c := range e.subs {
		for sent := false; !sent; {
			select {
			case c <- h:
				sent = true
			default:
				select {
				case <-c:
					dropped++
				default:
				}
			}
		}
	}
	return dropped
}

// note takes note of how loud somebody is.
func (e *ears) note(who identity.ID, level uint8, now time.Time) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.notice(who, level, now)
}

func (e *ears) notice(who identity.ID, level uint8, now time.Time) {
	if e.loud == nil {
		e.loud = make(map[identity.ID]loudness)
	}
	l := e.loud[who]
	l.level, l.at = level, now
	if level <= speech {
		l.spoke = now
	}
	e.loud[who] = l
}

// levels are those of the last moment; who was silent for long is forgotten.
func (e *ears) levels(now time.Time) map[identity.ID]uint8 {
	e.mu.Lock()
	defer e.mu.Unlock()
	maps.DeleteFunc(e.loud, func(_ identity.ID, l loudness) bool { return now.Sub(l.at) > time.Minute })
	levels := make(map[identity.ID]uint8, len(e.loud))
	for id, l := range e.loud {
		if now.Sub(l.at) < speakingFor {
			levels[id] = l.level
		}
	}
	return levels
}

// speaking tells whether somebody was loud a moment ago.
func (e *ears) speaking(who identity.ID, now time.Time) bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	l, ok := e.loud[who]
	return ok && !l.spoke.IsZero() && now.Sub(l.spoke) < speakingFor
}
