package node

import (
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/banyan-rooms/banyan/crypto/identity"
	"github.com/banyan-rooms/banyan/crypto/invite"
	"github.com/banyan-rooms/banyan/rooms"
)

func TestInvitesAreRedeemedAndCounted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		v := newVillage(t)
		defer v.close()
		host := v.add("host")
		room := host.create(rooms.InviteOnly)
		link := host.link(room, InviteOptions{Uses: 2})
		ann, bob, eve := v.add("ann"), v.add("bob"), v.add("eve")
		ann.join(link)
		bob.join(link)
		if _, err := eve.Join(t.Context(), link); err == nil || !strings.Contains(err.Error(), invite.ErrUsed.Error()) {
			t.Errorf("third use of two: %v, want %v", err, invite.ErrUsed)
		}
		// Whoever was let in comes again with what was kept, or with the link.
		if err := ann.Leave(t.Context(), room); err != nil {
			t.Fatal(err)
		}
		ann.join(room.String())
		if err := bob.Leave(t.Context(), room); err != nil {
			t.Fatal(err)
		}
		bob.store.tickets = make(map[identity.RoomID][][]byte)
		bob.join(link)
		v.until(5*time.Second, "all are there", func() bool { return len(host.room(room).People) == 3 })
		for _, p := range []*villager{ann, bob} {
			if len(p.store.tickets[room]) != 2 {
				t.Errorf("%s keeps a ticket of %d steps, want 2", p.name, len(p.store.tickets[room]))
			}
		}
		if n := len(host.store.uses); n != 1 {
			t.Errorf("uses of %d invites counted, want 1", n)
		}
	})
}

func TestNamedInviteIsForOnePerson(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		v := newVillage(t)
		defer v.close()
		host, ann, eve := v.add("host"), v.add("ann"), v.add("eve")
		room := host.create(rooms.InviteOnly)
		link := host.link(room, InviteOptions{Named: ann.ID(), Role: invite.Speaker})
		if _, err := eve.Join(t.Context(), link); !errors.Is(err, invite.ErrHolder) {
			t.Errorf("eve joins: %v, want %v", err, invite.ErrHolder)
		}
		ann.join(link)
		v.until(5*time.Second, "ann is invited to the stage by her ticket", func() bool { return ann.room(room).Invited })
		ann.do(room, rooms.AcceptStage{})
		v.until(5*time.Second, "the host sees ann on stage", func() bool { return host.person(room, ann).OnStage })
	})
}

func TestRedeemersStandInForTheHost(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		v := newVillage(t)
		defer v.close()
		host, mod, guest := v.add("host"), v.add("mod"), v.add("guest")
		room := host.create(rooms.InviteOnly)
		mod.join(host.link(room, InviteOptions{Named: mod.ID()}))
		v.until(5*time.Second, "the host sees the moderator", func() bool { return host.person(room, mod).ID == mod.ID() })
		host.do(room, rooms.Grant{Who: mod.ID(), Role: invite.Moderator})
		v.until(5*time.Second, "the moderator is one", func() bool { return mod.room(room).Role == "moderator" })
		link := host.link(room, InviteOptions{Uses: 1})
		host.stop()
		guest.peer.Know(mod.peer.Addrs())
		if _, err := guest.peer.Connect(t.Context(), mod.peer.Addrs()); err != nil {
			t.Fatal(err)
		}
		guest.join(link)
	})
}

func TestGuestsInviteWithinTheirQuota(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		v := newVillage(t)
		defer v.close()
		host, ann, bob, eve := v.add("host"), v.add("ann"), v.add("bob"), v.add("eve")
		room := host.create(rooms.InviteOnly)
		ann.join(host.link(room, InviteOptions{Named: ann.ID(), Quota: 1}))
		bob.join(ann.link(room, InviteOptions{Named: bob.ID()}))
		if _, err := ann.Invite(t.Context(), room, InviteOptions{Named: eve.ID()}); !errors.Is(err, invite.ErrQuota) {
			t.Errorf("second invite of one: %v, want %v", err, invite.ErrQuota)
		}
		if _, err := bob.Invite(t.Context(), room, InviteOptions{Named: eve.ID()}); !errors.Is(err, ErrMayNotInvite) {
			t.Errorf("without a quota: %v, want %v", err, ErrMayNotInvite)
		}
	})
}

