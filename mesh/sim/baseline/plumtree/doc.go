// Package plumtree is the baseline of a broadcast tree that grows out of gossip: Plumtree
// (J. Leitão, J. Pereira, L. Rodrigues, "Epidemic broadcast trees", SRDS 2007) over
// HyParView. Written from the papers' descriptions.
//
// Each neighbour of the overlay is eager, and gets each payload, or lazy, and gets word of
// it (IHAVE). At first all are eager. A payload that comes a second time makes the one
// that it comes from lazy, on both sides (PRUNE), so what is left is a tree. Word of a
// payload that does not come for a while makes the teller eager again, on both sides, and
// has it send the payload (GRAFT): so the tree is repaired, and so a lost payload is asked
// for. Optionally, word that came over a much shorter way than the payload swaps the two
// neighbours (the paper's optimisation); see [Config.Threshold].
//
// In a room a payload is a frame of sound, which is 20 ms long: there are 50 a second. What
// the papers leave open, or what does not fit sound:
//
//   - Payloads and IHAVE travel as datagrams on the overlay's links, and may be lost, since
//     sound that waits for a retransmission is too late; all else is reliable, as all is in
//     the papers (which have TCP).
//   - IHAVEs wait for [Config.Batch] and go together, as the paper allows.
//   - The papers' broadcasts are over before the next one begins. Here several payloads
//     are on the way at any time, and where each of them may take links out of the tree,
//     two of them take the links that the other needs, again and again: a room of 200 heard
//     three quarters of what was said. So only one payload of a stream in [Config.Every]
//     prunes, as if it were the only one; the others travel on the tree that it leaves.
//   - Payloads are kept for as long as they could be played, not for ever.
//   - Everybody forwards, also who in Banyan's rooms would not or could not: the protocol
//     knows no other roles.
//
// # Messages beside HyParView's
//
//	prune  [1]byte 9
//	graft  [1]byte 10, then for each payload: stream [8]byte, counter [4]byte
//	       (none: only to be eager again)
//
// and on links
//
//	ihave  [1]byte 2, round [1]byte, stream [8]byte, counter [4]byte; as often as there is
package plumtree

import (
	"time"

	"github.com/banyan-rooms/banyan/mesh/sim/baseline/hyparview"
)

// Config is what a peer is told. Zero fields mean the default.
type Config struct {
	Overlay hyparview.Config
	// Threshold is by how many rounds the way of an IHAVE has to be shorter than that of
	// its payload for the two neighbours to be swapped; 0 means 2, which brought most frames
	// in time of never, 2, 3 and 7; negative means never. (The paper makes it optional.)
	Threshold int
	// Batch is 20 ms, one frame of each who speaks, that IHAVEs are gathered; negative is
	// not at all. The paper leaves it open.
	Batch time.Duration
	// Missing is 40 ms between the first word of a payload and asking for it, so that it may
	// still come within the 200 ms that a room's listeners wait. The paper asks for the
	// overlay's diameter, or the recovery that is wanted. Longer waits leave a tree that is
	// slower: of 40, 60, 100, 150, 200 and 400 ms this brought most frames in time.
	Missing time.Duration
	// Next is 50 ms until the next one who has it is asked: about a round trip, as in the paper.
	Next time.Duration
	// Every is 25, half a second, in which what a payload does to the tree has been done. 1
	// is the paper's protocol.
	Every int
	// Kept is 1 s that a payload is kept for those who miss it: as in Banyan.
	Kept time.Duration
}

func (c Config) withDefaults() Config {
	fill := func(d *time.Duration, v time.Duration) {
		if *d == 0 {
			*d = v
		}
	}
	c.Overlay = c.Overlay.WithDefaults()
	fill(&c.Batch, 20*time.Millisecond)
	fill(&c.Missing, 40*time.Millisecond)
	fill(&c.Next, 50*time.Millisecond)
	if c.Threshold == 0 {
		c.Threshold = 2
	}
	if c.Every == 0 {
		c.Every = 25
	}
	fill(&c.Kept, time.Second)
	return c
}
