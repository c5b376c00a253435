package node

import (
	"fmt"
	"reflect"
	"slices"
	"time"

	"github.com/banyan-rooms/banyan/crypto/identity"
	"github.com/banyan-rooms/banyan/crypto/invite"
	"github.com/banyan-rooms/banyan/mesh"
	"github.com/banyan-rooms/banyan/rooms"
)

// shown is what a member shows of its room. It is not changed once it is shown.
type shown struct {
	view       rooms.View
	place      mesh.View
	keyed      bool
	delay      int // ms
	received   uint64
	lost       uint64
	duplicates uint64
	trusts     map[identity.ID]trust
	right      right
	removed    []Removed
	silent     []identity.ID
}

// right is by what somebody is in a room, and how many they may invite; see [rooms.Room.Ticket].
type right struct {
	ticket  invite.Chain
	invites uint32
}

// show makes what people see anew. It runs on the loop, and once before it.
func (m *member) show(place mesh.View) {
	next := &shown{
		view: m.room.View(), place: place, keyed: m.keyed(m.now()),
		delay: m.score.medianDelay(), received: m.score.received, lost: m.lostNow(), duplicates: m.score.duplicates, trusts: m.trusts(),
	}
	next.right.ticket, next.right.invites = m.room.Ticket()
	next.silent = m.silent.now(m.now())
	for _, who := range next.view.Removed {
		next.removed = append(next.removed, Removed{ID: who, Name: m.room.NameOf(who)})
	}
	m.revealed, m.revealAt = m.now(), never
	if last := m.shown.Swap(next); last == nil || !reflect.DeepEqual(*last, *next) {
		m.n.watchers.tell()
	}
}

// Status is everything that there is to see.
func (n *Node) Status() Status {
	network := n.cfg.Network
	st := Status{
		Self:  Self{ID: n.ID(), Name: n.Name(), Addrs: network.Addrs(), Peers: len(network.Peers())},
		Lobby: n.lobby.cards(),
	}
	now := time.Now()
	for _, m := range n.membersNow() {
		st.Rooms = append(st.Rooms, m.status(now))
	}
	st.Known = n.knownRooms()
	return st
}

// knownRooms are the rooms that are kept and not entered.
func (n *Node) knownRooms() []KnownRoom {
	kept, err := n.cfg.Store.Rooms()
	if err != nil {
		n.log.Debug("the rooms entered before cannot be read", "error", err)
	}
	var known []KnownRoom
	for _, id := range kept {
		if n.session(id) != nil {
			continue
		}
		if k, ok := n.knownRoom(id); ok {
			known = append(known, k)
		}
	}
	return known
}

// knownRoom is what is kept of one room. A genesis never changes, so it is read once.
func (n *Node) knownRoom(id identity.RoomID) (KnownRoom, bool) {
	n.mu.Lock()
	k, ok := n.known[id]
	n.mu.Unlock()
	if ok {
		return k, true
	}
	genesis, err := n.cfg.Store.Genesis(id)
	if err != nil {
		return KnownRoom{}, false
	}
	g, _, err := rooms.OpenGenesis(genesis)
	if err != nil {
		return KnownRoom{}, false
	}
	k = KnownRoom{Room: id, Title: g.Policy.Title, Host: g.Host, Own: g.Host == n.ID()}
	n.mu.Lock()
	defer n.mu.Unlock()
	n.known[id] = k
	return k, true
}

// status is what there is to see of one room.
func (m *member) status(now time.Time) RoomStatus {
	s := m.shown.Load()
	v := s.view
	me, _ := v.Me()
	st := RoomStatus{
		ID: v.ID, Title: v.Title, Kind: v.Policy.Kind.String(), Language: v.Policy.Language, Host: v.Host, Owner: v.Owner, Heir: v.Heir,
		Role: max(me.Role, invite.Listener).String(), Closed: v.Closed, Locked: v.Locked, NoHands: v.NoHand, Banned: v.Banned,
		OnStage: me.OnStage, Muted: me.Muted, Invited: me.Invited, Keyed: s.keyed,
		Hands: slices.Clone(v.Hands), Removed: slices.Clone(s.removed), MayInvite: m.mayInvite(s) == nil, Network: s.network(), Tree: s.tree(),
	}
	for _, c := range v.Cheats {
		st.Frauds = append(st.Frauds, Fraud{Who: c.Who, Name: v.NameOf(c.Who)})
	}
	blocked := m.n.blocks()
	for _, p := range v.People {
		t := s.trusts[p.ID]
		st.People = append(st.People, Person{
			ID: p.ID, Name: p.Name, Role: p.Role.String(), OnStage: p.OnStage, Invited: p.Invited, Muted: p.Muted, Mute: p.Mute.String(),
			Self: p.ID == v.Self, Blocked: slices.Contains(blocked, p.ID), Hand: slices.Index(v.Hands, p.ID) + 1,
			Speaking: p.OnStage && !p.Muted && m.ears.speaking(p.ID, now),
			Voice:    t.String(), By: p.By, Since: p.Since,
		})
	}
	return st
}

