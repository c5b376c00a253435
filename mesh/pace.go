package mesh

import "time"

// How often something is said, and how long a silence may be, depends on the number of
// trees: [Timing] is for one. With two, each has half of the frames, and what is amiss in
// the one the other hides.

// stretch is a time between the datagrams of a neighbour where all frames travel on one
// tree, as it is here: with two, each has half of them, and the other tree hides a pause.
func (t *tree) stretch(d time.Duration) time.Duration {
	if t.count > 1 {
		return d + d/2
	}
	return d
}

// often is a time between two words to somebody, which is twice as long where there are two
// trees to say them in.
func (t *tree) often(d time.Duration) time.Duration { return d * time.Duration(t.count) }

// refresh is the time between two words of the root while media flows. With two trees it
// is the other one that shows what a parent keeps back, and the words are for places only.
func (t *tree) refresh() time.Duration {
	if t.count > 1 {
		return 5 * t.timing.Refresh
	}
	return t.timing.Refresh
}

// warm is the time between two beacons to somebody whose backup this peer is. With two
// trees it is the other tree that hides a loss, and not the backup; that it is gone shows by
// its link, and that it has moved it says at once.
func (t *tree) warm() time.Duration {
	if t.count > 1 {
		return 12 * t.timing.Warm
	}
	return t.timing.Warm
}
