//go:build slow && linux

package main

import (
	"fmt"
	"os"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/banyan-rooms/banyan/cmd/internal/events"
	"github.com/banyan-rooms/banyan/crypto/identity"
	"github.com/banyan-rooms/banyan/node"
	"github.com/banyan-rooms/banyan/node/measure"
	"github.com/banyan-rooms/banyan/node/netlab"
)

// What the village has, and how long what happens in it is looked at.
const (
	together   = 2 // of the crowd come at a time
	latecomers = 4 // listeners who come one after the other
	kills      = 2 // of parents below the root

	peace      = 5 * time.Second // how much without a fault is measured, to compare
	aftermath  = 6 * time.Second // after a kill
	splitFor   = time.Minute
	afterSplit = 5 * time.Second
)

// crowd is how many listeners come first. With the default there are 17 processes, which
// leave two cores some air; with 31 there are 40, which two cores do not carry: then the
// figures are the machine's.
func crowd(t *testing.T) int {
	t.Helper()
	return asked(t, "BANYAN_NETLAB_CROWD", 8)
}

// asked is a number from the environment, or else.
func asked(t *testing.T, name string, n int) int {
	t.Helper()
	if said := os.Getenv(name); said != "" {
		var err error
		if n, err = strconv.Atoi(said); err != nil || n < 1 {
			t.Fatalf("%s=%s: want a positive number", name, said)
		}
	}
	return n
}

// TestSlowNetlab has a village live through what the targets of the mesh speak of: people
// coming, parents and the root killed, a split. All figures are printed as JSON; asserted
// is only that everyone hears again, and in the end in one tree.
func TestSlowNetlab(t *testing.T) {
	v, f := measured(t, node.MaxTrees)

	v.comeAtOnce(t, f)
	v.comeLate(t, f)
	v.nothingHappens(t, f)
	v.killParents(t, f)
	v.killTheRoot(t, f)
	v.split(t, f)
	t.Logf("joins that failed: %d; packets: %+v", v.away, v.lab.Counters())
}

// TestSlowNetlabOneTree kills parents in a room that has one tree, and so warm backups.
func TestSlowNetlabOneTree(t *testing.T) {
	v, f := measured(t, 1)
	v.listeners(t, crowd(t)+latecomers, together)
	v.nothingHappens(t, f)
	v.killParents(t, f)
}

// measured is a village whose host talks, and its figures.
func measured(t *testing.T, trees int) (*village, *figures) {
	t.Helper()
	f := &figures{}
	t.Cleanup(func() {
		if f.v != nil && !t.Failed() {
			f.compare(t)
		}
		f.keep(t)
	})
	v := found(t, uint64(asked(t, "BANYAN_NETLAB_SEED", 1)), trees)
	f.v = v
	f.look(t)
	v.open(t)
	return v, f
}

// comeAtOnce has a crowd come.
func (v *village) comeAtOnce(t *testing.T, f *figures) {
	t.Helper()
	came := v.listeners(t, crowd(t), together)
	f.add(t, "T14 (crowd)", "join to first sound, several at a time, with the connections that it takes", v.joins(came), nil)
}

// comeLate has people come one by one.
func (v *village) comeLate(t *testing.T, f *figures) {
	t.Helper()
	came := v.listeners(t, latecomers, 1)
	f.add(t, "T14", "join to first sound, one by one, with the connections that it takes", v.joins(came), nil)
	connected := measure.Histogram{}
	for _, p := range came {
		entered := v.wait(t, p, events.Room).Time
		connected.Merge(v.first([]*villager{p}, entered, func(e events.Event) bool { return e.Event == events.Sound }))
	}
	f.add(t, "T14 (connected)", "of it, once the room's log and key are there", connected, likeJoins)
}

// joins is how long those who came waited for the first sound.
func (v *village) joins(came []*villager) measure.Histogram {
	v.mu.Lock()
	defer v.mu.Unlock()
	joins := measure.Histogram{}
	for _, p := range came {
		for _, e := range p.said {
			if e.Event == events.Sound {
				joins[e.AfterMS]++
			}
		}
	}
	return joins
}

