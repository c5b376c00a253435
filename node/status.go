package node

import (
	"slices"
	"time"

	"github.com/banyan-rooms/banyan/crypto/identity"
	"github.com/banyan-rooms/banyan/node/audio"
)

// Status is everything that there is to see of a node. It is a copy.
type Status struct {
	Self  Self         `json:"self"`
	Lobby []Card       `json:"lobby"`
	Rooms []RoomStatus `json:"rooms"` // in the order in which they were entered
	Known []KnownRoom  `json:"known"` // entered before, and not now; Join takes their ID
}

// Self is the person at this node.
type Self struct {
	ID    identity.ID `json:"id"`
	Name  string      `json:"name"`
	Addrs []string    `json:"addrs"` // dialable multiaddrs
	Peers int         `json:"peers"` // connected now
}

// KnownRoom is a room that this node was in before.
type KnownRoom struct {
	Room  identity.RoomID `json:"room"`
	Title string          `json:"title"`
	Host  identity.ID     `json:"host"`
	Own   bool            `json:"own"` // the person is its host
}

// RoomStatus is one room that the node is in.
type RoomStatus struct {
	ID        identity.RoomID `json:"id"`
	Title     string          `json:"title"`
	Kind      string          `json:"kind"` // open, invite
	Language  string          `json:"language"`
	Host      identity.ID     `json:"host"`  // now
	Owner     identity.ID     `json:"owner"` // who can take hosting back: the host, unless somebody stands in for them
	Heir      identity.ID     `json:"heir"`  // who may take hosting over while the host is away, or zero
	Role      string          `json:"role"`  // own: host, moderator, speaker, listener
	Closed    bool            `json:"closed"`
	Locked    bool            `json:"locked"`     // nobody new comes onto the stage
	NoHands   bool            `json:"no_hands"`   // hands cannot be raised
	Banned    bool            `json:"banned"`     // own
	OnStage   bool            `json:"on_stage"`   // own
	Muted     bool            `json:"muted"`      // own
	Invited   bool            `json:"invited"`    // invited up, not yet answered
	Keyed     bool            `json:"keyed"`      // the epoch's secret is here: sound can be heard
	People    []Person        `json:"people"`     // stage first, then audience
	Hands     []identity.ID   `json:"hands"`      // raised, first come first
	Removed   []Removed       `json:"removed"`    // who may not come back until they are let in again
	Frauds    []Fraud         `json:"frauds"`     // invites that were given to two
	MayInvite bool            `json:"may_invite"` // whether this person can make invites
	Network   NetworkStatus   `json:"network"`
	Tree      Tree            `json:"tree"`
}

// Removed is somebody who was removed for good.
type Removed struct {
	ID   identity.ID `json:"id"`
	Name string      `json:"name"` // empty if it is not remembered
}

// Fraud says that somebody gave the same invite to two people, neither of whom is let in
// by it any more.
type Fraud struct {
	Who  identity.ID `json:"who"`
	Name string      `json:"name"` // empty if they are not here
}

// Person is someone in a room.
type Person struct {
	ID       identity.ID `json:"id"`
	Name     string      `json:"name"`
	Role     string      `json:"role"`
	By       identity.ID `json:"by"`    // who gave them the role; zero if nobody did but their invite
	Since    time.Time   `json:"since"` // when, by that one's clock; zero if nobody did
	OnStage  bool        `json:"on_stage"`
	Invited  bool        `json:"invited"`
	Muted    bool        `json:"muted"`
	Mute     string      `json:"mute"`     // by a moderator: no, muted, or locked, which only a moderator undoes
	Speaking bool        `json:"speaking"` // was loud a moment ago; changes of it are not told by Watch
	Voice    string      `json:"voice"`    // who speaks in it: proven, unproven, forged, or unheard (nobody so far)
	Self     bool        `json:"self"`
	Blocked  bool        `json:"blocked"` // by this person, who does not hear them
	Hand     int         `json:"hand"`    // place in the queue from 1; 0 is lowered
}

