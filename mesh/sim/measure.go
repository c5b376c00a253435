package sim

import (
	"slices"
	"time"

	"github.com/banyan-rooms/banyan/mesh/wire"
)

// counts are what each shard counts for itself as it runs.
type counts struct {
	events   uint64
	delay    Histogram
	stage    Histogram // delay, at other speakers
	direct   Histogram // delay over that of the direct way: a step for each hundredth
	restored Histogram // of each peer that lost a parent or backup, until it has both again
	fresh    int64
	copies   int64
	traffic  traffic
}

// add adds what another shard has counted.
func (c *counts) add(o *counts) {
	c.events += o.events
	c.delay.merge(&o.delay)
	c.stage.merge(&o.stage)
	c.direct.merge(&o.direct)
	c.restored.merge(&o.restored)
	c.fresh += o.fresh
	c.copies += o.copies
	for kind, n := range o.traffic {
		c.traffic[kind] += n
	}
}

// measures are what a world counts as it runs, beside what its shards do.
type measures struct {
	gaps   Histogram // of each listener below a peer that died
	worst  Histogram // of each listener, in its whole stay
	join   Histogram
	shares []int64 // of frames played in time, by listener, in millionths
	leaf   []int64 // control traffic in bit/s, by peer
	relay  []int64
	played int64
	missed int64
	twice  int64
	deaths int
	depth  int

	rootless  time.Duration // since when, if the root died and there is no other
	newRoot   Histogram     // from a root's death to the next one
	mended    time.Duration // when the last split ended
	healing   bool          // and it is not one tree again
	healed    Histogram     // from the end of a split until it is
	corrupted time.Duration // when some became droppers
	ousted    time.Duration // when somebody depended on one last, as far as was seen
}

// hundredths is how finely delays over the direct way are counted.
const hundredths = 100

// heard counts the delay of a fresh frame.
func (c *counts) heard(p *peer, delay time.Duration, voice int32) {
	c.delay.Add(delay)
	if p.voice != none {
		c.stage.Add(delay)
	}
	if way := p.ear.ways[voice]; way > 0 {
		c.direct.Add(delay * hundredths / way * step)
	}
}

// sampleEvery is how often the world is looked at as a whole.
const sampleEvery = time.Second

// sample looks at the world as a whole.
func (w *World) sample() {
	w.push(event{at: w.now + sampleEvery, kind: samples})
	if w.now < opening+w.cfg.Arrivals {
		return
	}
	if w.measured.corrupted > 0 && w.feedingDroppers() {
		w.measured.ousted = w.now
	}
	for t := range w.trees() {
		at, _, _ := w.depths(t)
		w.measured.depth = max(w.measured.depth, len(at)-1)
	}
}

// onTrial is how long a peer may have a parent that passes no sound on without depending
// on it: it is fed by the one before as well, until it has found out.
const onTrial = time.Second

// feedingDroppers tells whether anybody depends on somebody who passes no sound on.
func (w *World) feedingDroppers() bool {
	for _, n := range w.present {
		p := w.peers[n]
		for t := range wire.MaxTrees {
			if up := w.parentOf(p, t); up != none && w.peers[up].drops && w.now-p.rewired[t] > onTrial {
				return true
			}
		}
	}
	return false
}

// trees is how many trees the room has: as the first one's root says.
func (w *World) trees() int {
	for _, n := range w.present {
		if m := w.peers[n].machine; m.IsRoot(0) {
			return m.Trees()
		}
	}
	return 1
}

// depths counts the peers at each depth below a tree's root, by whom each really has for
// a parent; the roots; and those who are below none.
func (w *World) depths(tree int) (at []int, roots, orphans int) {
	for _, n := range w.present {
		p, hops := w.peers[n], 0
		for p.here() && !p.machine.IsRoot(tree) && hops <= len(w.present) {
			up := w.parentOf(p, tree)
			if up == none {
				break
			}
			p = w.peers[up]
			hops++
		}
		if !p.here() || !p.machine.IsRoot(tree) {
			if w.now-w.peers[n].arrived > joinGrace {
				orphans++
			}
			continue
		}
		if hops == 0 {
			roots++
		}
		for len(at) <= hops {
			at = append(at, 0)
		}
		at[hops]++
	}
	return at, roots, orphans
}