// nothingHappens is what the figures of faults are to be compared with.
func (v *village) nothingHappens(t *testing.T, f *figures) {
	t.Helper()
	from := time.Now()
	v.gather(t)
	v.live(t, peace+measure.DefaultSlack)
	f.add(t, "quiet", "longest gap of each in five seconds without a fault", v.longestGaps(v.people[1:], from, from.Add(peace)), nil)
}

// killParents kills, one after the other, whoever has the most below them beside the
// root and the host: a relay, or one of the people.
func (v *village) killParents(t *testing.T, f *figures) {
	t.Helper()
	var orphans, all [node.MaxTrees]measure.Histogram // by how many trees there were, less one
	for i := range all {
		orphans[i], all[i] = measure.Histogram{}, measure.Histogram{}
	}
	for range kills {
		v.gather(t)
		victim, below := v.busiest(t)
		trees := v.shape()
		t.Logf("%s is killed, which has %d below it; trees: %d", victim.name, len(below), trees)
		at := v.kill(victim)
		left := v.left()
		v.until(t, "everyone has another parent than the dead one", left, func(p *villager) bool {
			return p.network.Attached && !slices.ContainsFunc(p.network.Paths, func(q node.Path) bool { return !q.Attached || q.Parent.String() == victim.id })
		})
		v.until(t, "everyone hears again", left[1:], func(p *villager) bool { return p.hears(at.Add(aftermath)) })
		from, to := at.Add(-time.Second), at.Add(aftermath)
		orphans[trees-1].Merge(v.longestGaps(below, from, to))
		all[trees-1].Merge(v.longestGaps(left[1:], from, to))
	}
	for i, target := range [node.MaxTrees]string{"T2", "T1"} {
		if len(all[i]) == 0 {
			continue
		}
		f.add(t, target, fmt.Sprintf("longest gap of those below a parent that is killed, trees: %d", i+1), orphans[i], likeParents.in(i+1))
		f.add(t, target+" (all)", "longest gap of everyone, of the same kills", all[i], nil)
	}
}

// shape is how many trees the room has.
func (v *village) shape() int {
	v.mu.Lock()
	defer v.mu.Unlock()
	return max(1, len(v.host.network.Paths))
}

// gather waits until everyone is in one tree, and returns its root.
func (v *village) gather(t *testing.T) (root identity.ID) {
	t.Helper()
	v.until(t, "everyone is in one tree", v.left(), func(p *villager) bool {
		root = v.host.network.First().Root
		return p.in(root)
	})
	return root
}

// left are the people who were not killed, the host first.
func (v *village) left() []*villager {
	return slices.DeleteFunc(slices.Clone(v.people), func(p *villager) bool { return p.gone })
}

// busiest is who has the most people below, as far as the people know their parents.
func (v *village) busiest(t *testing.T) (parent *villager, below []*villager) {
	t.Helper()
	v.mu.Lock()
	defer v.mu.Unlock()
	for _, r := range slices.Concat(v.relays, v.people[1:]) {
		roots := func(q node.Path) bool { return q.Root.String() == r.id }
		if r.gone || slices.ContainsFunc(v.host.network.Paths, roots) {
			continue
		}
		if found := v.below(r); len(found) > len(below) {
			parent, below = r, found
		}
	}
	if parent == nil {
		t.Fatal("nobody below the root feeds anyone")
	}
	return parent, below
}

// below are all people below somebody, and below those. It is asked with mu held.
func (v *village) below(top *villager) (found []*villager) {
	under := map[string]bool{top.id: true}
	for grown := true; grown; {
		grown = false
		for _, p := range v.left() {
			if !under[p.id] && slices.ContainsFunc(p.network.Paths, func(q node.Path) bool { return under[q.Parent.String()] }) {
				under[p.id], grown = true, true
				found = append(found, p)
			}
		}
	}
	return found
}

