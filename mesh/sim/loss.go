package sim

import (
	"fmt"
	"math/rand/v2"
)

// Loss says how a link loses packets. The zero Loss loses none.
type Loss struct {
	// Rate is the share of packets lost in the long run, in [0, 0.5].
	Rate float64
	// Burst is the mean number of packets lost in a row. Up to 1, each packet is
	// lost by itself (Bernoulli); above, losses come in bursts: a link is in a
	// good state that loses nothing or in a bad one that loses everything, and
	// moves between them with every packet (the simple Gilbert model, a case of
	// Gilbert-Elliott: E. N. Gilbert, "Capacity of a burst-noise channel", 1960).
	Burst float64
}

// Even is loss of single packets, each by itself.
func Even(rate float64) Loss { return Loss{Rate: rate} }

// Bursts is loss in runs of three packets on average, 60 ms of sound: what a
// Wi-Fi that retries, or a router that drops from the tail of its queue, does.
func Bursts(rate float64) Loss { return Loss{Rate: rate, Burst: 3} }

func (l Loss) validate() error {
	if l.Rate < 0 || l.Rate > 0.5 {
		return fmt.Errorf("loss of %v: want a share between 0 and 0.5", l.Rate)
	}
	if l.Burst < 0 || l.Burst > 1000 {
		return fmt.Errorf("loss bursts of %v packets: want at most 1000", l.Burst)
	}
	return nil
}

// channel is a Loss as thresholds for draws. One serves all links; the state of
// each is a bool of its own.
type channel struct {
	bursty bool
	rate   uint64 // of single packets
	enter  uint64 // good to bad
	leave  uint64 // bad to good
}

func newChannel(l Loss) channel {
	c := channel{rate: threshold(l.Rate), bursty: l.Burst > 1 && l.Rate > 0}
	if c.bursty {
		leave := 1 / l.Burst
		c.leave = threshold(leave)
		c.enter = threshold(leave * l.Rate / (1 - l.Rate)) // so that the bad state lasts Rate of the time
	}
	return c
}

// loses decides about one packet on a link whose state is bad.
func (c *channel) loses(r *rand.PCG, bad *bool) bool {
	if !c.bursty {
		return c.rate > 0 && chance(r, c.rate)
	}
	if *bad {
		*bad = !chance(r, c.leave)
	} else {
		*bad = chance(r, c.enter)
	}
	return *bad
}