// take adds what one peer has measured.
func (m *measures) take(w *World, p *peer) {
	stay := w.now - p.arrived
	if stay >= joinGrace {
		rate := p.traffic * 8 * int64(time.Second) / int64(stay)
		if feeds(p) > 0 {
			m.relay = append(m.relay, rate)
		} else {
			m.leaf = append(m.leaf, rate)
		}
	}
	if !p.listens {
		return
	}
	e := &p.ear
	e.judge(w.now-w.cfg.Slack, w.cfg.Slack, w.log)
	m.played += e.played
	m.missed += e.missed
	m.twice += e.twice
	m.worst.Add(gap(e.worst))
	if e.fault.open {
		m.gaps.Add(gap(e.fault.worst))
	}
	if n := e.played + e.missed; n > 0 {
		m.shares = append(m.shares, e.played*1_000_000/n)
	}
	switch {
	case p.voice != none: // waits for somebody else to talk
	case e.heard:
		m.join.Add(e.heardAt - p.arrived)
	case stay >= joinGrace:
		m.join.Add(stay)
	}
}

// clone copies what take would change.
func (m *measures) clone() measures {
	c := *m
	c.gaps, c.worst, c.join = m.gaps.clone(), m.worst.clone(), m.join.clone()
	c.healed = m.healed.clone()
	c.shares, c.leaf, c.relay = slices.Clone(m.shares), slices.Clone(m.leaf), slices.Clone(m.relay)
	return c
}

// Report sums up what was measured so far. The world may run on afterwards.
func (w *World) Report() Report {
	m := w.measured.clone()
	var c counts
	for _, s := range w.shards {
		c.add(&s.counted)
	}
	for _, n := range w.present {
		p := w.peers[n]
		m.take(w, p)
		if p.exposed > 0 { // to this day
			c.restored.Add(w.now - p.exposed)
		}
	}
	if m.healing { // still
		m.healed.Add(w.now - m.mended)
	}
	r := Report{
		Peers: w.cfg.Peers, Seed: w.cfg.Seed, DurationSeconds: w.now.Seconds(), World: w.cfg.Geography.Name, Protocol: w.protocol(),
		DepthMax: m.depth,
		Frames:   len(w.log), Delivered: 1, Worst: float64(nearestRank(m.shares, 10)) / 1e6, Copies: 1,
		Delay: c.delay.Quantiles(), Stage: c.stage.Quantiles(), Stretch: stretchOf(&c.direct),
		JoinInTime: m.join.Share(patience), NewRoot: m.newRoot.Quantiles(), Restored: c.restored.Quantiles(), Healed: m.healed.Quantiles(),
		Gap: m.worst.Quantiles(), GapOf: GapEverybody,
		Join: m.join.Quantiles(), Deaths: m.deaths,
		ControlKinds: c.traffic.inWords(w.nameOf), Control: ratesOf(m.leaf), ControlRelay: ratesOf(m.relay),
		PlayedTwice: m.twice, Events: c.events, TraceHash: w.traceHash(),
	}
	if m.corrupted > 0 {
		r.Ousted = max(0, m.ousted-m.corrupted).Seconds()
	}
	r.Trees = w.trees()
	for t := range r.Trees {
		depths, roots, orphans := w.depths(t)
		r.Depths = append(r.Depths, depths)
		r.Depth, r.Roots, r.Orphans = max(r.Depth, len(depths)-1), r.Roots+roots, r.Orphans+orphans
	}
	if n := m.played + m.missed; n > 0 {
		r.Delivered = float64(m.played) / float64(n)
	}
	if c.fresh > 0 {
		r.Copies = float64(c.copies) / float64(c.fresh)
	}
	if m.gaps.Count() > 0 {
		r.Gap, r.GapOf = m.gaps.Quantiles(), GapBelow
	}
	return r
}