// NetworkStatus is how well a room's sound reaches this node.
type NetworkStatus struct {
	Attached   bool   `json:"attached"`   // by a path at least
	Paths      []Path `json:"paths"`      // one in each of the room's trees
	DelayMS    int    `json:"delay_ms"`   // from the speakers' microphones, median of late, by both clocks; 0 is unknown
	Received   uint64 `json:"received"`   // frames of others that opened
	Lost       uint64 `json:"lost"`       // frames of others that never came
	Duplicates uint64 `json:"duplicates"` // copies that were not played
	Words      string `json:"words"`      // all of it for people
}

// Path is where this node stands in one of the room's trees.
type Path struct {
	Attached bool        `json:"attached"`
	Root     identity.ID `json:"root"`
	Epoch    uint32      `json:"epoch"`
	Parent   identity.ID `json:"parent"` // zero for a root
	Backup   identity.ID `json:"backup"`
	Depth    int         `json:"depth"` // hops below the root
	Children int         `json:"children"`
}

// Depth is how many hops the node is below a root, in the tree in which it is most.
func (s NetworkStatus) Depth() (hops int) {
	for _, p := range s.Paths {
		hops = max(hops, p.Depth)
	}
	return hops
}

// First is the path in the room's first tree; the zero Path if there is none.
func (s NetworkStatus) First() (p Path) {
	if len(s.Paths) > 0 {
		p = s.Paths[0]
	}
	return p
}

// HangsOn tells whether the node is fed by a peer, in any tree.
func (s NetworkStatus) HangsOn(id identity.ID) bool {
	return slices.ContainsFunc(s.Paths, func(p Path) bool { return p.Parent == id })
}

// Tree is who feeds whom, as far as this node knows.
type Tree struct {
	Roots []identity.ID `json:"roots"` // of the room's trees; zero where none is known
	Nodes []TreeNode    `json:"nodes"`
	Edges []TreeEdge    `json:"edges"`
	// Silent are those that this node was next to and that do not answer, which others,
	// whose word the edges are, may not know yet.
	Silent []identity.ID `json:"silent"`
}

// TreeNode is one peer of the tree; a relay is not a person in the room.
type TreeNode struct {
	ID    identity.ID `json:"id"`
	Name  string      `json:"name"`
	Relay bool        `json:"relay"`
	Self  bool        `json:"self"`
}

// TreeEdge is one link, from parent to child.
type TreeEdge struct {
	Tree int         `json:"tree"` // from 0 on
	From identity.ID `json:"from"`
	To   identity.ID `json:"to"`
}

// Card is a public room as the lobby shows it.
type Card struct {
	Room     identity.RoomID `json:"room"`
	Title    string          `json:"title"`
	Host     identity.ID     `json:"host"`  // now
	Owner    identity.ID     `json:"owner"` // who can take hosting back: the host, unless somebody stands in for them
	Heir     identity.ID     `json:"heir"`  // who may take hosting over while the host is away, or zero
	HostName string          `json:"host_name"`
	Kind     string          `json:"kind"`
	People   int             `json:"people"`
	Speakers int             `json:"speakers"`
	Language string          `json:"language"`
}

// Heard is one frame of someone else, opened. It may be out of order; none comes
// twice.
type Heard struct {
	Speaker  identity.ID
	Frame    audio.Frame
	KID      uint64    // the speaker's key; CTR starts anew with each
	CTR      uint64    // position in what was sent under that key; a small gap is a loss, a large one a restart
	Captured time.Time // at the microphone, by the speaker's clock
	Received time.Time // here, by the own clock
}

// speech is the level (-dBov) up to which a frame counts as speaking.
const speech = 50

// speakingFor is how long someone counts as speaking after the last loud frame:
// shorter than a pause between sentences, longer than one between words.
const speakingFor = 400 * time.Millisecond
