package plumtree_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/banyan-rooms/banyan/mesh/sim"
	"github.com/banyan-rooms/banyan/mesh/sim/baseline/cycles"
	"github.com/banyan-rooms/banyan/mesh/sim/baseline/hyparview"
	"github.com/banyan-rooms/banyan/mesh/sim/baseline/plumtree"
)

// paper is the protocol as the paper has it: each payload shapes the tree, and views are
// shuffled once a cycle.
func paper(threshold int) *sim.Maker {
	m := plumtree.Maker()
	m.New = func(s sim.Start) sim.Protocol {
		return plumtree.New(s, plumtree.Config{
			Overlay: hyparview.Config{Shuffle: cycles.Length}, Threshold: threshold, Every: 1, Batch: -1,
		})
	}
	return m
}

// grown is a network of so many, who came one after the other, after some quiet cycles.
func grown(t testing.TB, seed uint64, nodes, atOnce, quiet int, m *sim.Maker) *cycles.Network {
	t.Helper()
	n := cycles.New(seed, m)
	for i := range nodes {
		if err := n.Add(); err != nil {
			t.Fatal(err)
		}
		if i%atOnce == 0 {
			n.Run(nil)
		}
	}
	for range quiet {
		n.Run(nil)
	}
	return n
}

func viewOf(node *cycles.Node) *hyparview.View { return node.Machine.(*plumtree.Machine).View() }

func TestTheOverlayIsOneSymmetricGraph(t *testing.T) {
	for seed := range uint64(3) {
		n := grown(t, seed, 200, 20, 10, paper(-1))
		for _, crash := range []int{0, 20, 60} {
			n.Crash(crash)
			for range 10 {
				n.Run(nil)
			}
			if !n.Linked() {
				t.Fatalf("seed %d: after %d crashes the overlay is not one", seed, crash)
			}
			checkViews(t, n)
		}
	}
}

// checkViews holds that views are bounded, that links are symmetric, and that active views
// hold the living only.
func checkViews(t *testing.T, n *cycles.Network) {
	t.Helper()
	byID := make(map[string]*cycles.Node)
	for _, node := range n.Nodes {
		if node.Machine != nil {
			byID[node.ID.String()] = node
		}
	}
	for _, node := range n.Nodes {
		if node.Machine == nil {
			continue
		}
		if err := node.Machine.Check(); err != nil {
			t.Error(err)
		}
		for _, id := range viewOf(node).Active() {
			if other := byID[id.String()]; other == nil || !slices.Contains(viewOf(other).Active(), node.ID) {
				t.Errorf("%s has %s, who is dead or has it not", node.ID.Short(), id.Short())
			}
		}
	}
}

func TestATreeGrowsAndEverybodyHearsOnce(t *testing.T) {
	for seed := range uint64(3) {
		n := grown(t, seed, 300, 30, 5, paper(-1))
		first := n.Run(n.Nodes[0])
		var last cycles.Cycle
		for range 10 {
			last = n.Run(n.Nodes[0])
			if last.Reached != last.Alive {
				t.Errorf("seed %d: %d of %d got a payload", seed, last.Reached, last.Alive)
			}
		}
		// A link that opens now and then is eager until the next payload.
		if first.Redundancy() < 1 || last.Redundancy() > 0.02 || last.Control["graft"] != 0 {
			t.Errorf("seed %d: redundancy %.3f at first and %.3f at last, with %v", seed, first.Redundancy(), last.Redundancy(), last.Control)
		}
	}
}

func TestTheTreeIsRepaired(t *testing.T) {
	n := grown(t, 1, 300, 30, 5, paper(-1))
	for range 5 {
		n.Run(n.Nodes[0])
	}
	n.Crash(60)
	for i := range 6 {
		c := n.Run(n.Nodes[0])
		// In the very first cycle one may have lost all its neighbours and not found others.
		if c.Reached < c.Alive-1 || i > 0 && c.Reached < c.Alive {
			t.Errorf("%d cycles after the crashes %d of %d got the payload", i, c.Reached, c.Alive)
		}
		if i == 5 && c.Redundancy() > 0.02 {
			t.Errorf("%d cycles after the crashes the redundancy is %.3f", i, c.Redundancy())
		}
	}
}

func TestOptimisationShortensTheTree(t *testing.T) {
	last := func(threshold int) (hops int) {
		n := grown(t, 2, 300, 30, 5, paper(threshold))
		for range 10 { // repairs make the tree deeper
			n.Crash(10)
			n.Run(n.Nodes[0])
		}
		for range 10 {
			hops += n.Run(n.Nodes[0]).LastHop
		}
		return hops
	}
	if with, without := last(2), last(-1); with >= without {
		t.Errorf("the last hops are %d with the optimisation, %d without, in ten cycles", with, without)
	}
}

func TestTheSameSeedIsTheSameNetwork(t *testing.T) {
	once := func() string {
		n := grown(t, 4, 100, 10, 2, paper(3))
		n.Crash(10)
		var all []string
		for range 5 {
			all = append(all, fmt.Sprintf("%+v", n.Run(n.Anyone())))
		}
		return fmt.Sprint(all)
	}
	if first, second := once(), once(); first != second {
		t.Errorf("first\n%s\nthen\n%s", first, second)
	}
}
