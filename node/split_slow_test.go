//go:build slow

package node

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/banyan-rooms/banyan/crypto/identity"
	"github.com/banyan-rooms/banyan/crypto/invite"
	"github.com/banyan-rooms/banyan/node/audio"
	"github.com/banyan-rooms/banyan/node/transport"
	"github.com/banyan-rooms/banyan/rooms"
)

// divide keeps two sides of real nodes from reaching each other: no connection, no link.
type divide struct {
	mu    sync.Mutex
	sides map[identity.ID]int
	apart bool
	links []transport.Link
}

func (d *divide) parts(a, b identity.ID) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.apart && d.sides[a] != d.sides[b]
}

// set divides, or joins again.
func (d *divide) set(all []*realNode, apart bool) {
	d.mu.Lock()
	d.apart = apart
	links := slices.Clone(d.links)
	d.mu.Unlock()
	for _, a := range all {
		for _, b := range all {
			if d.sides[a.ID()] != d.sides[b.ID()] {
				a.cfg.Network.Gate(b.ID(), apart)
			}
		}
	}
	for _, l := range links {
		if apart && d.sides[l.Peer()] != d.sides[l.(dividedLink).self] {
			_ = l.Close()
		}
	}
}

// over makes one node's links go over the divide.
func (d *divide) over(self *identity.ID) func(transport.Links) transport.Links {
	return func(l transport.Links) transport.Links { return dividedLinks{l, d, self} }
}

type dividedLinks struct {
	transport.Links
	d    *divide
	self *identity.ID
}

type dividedLink struct {
	transport.Link
	self identity.ID
}

var errDivided = errors.New("they are on different sides")

func (l dividedLinks) keep(link transport.Link) transport.Link {
	l.d.mu.Lock()
	defer l.d.mu.Unlock()
	kept := dividedLink{link, *l.self}
	l.d.links = append(l.d.links, kept)
	return kept
}

func (l dividedLinks) Accept(allow func(identity.ID, identity.RoomID) error, opened func(transport.Link)) {
	l.Links.Accept(func(from identity.ID, room identity.RoomID) error {
		if l.d.parts(from, *l.self) {
			return errDivided
		}
		return allow(from, room)
	}, func(link transport.Link) { opened(l.keep(link)) })
}

func (l dividedLinks) Dial(ctx context.Context, to identity.ID, room identity.RoomID) (transport.Link, error) {
	if l.d.parts(to, *l.self) {
		return nil, errDivided
	}
	link, err := l.Links.Dial(ctx, to, room)
	if err != nil {
		return nil, err
	}
	return l.keep(link), nil
}

// TestSlowASplitRoomHeals divides a room of real nodes. Each side speaks on among itself,
// and decides what the other undoes. When they meet again there is one room, the same
// for all: what the host decided counts, what the moderator did whom the host meanwhile
// left less does not.
func TestSlowASplitRoomHeals(t *testing.T) {
	d := &divide{sides: make(map[identity.ID]int)}
	names := []string{"host", "speaker a", "ear a", "moderator", "speaker b", "ear b", "removed"}
	all := make([]*realNode, len(names))
	for i, name := range names {
		self := new(identity.ID)
		all[i] = startRealOver(t, name, d.over(self))
		*self = all[i].ID()
		d.sides[all[i].ID()] = i / 3 // the last three and the moderator
		if i == 6 {
			d.sides[all[i].ID()] = 1
		}
	}
	host, speakerA, earA, moderator, speakerB, earB, removed := all[0], all[1], all[2], all[3], all[4], all[5], all[6]
	sideA, sideB := all[:3], all[3:]
	room, err := host.Create(t.Context(), rooms.Policy{Kind: rooms.InviteOnly, Title: "Whole"})
	if err != nil {
		t.Fatal(err)
	}
	link, err := host.Invite(t.Context(), room, InviteOptions{})
	if err != nil {
		t.Fatal(err)
	}
	for _, n := range all[1:] {
		if _, err := n.Join(t.Context(), link.String()); err != nil {
			t.Fatalf("%s joins: %v", n.name, err)
		}
	}
	oneTree(t, room, all)
	do := func(n *realNode, c rooms.Command) {
		t.Helper()
		if err := n.Do(t.Context(), room, c); err != nil {
			t.Fatalf("%s: %T: %v", n.name, c, err)
		}
	}
	onStage(t, room, host, speakerA, all)
	onStage(t, room, host, speakerB, all)
	do(host, rooms.Grant{Who: moderator.ID(), Role: invite.Moderator})
	soon(t, 10*time.Second, "the moderator is one", func() bool { return moderator.in(room).Role == "moderator" })

	d.set(all, true)
	for _, side := range [][]*realNode{sideA, sideB} {
		took := soon(t, 30*time.Second, "a side has a tree of its own", func() bool {
			root := side[0].in(room).Tree.Roots[0]
			among := slices.ContainsFunc(side, func(n *realNode) bool { return n.ID() == root })
			return among && !slices.ContainsFunc(side, func(n *realNode) bool {
				st := n.in(room)
				return !st.Network.Attached || st.Tree.Roots[0] != root
			})
		})
		t.Logf("the side of the %s has its own tree after %v", side[0].name, took.Round(time.Millisecond))
	}
	// Both sides hear their own speaker.
	talk := func(speaker *realNode, frames int, ears ...*realNode) {
		t.Helper()
		heard := make(map[*realNode]func() []Heard)
		for _, n := range ears {
			heard[n] = hearing(t, n, room)
		}
		paced(t, frames, func(n int) {
			if err := speaker.Say(room, audio.Frame{Timestamp: uint32(n * audio.FrameSamples), Packet: packet(n), Level: 30}); err != nil {
				t.Errorf("%s says frame %d: %v", speaker.name, n, err)
			}
		})
		for n, stop := range heard {
			if got := len(stop()); got < frames*99/100 {
				t.Errorf("%s heard %d of the %d frames that %s said", n.name, got, frames, speaker.name)
			}
		}
	}
	talk(speakerA, 100, host, earA)
	talk(speakerB, 100, moderator, earB)

	do(moderator, rooms.SetTitle{Title: "The moderator's"})
	do(moderator, rooms.Ban{Who: earA.ID()})
	soon(t, 10*time.Second, "the moderator's side heeds the moderator", func() bool { return earB.in(room).Title == "The moderator's" })
	do(host, rooms.MoveDown{Who: moderator.ID()})
	do(host, rooms.SetTitle{Title: "The host's"})
	do(host, rooms.Ban{Who: removed.ID()})
	soon(t, 10*time.Second, "the host's side heeds the host", func() bool { return earA.in(room).Title == "The host's" })
	if removed.in(room).Banned || earA.in(room).Banned {
		t.Error("word came over the divide")
	}

	d.set(all, false)
	whole := all[:6]
	took := soon(t, 90*time.Second, "there is one room again", func() bool {
		root := host.in(room).Tree.Roots[0]
		return removed.in(room).Banned && !slices.ContainsFunc(whole, func(n *realNode) bool {
			st := n.in(room)
			gone, _ := person(st, removed.ID())
			mod, _ := person(st, moderator.ID())
			return st.Title != "The host's" || st.Banned || !st.Keyed || !st.Network.Attached || st.Tree.Roots[0] != root ||
				len(st.People) != len(whole) || !gone.ID.IsZero() || mod.Role != "listener"
		})
	})
	t.Logf("one room again after %v", took.Round(time.Millisecond))
	talk(speakerA, 100, host, earA, moderator, earB, speakerB)
	talk(speakerB, 100, host, earA, moderator, earB, speakerA)
}
