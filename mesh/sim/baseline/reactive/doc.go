// Package reactive is the baseline that a first design of a distribution tree arrives at:
// one tree, repaired after the fact. There is no backup parent, no second tree, no cover
// for lost frames, no asking for them again, and no better place looked for later.
//
// Who wants in asks a random member that it has heard of. One that has a free place and is
// below the root takes it; else it names its parent and some of its children that feed
// others, and the next one is drawn from those (as in HMTP: B. Zhang, S. Jamin, L. Zhang,
// "Host multicast", INFOCOM 2002, but by chance instead of by distance). A parent is heard
// by its media, or by a beacon when it has sent nothing for [Config.Beacon]; after
// [Config.Silence] it is taken for dead, and its child asks around again, with its subtree.
//
// Everybody keeps the way from the root down to itself, and tells its children when that
// changes. A member does not take a child that is on its own way; where two such decisions
// cross each other, the loop is found by the way that comes around, and left. A member
// that is cut off takes no children, and if it stays so for [Config.Cut] looks for itself.
//
// The root is the first peer that an invite names; when it does not answer, the next is.
//
// # Control messages
//
//	join     [1]byte 1, feeds [1]byte
//	accept   [1]byte 2, way
//	refuse   [1]byte 3, IDs of others to ask
//	way      [1]byte 4, attached [1]byte, IDs from the root down to the sender
//	leave    [1]byte 5
//
// IDs on a way are cut to six bytes, as in Banyan's paths.
package reactive

import "time"

// Config is how patient a member is. Zero fields mean the default.
type Config struct {
	Beacon  time.Duration // 100 ms: how long a parent is silent on a link at most; a fifth of Silence
	Silence time.Duration // 500 ms, and a parent is taken for dead: Banyan's doubt about an idle parent
	Answer  time.Duration // 1.5 s for an answer to a join: as in Banyan
	Linking time.Duration // 5 s for a link to open: as in Banyan
	Retry   time.Duration // 200 ms between rounds of asking, and as much again by chance: as in Banyan
	Cut     time.Duration // 2 s that a descendant of an orphan waits before it looks for itself: as in Banyan
}

func (c Config) withDefaults() Config {
	fill := func(d *time.Duration, v time.Duration) {
		if *d == 0 {
			*d = v
		}
	}
	fill(&c.Beacon, 100*time.Millisecond)
	fill(&c.Silence, 500*time.Millisecond)
	fill(&c.Answer, 1500*time.Millisecond)
	fill(&c.Linking, 5*time.Second)
	fill(&c.Retry, 200*time.Millisecond)
	fill(&c.Cut, 2*time.Second)
	return c
}
