package web

import (
	"crypto/rand"
	"net/http"
	"sync"
	"sync/atomic"

	"github.com/pion/webrtc/v4"

	"github.com/banyan-rooms/banyan/crypto/identity"
)

// maxCalls bounds the peer connections of all pages together.
const maxCalls = 64

// call is one peer connection with a browser: a microphone or a pair of ears.
type call struct {
	id   string
	room identity.RoomID
	mic  bool
	pc   *webrtc.PeerConnection
	end  func()      // what else is to be undone; may be nil
	over atomic.Bool // failed or given up; the hub hangs it up

	mu     sync.Mutex
	closed bool
	work   sync.WaitGroup // the goroutines that read its tracks
}

// newCall opens a peer connection whose end the hub will hear of.
func newCall(api *webrtc.API, room identity.RoomID, mic bool, poke func()) (*call, error) {
	pc, err := api.NewPeerConnection(webrtc.Configuration{})
	if err != nil {
		return nil, err
	}
	c := &call{id: rand.Text(), room: room, mic: mic, pc: pc}
	pc.OnConnectionStateChange(func(s webrtc.PeerConnectionState) {
		if s == webrtc.PeerConnectionStateFailed || s == webrtc.PeerConnectionStateClosed {
			c.over.Store(true)
			poke()
		}
	})
	return c, nil
}

// hangUp ends a call and waits for all of it.
func (c *call) hangUp() {
	if c.end != nil {
		c.end()
	}
	c.mu.Lock()
	c.closed = true
	c.mu.Unlock()
	_ = c.pc.GracefulClose() // what is being thrown away cannot fail in a way that matters
	c.work.Wait()
}

// begin lets a goroutine work on the call, unless it was hung up; it must call
// work.Done.
func (c *call) begin() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.closed {
		c.work.Add(1)
	}
	return !c.closed
}

// calls are all calls that are open.
type calls struct {
	mu     sync.Mutex
	byID   map[string]*call
	closed bool
}

// add keeps a call. A microphone takes the place of the one that its room had.
func (cs *calls) add(c *call) error {
	cs.mu.Lock()
	if cs.closed || len(cs.byID) >= maxCalls {
		closed := cs.closed
		cs.mu.Unlock()
		if closed {
			return errStopping
		}
		return refuse(http.StatusTooManyRequests, "%d pages listen or speak already; close some of them", maxCalls)
	}
	var replaced *call
	for _, other := range cs.byID {
		if c.mic && other.mic && other.room == c.room {
			replaced = other
			delete(cs.byID, other.id)
		}
	}
	cs.byID[c.id] = c
	cs.mu.Unlock()
	if replaced != nil {
		replaced.hangUp()
	}
	return nil
}

// take gives the calls that are no longer wanted out of hand, to be hung up.
func (cs *calls) take(unwanted func(*call) bool) []*call {
	cs.mu.Lock()
	defer cs.mu.Unlock()
	var gone []*call
	for id, c := range cs.byID {
		if unwanted(c) {
			gone = append(gone, c)
			delete(cs.byID, id)
		}
	}
	return gone
}

// close hangs up everything, and keeps no call any more.
func (cs *calls) close() {
	cs.mu.Lock()
	cs.closed = true
	cs.mu.Unlock()
	hangUp(cs.take(func(*call) bool { return true }))
}

// mic is the ID of a room's open microphone, or empty.
func (cs *calls) mic(room identity.RoomID) string {
	cs.mu.Lock()
	defer cs.mu.Unlock()
	for _, c := range cs.byID {
		if c.mic && c.room == room {
			return c.id
		}
	}
	return ""
}

func hangUp(gone []*call) {
	for _, c := range gone {
		c.hangUp()
	}
}
