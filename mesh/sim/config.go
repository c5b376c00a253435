package sim

import (
	"fmt"
	"io"
	"time"

	"github.com/banyan-rooms/banyan/mesh/wire"
)

// Config is all that a world can be told. The zero value of a field is its
// default, except for Peers, which has none.
type Config struct {
	Seed  uint64 // names the run: the same Config gives the same trace
	Peers int    // in the room at any time, when Churn replaces those who leave

	// Community is how many of the peers are community relays: servers that stay,
	// in data centres, without anyone listening. 0 means 1; a room of peers alone
	// has a negative number.
	Community int
	// Relays is the share of the other peers that are willing to forward and that
	// strangers can dial. 0 means 0.3; a negative number means none. The rest are
	// listeners behind a NAT, or on a battery.
	Relays float64
	// MaxChildren is how many children a willing peer feeds; 0 means 24.
	MaxChildren int
	// Trees is how many trees the room may have; 0 means as many as there can be.
	Trees int
	// CommunityChildren is the same for a community relay; 0 means 64.
	CommunityChildren int

	Speakers int           // on the stage; 0 means 2
	Speech   Speech        // when they talk
	Slack    time.Duration // a frame that comes later than this after a packet straight from the speaker could is not played; 0 means 200 ms
	// FromCapture counts the slack from the capture, wherever the listener is: as a real
	// node does, which knows of no straight way.
	FromCapture bool

	Uplinks   []Uplink      // how much peers can send; none means that all can send all
	Geography Geography     // where peers live; zero means Continent
	Loss      Loss          // of datagrams on each link, and of what control is retransmitted for
	Arrivals  time.Duration // listeners arrive evenly over this time; 0 means 5 s
	Churn     Churn

	Faults []Fault // in any order

	// Protocol is what the peers run; nil means Banyan's mesh.
	Protocol *Maker

	// Invariants are checked after every event; nil means Invariants().
	Invariants []Invariant
	// Cores is how many goroutines a large world runs on; 0 means GOMAXPROCS. What happens
	// does not depend on it.
	Cores  int
	shards int // for tests; 0 means as many as are worth it

	// Trace receives one line of text for each event; nil means none. It costs
	// more time than everything else together.
	Trace io.Writer
}

// Churn is how people come and go. The zero Churn is a room that nobody leaves.
// Speakers and community relays stay.
type Churn struct {
	// Rate is the share of the peers that leave in a minute: sessions last
	// 1/Rate minutes on average and are exponential. Somebody new arrives for
	// each who left, a second later on average.
	Rate float64
	// Graceful is the share of those who say goodbye; the others crash.
	Graceful float64
}

// Bounds on what a world can be told; a typing error should not take the machine down.
const (
	maxPeers    = 1_000_000
	maxSpeakers = 16   // MESH: a stage holds up to sixteen
	maxRate     = 60.0 // everybody leaves within a second
	maxSlack    = time.Second
)

// withDefaults returns the Config with its zero fields filled in.
func (c Config) withDefaults() Config {
	fill(&c.Community, 1)
	fill(&c.Relays, 0.3)
	fill(&c.MaxChildren, 24)
	fill(&c.CommunityChildren, 64)
	fill(&c.Speakers, 2)
	fill(&c.Slack, 200*time.Millisecond)
	fill(&c.Arrivals, 5*time.Second)
	if c.Geography.Regions == nil {
		c.Geography = Continent()
	}
	if c.Invariants == nil {
		c.Invariants = Invariants()
		if c.Protocol != nil {
			c.Invariants = otherInvariants()
		}
	}
	c.Community = max(0, c.Community)
	c.Relays = max(0, c.Relays)
	return c
}

func fill[T comparable](field *T, value T) {
	var zero T
	if *field == zero {
		*field = value
	}
}

// Validate says what a world could not be made of.
func (c Config) Validate() error {
	c = c.withDefaults()
	switch {
	case c.Peers < 2 || c.Peers > maxPeers:
		return fmt.Errorf("%d peers: want 2 to %d", c.Peers, maxPeers)
	case c.Trees < 0 || c.Trees > wire.MaxTrees:
		return fmt.Errorf("%d trees: want 1 to %d", c.Trees, wire.MaxTrees)
	case c.Speakers < 1 || c.Speakers > maxSpeakers:
		return fmt.Errorf("%d speakers: want 1 to %d", c.Speakers, maxSpeakers)
	case c.Community+c.Speakers > c.Peers:
		return fmt.Errorf("%d community relays and %d speakers do not fit in %d peers", c.Community, c.Speakers, c.Peers)
	case c.Relays > 1:
		return fmt.Errorf("relays: a share of %v, want at most 1", c.Relays)
	case c.MaxChildren < 0 || c.CommunityChildren < 1:
		return fmt.Errorf("%d children, %d of a community relay: want a positive number", c.MaxChildren, c.CommunityChildren)
	case c.Slack < frameTime || c.Slack > maxSlack:
		return fmt.Errorf("slack of %v: want %v to %v", c.Slack, frameTime, maxSlack)
	case c.Cores < 0:
		return fmt.Errorf("%d cores: want a positive number", c.Cores)
	case c.Arrivals < 0:
		return fmt.Errorf("arrivals over %v: want a positive time", c.Arrivals)
	case c.Churn.Rate < 0 || c.Churn.Rate > maxRate:
		return fmt.Errorf("churn of %v a minute: want 0 to %v", c.Churn.Rate, maxRate)
	case c.Churn.Graceful < 0 || c.Churn.Graceful > 1:
		return fmt.Errorf("graceful share of %v: want 0 to 1", c.Churn.Graceful)
	}
	for _, f := range c.Faults {
		if err := f.validate(&c); err != nil {
			return err
		}
	}
	if err := validUplinks(c.Uplinks); err != nil {
		return err
	}
	if err := c.Geography.validate(); err != nil {
		return err
	}
	return c.Loss.validate()
}