func TestLinksThatAreNoGood(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		v := newVillage(t)
		defer v.close()
		host, other, guest := v.add("host"), v.add("other"), v.add("guest")
		room := host.create(rooms.InviteOnly)
		foreign := other.create(rooms.InviteOnly)
		good := host.link(room, InviteOptions{Uses: 1})

		parsed := func(text string) invite.Link {
			l, err := invite.ParseLink(text)
			if err != nil {
				t.Fatal(err)
			}
			return l
		}
		wrongRoom := parsed(good)
		wrongRoom.Room = foreign
		forged := parsed(good)
		chain, err := invite.Issue(keyOf(t, 99), nil, invite.Invite{Room: room, Role: invite.Listener, Invitee: guest.ID()})
		if err != nil {
			t.Fatal(err)
		}
		forged.Chain, forged.Bearer = chain, nil
		bare := invite.Link{Room: room, Addrs: host.peer.Addrs()}
		short := host.link(room, InviteOptions{Uses: 1, Expires: time.Minute})
		nowhere := bare
		nowhere.Room[0]++

		time.Sleep(2 * time.Minute)
		tests := []struct {
			name, link string
			want       string // in the error
		}{
			{"text that is no link", "hello", invite.ErrMalformed.Error()},
			{"a link cut short", good[:len(good)-20], invite.ErrMalformed.Error()},
			{"a tampered link", good[:200] + flip(good[200]) + good[201:], invite.ErrForged.Error()},
			{"someone else's invite", host.link(room, InviteOptions{Named: other.ID()}), invite.ErrHolder.Error()},
			{"an expired invite", short, invite.ErrExpired.Error()},
			{"an invite to another room", wrongRoom.String(), invite.ErrRoom.Error()},
			{"an invite by nobody of the room", forged.String(), invite.ErrChain.Error()},
			{"no invite where one is needed", bare.String(), rooms.ErrNoTicket.Error()},
			{"a room that nobody is in", nowhere.String(), ErrUnreachable.Error()},
			{"an unknown room ID", nowhere.Room.String(), ErrUnreachable.Error()},
		}
		for _, test := range tests {
			began := time.Now()
			_, err := guest.Join(t.Context(), test.link)
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("%s: %v, want %q", test.name, err, test.want)
			} else if !strings.Contains(err.Error(), "ask ") {
				t.Errorf("%s: %v, want what to do about it", test.name, err)
			}
			if d := time.Since(began); d > startTimeout {
				t.Errorf("%s: refused after %v", test.name, d)
			}
		}
		if st := guest.Status(); len(st.Rooms)+len(st.Known) != 0 {
			t.Errorf("something was kept of rooms that could not be entered: %+v", st)
		}
		guest.join(good)
	})
}

// flip returns another character than c that a link may hold.
func flip(c byte) string {
	if c == 'A' {
		return "B"
	}
	return "A"
}

func TestUnredeemedWhenTheIssuerIsAway(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		v := newVillage(t)
		defer v.close()
		host, ann, guest := v.add("host"), v.add("ann"), v.add("guest")
		room := host.create(rooms.InviteOnly)
		ann.join(host.link(room, InviteOptions{Named: ann.ID()}))
		l, err := invite.ParseLink(host.link(room, InviteOptions{}))
		if err != nil {
			t.Fatal(err)
		}
		l.Addrs = ann.peer.Addrs()
		host.stop()
		if _, err := guest.Join(t.Context(), l.String()); !errors.Is(err, ErrNoRedeemer) {
			t.Errorf("%v, want %v", err, ErrNoRedeemer)
		}
	})
}

func TestBannedAndClosed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		v := newVillage(t)
		defer v.close()
		host, friend, ears := v.stage(rooms.Open, 1)
		room := host.Status().Rooms[0].ID
		link := host.link(room, InviteOptions{})
		host.do(room, rooms.Ban{Who: ears[0].ID()})
		v.until(5*time.Second, "the one who was removed sees it", func() bool { return ears[0].room(room).Banned })
		if err := ears[0].Leave(t.Context(), room); err != nil {
			t.Fatal(err)
		}
		if _, err := ears[0].Join(t.Context(), link); err == nil || !strings.Contains(err.Error(), rooms.ErrBanned.Error()) {
			t.Errorf("the one who was removed comes again: %v, want %v", err, rooms.ErrBanned)
		}
		host.do(room, rooms.Close{})
		v.until(5*time.Second, "the friend sees that the room is closed", func() bool { return friend.room(room).Closed })
		late := v.add("late")
		if _, err := late.Join(t.Context(), link); !errors.Is(err, rooms.ErrClosed) {
			t.Errorf("a closed room: %v, want %v", err, rooms.ErrClosed)
		}
		if err := friend.Do(t.Context(), room, rooms.RaiseHand{}); !errors.Is(err, rooms.ErrClosed) {
			t.Errorf("a hand in a closed room: %v, want %v", err, rooms.ErrClosed)
		}
	})
}

func TestFullDisk(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		v := newVillage(t)
		defer v.close()
		host, friend, _ := v.stage(rooms.InviteOnly, 0)
		room := host.Status().Rooms[0].ID
		before := host.link(room, InviteOptions{})
		errFullDisk := errors.New("the disk is full; make room and start again")
		host.store.mu.Lock()
		host.store.full = errFullDisk
		host.store.mu.Unlock()
		if err := host.Do(t.Context(), room, rooms.SetTitle{Title: "Lost"}); !errors.Is(err, errFullDisk) {
			t.Errorf("a title that cannot be kept: %v", err)
		}
		time.Sleep(time.Second)
		if got := friend.room(room).Title; got == "Lost" {
			t.Error("what could not be kept was said all the same")
		}
		if _, err := host.Create(t.Context(), rooms.Policy{Kind: rooms.Open, Title: "Lost"}); !errors.Is(err, errFullDisk) {
			t.Errorf("a room that cannot be kept: %v", err)
		}
		guest := v.add("guest")
		if _, err := host.Invite(t.Context(), room, InviteOptions{}); !errors.Is(err, errFullDisk) {
			t.Errorf("an invite that cannot be kept: %v", err)
		}
		if _, err := guest.Join(t.Context(), before); err == nil || !strings.Contains(err.Error(), errOwnDisk.Error()) {
			t.Errorf("a use that cannot be counted: %v, want %v", err, errOwnDisk)
		}
		host.store.mu.Lock()
		host.store.full = nil
		host.store.mu.Unlock()
		host.do(room, rooms.SetTitle{Title: "Found"})
		guest.join(host.link(room, InviteOptions{}))
	})
}
