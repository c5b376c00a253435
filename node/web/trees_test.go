package web

import (
	"slices"
	"time"

	"github.com/banyan-rooms/banyan/crypto/identity"
	"github.com/banyan-rooms/banyan/node"
)

// tree is two relays with a room below them.
func tree(people int) node.Tree {
	t := node.Tree{Roots: []identity.ID{peer(40)}}
	t.Nodes = append(t.Nodes, node.TreeNode{ID: peer(40), Name: "Hanoi commons", Relay: true}, node.TreeNode{ID: peer(41), Relay: true})
	t.Edges = append(t.Edges, node.TreeEdge{From: peer(40), To: peer(41)})
	for n := range min(people, 11) {
		t.Nodes = append(t.Nodes, node.TreeNode{ID: peer(byte(n + 1)), Name: names[n], Self: n == 0})
		from := peer(40)
		switch {
		case n == 5 || n == 6:
			from = peer(1)
		case n > 6:
			from = peer(41)
		case n == 4:
			from = peer(3)
		}
		t.Edges = append(t.Edges, node.TreeEdge{From: from, To: peer(byte(n + 1))})
	}
	return t
}

// The two trees of a made-up room, by who feeds whom. Nobody feeds others in both; 40 and
// 41 are relays, and the roots.
var feeding = [2]map[byte][]byte{
	{40: {41, 1, 2, 3, 8, 10, 11}, 1: {6, 7}, 3: {4, 5, 9}},
	{41: {40, 2, 4, 6, 7}, 2: {1, 3, 5}, 4: {8, 9, 10, 11}},
}

// twoTrees gives a room two trees of its first eleven people.
func twoTrees(r *node.RoomStatus) {
	r.Tree = node.Tree{Roots: []identity.ID{peer(40), peer(41)}, Nodes: []node.TreeNode{{ID: peer(40), Name: "Hanoi commons", Relay: true}, {ID: peer(41), Relay: true}}}
	for n := range 11 {
		r.Tree.Nodes = append(r.Tree.Nodes, node.TreeNode{ID: peer(byte(n + 1)), Name: names[n], Self: n == 0})
	}
	for i, fed := range feeding {
		for from := range byte(42) {
			for _, to := range fed[from] {
				r.Tree.Edges = append(r.Tree.Edges, node.TreeEdge{Tree: i, From: peer(from), To: peer(to)})
			}
		}
	}
	r.Network.Paths = []node.Path{
		{Attached: true, Root: peer(40), Parent: peer(40), Backup: peer(3), Depth: 1, Children: 2},
		{Attached: true, Root: peer(41), Parent: peer(2), Backup: peer(4), Depth: 2},
	}
}

// repairs are what may happen to those trees, one after the other.
var repairs = map[string]func(r *node.RoomStatus){
	// Who fed this person in the second tree is gone from it.
	"switch": func(r *node.RoomStatus) {
		move(r, 1, 1, 4)
		move(r, 1, 3, 41)
		r.Network.Paths[1].Parent, r.Network.Paths[1].Backup = peer(4), peer(41)
	},
	// The root of the first tree died, and this person took over.
	"crown": func(r *node.RoomStatus) {
		r.Tree.Roots[0] = peer(1)
		r.Tree.Nodes = slices.DeleteFunc(r.Tree.Nodes, func(n node.TreeNode) bool { return n.ID == peer(40) })
		r.Tree.Edges = slices.DeleteFunc(r.Tree.Edges, func(e node.TreeEdge) bool { return e.Tree == 0 && e.To == peer(1) || e.To == peer(40) })
		for _, to := range []byte{41, 2, 3, 8, 10, 11} {
			move(r, 0, to, 1)
		}
		r.Network.Paths[0] = node.Path{Attached: true, Root: peer(1), Children: 8}
	},
	// Somebody else found a better place.
	"other": func(r *node.RoomStatus) { move(r, 1, 8, 41) },
	// The sound comes by the first tree alone for a while.
	"lose": func(r *node.RoomStatus) {
		r.Tree.Edges = slices.DeleteFunc(r.Tree.Edges, func(e node.TreeEdge) bool { return e.Tree == 1 && e.To == peer(1) })
		r.Network.Paths[1] = node.Path{}
	},
	"find": func(r *node.RoomStatus) {
		r.Tree.Edges = append(r.Tree.Edges, node.TreeEdge{Tree: 1, From: peer(4), To: peer(1)})
		r.Network.Paths[1] = node.Path{Attached: true, Root: peer(41), Parent: peer(4), Depth: 2}
	},
	// The root of the first tree does not answer, and the next one has no word yet of who
	// is below it.
	"die": func(r *node.RoomStatus) {
		r.Tree.Roots[0], r.Tree.Silent = peer(1), []identity.ID{peer(40)}
		r.Tree.Edges = slices.DeleteFunc(r.Tree.Edges, func(e node.TreeEdge) bool { return e.Tree == 0 && e.From != peer(1) })
		r.Network.Paths[0] = node.Path{Attached: true, Root: peer(1), Children: 2}
	},
	// This person has no place in the first tree, and does not know of a root.
	"headless": func(r *node.RoomStatus) {
		r.Tree.Roots[0] = identity.ID{}
		r.Tree.Edges = slices.DeleteFunc(r.Tree.Edges, func(e node.TreeEdge) bool { return e.Tree == 0 })
		r.Network.Paths[0] = node.Path{}
	},
	"heal": twoTrees,
}

// move gives somebody another parent.
func move(r *node.RoomStatus, tree int, who, below byte) {
	for i := range r.Tree.Edges {
		if e := &r.Tree.Edges[i]; e.Tree == tree && e.To == peer(who) {
			e.From = peer(below)
		}
	}
}

// repair makes one of the repairs in a fake's first room.
func (f *fake) repair(what string) {
	f.change(func(s *node.Status) {
		s.Rooms = slices.Clone(s.Rooms)
		r := &s.Rooms[0]
		r.Tree.Roots, r.Tree.Nodes, r.Tree.Edges = slices.Clone(r.Tree.Roots), slices.Clone(r.Tree.Nodes), slices.Clone(r.Tree.Edges)
		r.Network.Paths = slices.Clone(r.Network.Paths)
		repairs[what](r)
	})
}

// mend makes one repair after the other.
func (f *fake) mend(done <-chan struct{}) {
	tick := time.NewTicker(6 * time.Second)
	defer tick.Stop()
	for {
		for _, what := range []string{"switch", "other", "heal", "lose", "find", "heal", "crown", "heal"} {
			select {
			case <-done:
				return
			case <-tick.C:
				f.repair(what)
			}
		}
	}
}
