//go:build slow

package web

import (
	"fmt"
	"strings"
	"testing"

	"github.com/banyan-rooms/banyan/crypto/identity"
	"github.com/banyan-rooms/banyan/node"
)

// hard are names that break what is not made for them: as long as they may be, without
// a space, of wide letters, from right to left, of emoji made of many parts.
var hard = []string{
	"Maximiliane Charlotte von Hohenstein-Wallenburg und zu Sternau", strings.Repeat("W", 60), "Minh",
	strings.Repeat("聲音", 10), "עבדאללה בן יוסף אבן אלחסן אל-קורטובי", "👩‍👩‍👧‍👦👨🏽‍🚀🏳️‍🌈", "Priya", "Ștefan-Alexandru Dumitrescu (radio)",
	"محمد عبد الرحمن الأندلسي", strings.Repeat("🌳", 16), "Yuki", "a.very.long.address@mail.example.org",
}

// crowd is a room of so many people, each of whom passes on to fan others. One of them
// is the node's own.
func crowd(people, fan int) node.RoomStatus {
	relay := peer(255)
	r := node.RoomStatus{
		Keyed: true, ID: roomID(byte(people)), Title: fmt.Sprintf("A room of %d", people), Kind: "open", Host: peer(1),
		Role: "host", OnStage: true, MayInvite: true, Heir: peer(2), Removed: []node.Removed{{ID: peer(250), Name: hard[0]}, {ID: peer(251), Name: hard[1]}},
		Network: node.NetworkStatus{Attached: true, Paths: []node.Path{{Attached: true, Root: relay, Depth: 1}}, Words: "one path, 42 ms from the stage"},
		Tree:    node.Tree{Roots: []identity.ID{relay}},
	}
	if people > 1 {
		r.Tree.Nodes = append(r.Tree.Nodes, node.TreeNode{ID: relay, Name: hard[0], Relay: true})
	}
	for n := range people {
		p := node.Person{ID: peer(byte(n + 1)), Name: hard[n%len(hard)], Role: "listener", OnStage: n < 5, Self: n == people/2}
		switch {
		case n == people/2:
			p.Role, p.OnStage = "host", true
		case n < 5:
			p.Role, p.Muted = "speaker", n == 1
		case n%7 == 0:
			p.Hand = len(r.Hands) + 1
			p.Invited = n == 14
			r.Hands = append(r.Hands, p.ID)
		}
		r.People = append(r.People, p)
		if people == 1 {
			continue
		}
		from := relay
		if n >= fan {
			from = peer(byte((n-fan)/fan + 1))
		}
		r.Tree.Nodes = append(r.Tree.Nodes, node.TreeNode{ID: p.ID, Name: p.Name, Self: p.Self})
		r.Tree.Edges = append(r.Tree.Edges, node.TreeEdge{From: from, To: p.ID})
	}
	return r
}

// doubled is the room with a second tree, in which those who come last in the first come
// first.
func doubled(r node.RoomStatus) node.RoomStatus {
	people, relay, first := len(r.People), peer(253), r.Tree.Roots[0]
	r.Title += " on two trees"
	r.ID = identity.RoomOf([]byte(r.Title))
	r.Tree.Roots = append(r.Tree.Roots, relay)
	r.Tree.Nodes = append(r.Tree.Nodes, node.TreeNode{ID: relay, Relay: true})
	mirror := map[identity.ID]identity.ID{first: relay}
	for i := range r.People {
		mirror[r.People[i].ID] = r.People[people-1-i].ID
	}
	for _, e := range r.Tree.Edges {
		r.Tree.Edges = append(r.Tree.Edges, node.TreeEdge{Tree: 1, From: mirror[e.From], To: mirror[e.To]})
	}
	r.Tree.Edges = append(r.Tree.Edges, node.TreeEdge{From: first, To: relay}, node.TreeEdge{Tree: 1, From: relay, To: first})
	r.Network.Words = "two paths, 42 ms from the stage"
	r.Network.Paths[0].Parent, r.Network.Paths[0].Backup = first, r.People[people/3].ID
	r.Network.Paths = append(r.Network.Paths, node.Path{Attached: true, Root: relay, Parent: relay, Backup: r.People[people/4].ID, Depth: 1})
	return r
}

// star is a room that one relay feeds alone.
func star(people int) node.RoomStatus {
	r := crowd(people, people)
	r.ID, r.Title = roomID(254), "A star"
	return r
}

// TestSlowCrowd looks at rooms of one and of two hundred people, most of them with
// names that are hard to set, on a desk and on a phone.
func TestSlowCrowd(t *testing.T) {
	f := newFake()
	f.change(func(s *node.Status) {
		s.Self.Name = hard[0]
		s.Rooms = []node.RoomStatus{crowd(1, 6), crowd(3, 6), crowd(10, 3), doubled(crowd(11, 3)), crowd(40, 4), doubled(crowd(41, 4)), crowd(200, 6), doubled(crowd(201, 6)), star(100)}
		for _, r := range s.Rooms[:2] {
			s.Lobby = append(s.Lobby, node.Card{
				Room: identity.RoomOf([]byte(r.Title)), Title: strings.Repeat("Endlos", 20), HostName: hard[1], Host: peer(9), Kind: "open", People: 40, Speakers: 4, Language: "de",
			})
		}
	})
	s := runServer(t, f)
	script := startScript(t, "crowd.mjs", s.Address(), s.Token(), pictures(t))
	script.follow(t, func(what string) { t.Errorf("the script asks for %q", what) })
}
