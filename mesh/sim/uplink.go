package sim

import (
	"fmt"
	"math/rand/v2"
	"time"
)

// Uplink is a class of homes: a share of the peers, and how much such a peer can send.
// Packets leave one after the other; those that would wait longer than a router's queue is
// are dropped. What comes down is not limited: in homes it is several times as much.
type Uplink struct {
	Share float64 // of all peers but community relays; the shares of all classes make 1
	Kbps  int     // kbit/s, with the headers
}

const (
	// routerQueue is the longest that a packet waits in a home's router: a tenth of a second
	// is a well-tuned one (bufferbloat has seconds).
	routerQueue = 100 * time.Millisecond
	// leastChildren is how many children an uplink has to be worth for a peer to be a relay.
	leastChildren = 4
	// maxUplink is more than any home has.
	maxUplink = 10_000_000
)

// streamRate is what a child takes at most, in bit/s: all voices that are passed on at the same
// time, with the headers.
const streamRate = VoicesAtOnce * int64(time.Second/frameTime) * 8 * (3 + sealedSize + packetOverhead)

func validUplinks(classes []Uplink) error {
	sum := 0.0
	for _, u := range classes {
		if u.Share <= 0 || u.Kbps < 1 || u.Kbps > maxUplink {
			return fmt.Errorf("uplink of %d kbit/s for a share of %v: want 1 to %d for more than nobody", u.Kbps, u.Share, maxUplink)
		}
		sum += u.Share
	}
	if len(classes) > 0 && (sum < 0.999 || sum > 1.001) {
		return fmt.Errorf("uplinks for %.3f of the peers: want shares that make 1", sum)
	}
	return nil
}

// drawUplink draws a peer's class, and returns its bits per second: 0 is no limit.
func drawUplink(r *rand.PCG, classes []Uplink) int64 {
	if len(classes) == 0 {
		return 0
	}
	x := r.Uint64()
	for _, u := range classes[:len(classes)-1] {
		t := threshold(u.Share)
		if x < t {
			return int64(u.Kbps) * 1000
		}
		x -= t
	}
	return int64(classes[len(classes)-1].Kbps) * 1000
}

// carries is how many children an uplink is worth, with a quarter of it left for all else.
func carries(uplink int64) int { return int(uplink * 3 / 4 / streamRate) }

// upload lets a peer send so many bytes, which are on their way after a delay, unless the queue
// before them is too long.
func (p *peer) upload(now time.Duration, bytes int) (after time.Duration, sent bool) {
	if p.uplink == 0 {
		return 0, true
	}
	begin := max(now, p.busy)
	if begin-now > routerQueue {
		return 0, false
	}
	p.busy = begin + time.Duration(int64(bytes+packetOverhead)*8*int64(time.Second)/p.uplink)
	return p.busy - now, true
}