// network says how well sound reaches this node.
func (s *shown) network() NetworkStatus {
	st := NetworkStatus{
		Attached: s.place.Attached,
		DelayMS:  s.delay, Received: s.received, Lost: s.lost, Duplicates: s.duplicates, Words: s.words(),
	}
	for _, b := range s.place.Trees {
		st.Paths = append(st.Paths, Path{
			Attached: b.Attached, Root: b.Root, Epoch: b.Epoch, Parent: b.Parent, Backup: b.Backup, Depth: b.Depth, Children: len(b.Children),
		})
	}
	return st
}

// words says the same in words.
func (s *shown) words() string {
	p := s.place
	switch {
	case s.view.Closed:
		return "the room is closed"
	case !s.keyed:
		return "waiting for the room's key"
	case !p.Attached:
		return "looking for a place in the tree"
	}
	paths, feeds, top, spare := 0, 0, false, false
	for _, b := range p.Trees {
		if b.Attached {
			paths++
		}
		feeds += len(b.Children)
		top = top || b.Attached && b.Parent.IsZero()
		spare = spare || !b.Backup.IsZero()
	}
	words := "one path"
	switch {
	case top && feeds == 0 && len(p.Trees) == 1:
		return "nobody else is here yet"
	case top:
		words = fmt.Sprintf("at the top of a tree, feeding %d", feeds)
	case paths > 1:
		words = "two paths"
	case spare:
		words = "one path and a spare"
	}
	if s.delay > 0 {
		words += fmt.Sprintf(", %d ms from the stage", s.delay)
	}
	return words
}

// tree is who feeds whom in the room's trees, with names.
func (s *shown) tree() Tree {
	var t Tree
	names := make(map[identity.ID]string, len(s.view.People))
	for _, p := range s.view.People {
		names[p.ID] = p.Name
	}
	add := func(id identity.ID) {
		if id.IsZero() || slices.ContainsFunc(t.Nodes, func(n TreeNode) bool { return n.ID == id }) {
			return
		}
		name, person := names[id]
		relay := !person && slices.Contains(s.place.Relays, id)
		switch {
		case relay:
			name = "Relay " + id.Short()
		case name == "":
			name = "Peer " + id.Short()
		}
		t.Nodes = append(t.Nodes, TreeNode{ID: id, Name: name, Relay: relay, Self: id == s.view.Self})
	}
	for _, b := range s.place.Trees {
		t.Roots = append(t.Roots, b.Root)
		add(b.Root)
	}
	add(s.view.Self)
	for i, b := range s.place.Trees {
		for _, e := range b.Edges {
			add(e.From)
			add(e.To)
			t.Edges = append(t.Edges, TreeEdge{Tree: i, From: e.From, To: e.To})
		}
	}
	t.Silent = slices.Clone(s.silent)
	return t
}

// card is what the lobby is told of the room, if it is this person who tells it: the
// host or, while the host is away, the first of those who are there.
func (m *member) card(now time.Time) (card, bool) {
	v := m.shown.Load().view
	if v.Policy.Kind != rooms.Open || v.Closed || v.Left || len(v.People) == 0 {
		return card{}, false
	}
	at := max(0, slices.IndexFunc(v.People, func(p rooms.Person) bool { return p.ID == v.Host }))
	if v.People[at].ID != v.Self {
		return card{}, false
	}
	c := card{
		Genesis: m.envelope, Title: v.Title, People: uint32(len(v.People)),
		Addrs: firsts(m.linkAddrs(), maxAddrs), Expires: now.Add(cardTTL).Unix(),
	}
	for _, p := range v.People {
		if p.ID == v.Host {
			c.HostName = p.Name
		}
		if p.OnStage {
			c.Speakers++
		}
	}
	return c, true
}
