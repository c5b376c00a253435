package web

import (
	"github.com/banyan-rooms/banyan/crypto/identity"
	"github.com/banyan-rooms/banyan/node"
)

// State is everything that the page shows: what the node tells, and what the server
// knows beside it.
type State struct {
	Version string           `json:"version"`
	Self    node.Self        `json:"self"`
	Lobby   []node.Card      `json:"lobby"`
	Known   []node.KnownRoom `json:"known"` // entered before, and not now
	Rooms   []Room           `json:"rooms"` // those that the node is in
}

// Room is a room that the node is in.
type Room struct {
	node.RoomStatus
	Mic   string              `json:"mic"`   // the WHIP session that is open: the end of its Location; empty: none
	Slots map[int]identity.ID `json:"slots"` // who is heard in which WHEP slot
}

// Levels is how loud the people of a room are now, in -dBov: 0 loudest, 127 silent.
// Who was not heard of late is left out.
type Levels struct {
	Room   identity.RoomID       `json:"room"`
	Levels map[identity.ID]uint8 `json:"levels"`
}

// stateOf makes a State of a node's status, with no list that is null.
func stateOf(st node.Status, version string) State {
	s := State{
		Version: version, Self: st.Self, Lobby: filled(st.Lobby), Known: filled(st.Known),
		Rooms: make([]Room, len(st.Rooms)),
	}
	s.Self.Addrs = filled(s.Self.Addrs)
	for i, r := range st.Rooms {
		r.People, r.Hands, r.Frauds, r.Removed = filled(r.People), filled(r.Hands), filled(r.Frauds), filled(r.Removed)
		r.Tree.Roots, r.Tree.Nodes, r.Tree.Edges, r.Tree.Silent = filled(r.Tree.Roots), filled(r.Tree.Nodes), filled(r.Tree.Edges), filled(r.Tree.Silent)
		r.Network.Paths = filled(r.Network.Paths)
		s.Rooms[i] = Room{RoomStatus: r, Slots: map[int]identity.ID{}}
	}
	return s
}

// filled makes an empty list of none, so that JSON has [] and never null.
func filled[T any](list []T) []T {
	if list == nil {
		return []T{}
	}
	return list
}