// killTheRoot kills the root, if it is a relay.
func (v *village) killTheRoot(t *testing.T, f *figures) {
	t.Helper()
	root := v.gather(t)
	all := slices.Concat(v.relays, v.people)
	i := slices.IndexFunc(all, func(p *villager) bool { return p.id == root.String() })
	if i < 0 {
		t.Fatalf("the root %v is nobody here", root.Short())
	}
	if all[i] == v.host {
		t.Log("the host is the root, and is needed: nothing is measured")
		return
	}
	trees := v.shape()
	t.Logf("the root is %s; trees: %d", all[i].name, trees)
	at := v.kill(all[i])
	left := v.left()
	v.until(t, "everyone is in the tree of another root", left, func(p *villager) bool {
		return v.host.network.First().Root != root && p.in(v.host.network.First().Root)
	})
	v.until(t, "everyone hears again", left[1:], func(p *villager) bool { return p.hears(at.Add(aftermath)) })
	f.add(t, "T4", fmt.Sprintf("longest gap of everyone, the root killed, trees: %d", trees), v.longestGaps(left[1:], at.Add(-time.Second), at.Add(aftermath)), likeRoot.in(trees))
	f.add(t, "T4 (root)", "from the root's death until each is below another one", v.first(left, at, func(e events.Event) bool {
		return e.Network != nil && e.Network.Attached && e.Network.First().Root != root
	}), nil)
}

// split divides the village, each half with a speaker, and joins it again.
func (v *village) split(t *testing.T, f *figures) {
	t.Helper()
	guest := v.speaker(t)
	side := func(m *netlab.Machine) int {
		switch m {
		case v.host.machine:
			return 0
		case guest.machine:
			return 1
		}
		return m.Number() % 2
	}
	var halves [2][]*villager
	for _, p := range v.left() {
		halves[side(p.machine)] = append(halves[side(p.machine)], p)
	}
	all := slices.Concat(halves[0], halves[1])
	apart := time.Now()
	v.lab.Split(side)
	v.live(t, splitFor)
	alone := measure.Histogram{}
	for n, half := range halves {
		near := make(map[string]bool) // who may be the root of this side
		for _, p := range v.came {
			near[p.id] = side(p.machine) == n
		}
		alone.Merge(v.first(half, apart, func(e events.Event) bool {
			return e.Network != nil && e.Network.Attached && near[e.Network.First().Root.String()]
		}))
	}
	f.add(t, "T16 (apart)", "from the split until each is below a root of its side", alone, nil)
	v.lab.Join()
	healed := time.Now()
	v.until(t, "everyone hears, and there is one tree", all, func(p *villager) bool {
		return p.hears(healed.Add(afterSplit)) && p.in(v.host.network.First().Root)
	})
	v.live(t, afterSplit) // a gap is told of when it is over
	f.add(t, "T16", "from the end of a split of 60 s until each is in the one tree", v.settled(all, healed), nil)
	f.add(t, "T16 (sound)", "from the end of the split until each hears the speaker of the other side", v.across(all, healed), likeSplit)
}

// settled is for each of a group how long after a time it came into the tree that the
// first of them is in now, to stay in it. Who is in another one is left out.
func (v *village) settled(group []*villager, after time.Time) measure.Histogram {
	v.mu.Lock()
	defer v.mu.Unlock()
	times := measure.Histogram{}
	root := group[0].network.First().Root
	for _, p := range group {
		var since time.Time // zero: it is not in the tree
		for _, e := range p.said {
			switch {
			case e.Network == nil:
			case !e.Network.Attached || e.Network.First().Root != root:
				since = time.Time{}
			case since.IsZero():
				since = e.Time
			}
		}
		if !since.IsZero() {
			times.Add(max(0, since.Sub(after)))
		}
	}
	return times
}

// across is for each of a group how long after the end of a split its gap in a voice of
// the other side ended.
func (v *village) across(group []*villager, healed time.Time) measure.Histogram {
	v.mu.Lock()
	defer v.mu.Unlock()
	times := measure.Histogram{}
	for _, p := range group {
		for _, e := range p.said {
			end := e.Since.Add(time.Duration(e.GapMS) * time.Millisecond)
			if e.Event == events.Gap && e.Since.Before(healed) && end.After(healed) && e.GapMS > splitFor.Milliseconds()/2 {
				times.Add(end.Sub(healed))
			}
		}
	}
	return times
}
