package mesh

import (
	"cmp"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/banyan-rooms/banyan/crypto/identity"
	"github.com/banyan-rooms/banyan/mesh/wire"
)

// Bounds on what others can make a machine remember.
const (
	HardMaxChildren = 64  // of a desktop, whatever its uplink
	maxAdverts      = 64  // peers that offer to forward, the best ranked
	heralds         = 8   // of them advertise: who knows of so many better ranked peers keeps quiet
	firstHeralds    = 2   // of them do soon after they came
	maxCandidates   = 64  // peers that somebody said are in the room
	maxStreams      = 32  // streams whose frames are told apart: 16 speakers, and an epoch's change
	maxRTTs         = 256 // round trips to peers
	maxProbes       = 256 // answered in a second
	ringStart       = 64
	ringFrames      = 1024 // powers of two, both
)

// Config is what a machine is told once. Key, Room, Start and Rand have no default.
type Config struct {
	Key         identity.Key
	Room        identity.RoomID
	Start       time.Time  // the wall clock at now = 0
	Rand        *rand.Rand // seeded by the driver; the machine's only chance
	MaxChildren int        // peers to feed; 0 means this peer is a leaf always
	Community   bool       // a relay that a community runs: preferred as root
	Dialable    bool       // others can open connections to this peer
	MaxTrees    int        // trees that this peer lets a room have, if it decides; 0 means all that there can be
	Timing      Timing
}

// validate returns what makes no sense.
func (c Config) validate() error {
	switch {
	case c.Key.ID().IsZero():
		return errors.New("no key")
	case c.Rand == nil:
		return errors.New("no source of chance")
	case c.MaxChildren < 0:
		return fmt.Errorf("max children %d: want 0 or more", c.MaxChildren)
	case c.MaxTrees < 0 || c.MaxTrees > wire.MaxTrees:
		return fmt.Errorf("max trees %d: want 0 to %d", c.MaxTrees, wire.MaxTrees)
	}
	return c.Timing.validate()
}

// Timing is how patient a machine is. Zero fields mean the default.
type Timing struct {
	Beacon       time.Duration // 200 ms: an idle parent is heard at least so often
	Refresh      time.Duration // 1 s: what stands in a beacon is repeated while media flows, should one have been lost
	Renew        time.Duration // 250 ms between words of a root that somebody asked for
	Warm         time.Duration // 500 ms between beacons to those whose backup this peer is
	Keepalive    time.Duration // 40 ms: a beacon stands in for media that paused
	KeepaliveFor time.Duration // 400 ms: for so long after the last media; then the link is idle
	Doubt        time.Duration // 80 ms of silence, three frames, and the parent is asked whether it lives
	IdleDoubt    time.Duration // 500 ms of silence of an idle parent, two beacons
	Verdict      time.Duration // 40 ms, or one and a half round trips, for its answer: 120 ms in all
	Deaf         time.Duration // 600 ms of silence of a parent that answers: not it, but the link is broken; guess
	Overlap      time.Duration // 250 ms that a parent goes on feeding when the next one has begun
	Slack        time.Duration // 2 s that a descendant of an orphan waits before it looks for itself
	Probing      time.Duration // 250 ms to collect offers: a long round trip; guess
	Answer       time.Duration // 1.5 s to answer a Join, and 5 s for a link to open
	Linking      time.Duration
	Retry        time.Duration // 200 ms, doubled up to 3 s, with as much jitter
	Settle       time.Duration // 700 ms before a peer that found nobody becomes the root; guess
	FirstAdvert  time.Duration // 6 s, after Settle, within which the first advert is sent, if few better ones were heard of; guess
	Advert       time.Duration // 45 s between adverts; they hold 100 s, so that one may be lost
	AdvertTTL    time.Duration
	Lease        time.Duration // 5 s between lease renewals on the topic; they hold 16 s, so that two may be lost
	LeaseTTL     time.Duration
	Improve      time.Duration // 8 s between looks for a better place: a young room is in motion
	Takeover     time.Duration // 2 s that a better ranked peer waits before it takes the root over
	Replay       time.Duration // 1 s of frames kept
	Report       time.Duration // 2 s between reports of something new, 15 s between others
	ReportAll    time.Duration
	Parting      time.Duration // 1 s for children to move when this peer leaves
}

// validate returns what makes no sense.
func (t Timing) validate() error {
	var err error
	t.each(func(d *time.Duration, _ time.Duration) {
		if *d < 0 {
			err = fmt.Errorf("timing %v: want 0 or more", *d)
		}
	})
	return err
}

// usualTiming is the default, which machines share that are told nothing else.
var usualTiming = Timing{}.filled()

// withDefaults fills in what was left zero. Nobody may change what it returns.
func (t Timing) withDefaults() *Timing {
	if t == (Timing{}) {
		return &usualTiming
	}
	filled := t.filled()
	return &filled
}

func (t Timing) filled() Timing {
	t.each(func(d *time.Duration, v time.Duration) { *d = cmp.Or(*d, v) })
	return t
}

// each calls def with each field and its default.
func (t *Timing) each(def func(field *time.Duration, v time.Duration)) {
	const ms = time.Millisecond
	def(&t.Beacon, 200*ms)
	def(&t.Refresh, time.Second)
	def(&t.Renew, 250*ms)
	def(&t.Warm, 500*ms)
	def(&t.Keepalive, 40*ms)
	def(&t.KeepaliveFor, 400*ms)
	def(&t.Doubt, 80*ms)
	def(&t.IdleDoubt, 500*ms)
	def(&t.Verdict, 40*ms)
	def(&t.Deaf, 600*ms)
	def(&t.Overlap, 250*ms)
	def(&t.Slack, 2*time.Second)
	def(&t.Probing, 250*ms)
	def(&t.Answer, 1500*ms)
	def(&t.Linking, 5*time.Second)
	def(&t.Retry, 200*ms)
	def(&t.Settle, 700*ms)
	def(&t.FirstAdvert, 6*time.Second)
	def(&t.Advert, 45*time.Second)
	def(&t.AdvertTTL, 100*time.Second)
	def(&t.Lease, 5*time.Second)
	def(&t.LeaseTTL, 16*time.Second)
	def(&t.Improve, 8*time.Second)
	def(&t.Takeover, 2*time.Second)
	def(&t.Replay, time.Second)
	def(&t.Report, 2*time.Second)
	def(&t.ReportAll, 15*time.Second)
	def(&t.Parting, time.Second)
}
