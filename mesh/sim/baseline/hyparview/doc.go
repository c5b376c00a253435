// Package hyparview keeps each peer connected with a few others, chosen by chance, so that
// all together stay one graph: the membership protocol HyParView (J. Leitão, J. Pereira,
// L. Rodrigues, "HyParView: a membership protocol for reliable gossip-based broadcast",
// DSN 2007). Written from the paper's description.
//
// A peer has an active view, of those that it is linked with, which is symmetric; and a
// passive view, of some that it could turn to, which shuffles keep fresh. A [View] is a
// machine: calls take the time and what happened, and [View.Drain] hands out what is to
// be done. It knows nothing of what is broadcast over the links.
//
//   - Joining: the newcomer tells a contact, which takes it into its active view at once
//     and sends word along random walks; where a walk ends (after [Config.ActiveWalk]
//     hops, or at somebody with one link) the newcomer is taken too, and on the way, with
//     [Config.PassiveWalk] hops to go, noted as passive.
//   - Somebody dies (the link says so, as TCP does in the paper): a passive peer is asked
//     to be a neighbour, with high priority by who has no other. High priority is never
//     refused, low only by who has no free place. Who does not answer is forgotten.
//   - A full active view makes place by dropping one by chance, which is told, and goes
//     to the passive view.
//   - Shuffling: from time to time some of both views travel along a random walk, and as
//     many passive peers come back.
//
// Beyond the paper, who has not been in the overlay yet takes nobody in, since here many
// join at the same time, each by a contact of its own; and a view has patience: what is not answered in [Config.Answer] failed,
// and so did a link that does not open in [Config.Linking]. The paper leaves that to TCP.
//
// # Messages
//
//	join          [1]byte 1
//	forward-join  [1]byte 2, ttl [1]byte, newcomer [32]byte
//	neighbor      [1]byte 3, high priority [1]byte
//	accept        [1]byte 4
//	refuse        [1]byte 5
//	disconnect    [1]byte 6
//	shuffle       [1]byte 7, ttl [1]byte, origin [32]byte, count [1]byte, IDs
//	shuffle-reply [1]byte 8, count [1]byte, IDs
package hyparview

import "time"

// Config is what a view is told. Zero fields mean the default.
type Config struct {
	Active         int // 5: the fanout of 4, and 1 (paper, for 10,000 nodes)
	Passive        int // 30 (paper)
	ActiveWalk     int // 6 hops of a forward-join (ARWL; paper)
	PassiveWalk    int // 3 (PRWL; paper)
	ShuffleActive  int // 3 active peers in a shuffle (ka; paper)
	ShufflePassive int // 4 passive ones (kp; paper)
	ShuffleWalk    int // 6 hops of a shuffle; the paper gives no number, this is ARWL

	Shuffle time.Duration // 10 s between shuffles: the paper has one a cycle, and no time; guess
	Answer  time.Duration // 1.5 s for an answer: as Banyan waits
	Joining time.Duration // 2 s for a contact to let a newcomer in, before another is tried; guess
	Linking time.Duration // 5 s for a link to open: as Banyan waits
}

func fill[T int | time.Duration](field *T, v T) {
	if *field == 0 {
		*field = v
	}
}

// WithDefaults fills in what was left zero.
func (c Config) WithDefaults() Config {
	fill(&c.Active, 5)
	fill(&c.Passive, 30)
	fill(&c.ActiveWalk, 6)
	fill(&c.PassiveWalk, 3)
	fill(&c.ShuffleActive, 3)
	fill(&c.ShufflePassive, 4)
	fill(&c.ShuffleWalk, 6)
	fill(&c.Shuffle, 10*time.Second)
	fill(&c.Answer, 1500*time.Millisecond)
	fill(&c.Joining, 2*time.Second)
	fill(&c.Linking, 5*time.Second)
	return c
}
