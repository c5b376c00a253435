package node

import (
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/banyan-rooms/banyan/crypto/invite"
	"github.com/banyan-rooms/banyan/rooms"
)

func TestARoomOutlivesItsMaker(t *testing.T) {
	for _, kind := range []rooms.Kind{rooms.InviteOnly, rooms.Secret} {
		synctest.Test(t, func(t *testing.T) {
			v := newVillage(t)
			defer v.close()
			host, ann, bob := v.add("host"), v.add("ann"), v.add("bob")
			room := host.create(kind)
			ann.join(host.link(room, InviteOptions{Named: ann.ID(), Expires: time.Minute}))
			v.until(5*time.Second, "the host sees ann", func() bool { return len(host.room(room).People) == 2 })
			if _, err := ann.Invite(t.Context(), room, InviteOptions{Bearer: true}); !errors.Is(err, ErrMayNotInvite) {
				t.Fatalf("a listener invites: %v", err)
			}
			host.do(room, rooms.HandOver{Who: ann.ID()})
			v.until(5*time.Second, "ann is the host", func() bool { return ann.room(room).Host == ann.ID() && ann.room(room).Role == "host" })
			ann.do(room, rooms.MoveDown{Who: host.ID()})
			v.until(5*time.Second, "the maker is a listener", func() bool { return host.room(room).Role == "listener" })
			if _, err := host.Invite(t.Context(), room, InviteOptions{Bearer: true}); !errors.Is(err, ErrMayNotInvite) {
				t.Errorf("who made the room and is a listener now invites: %v", err)
			}
			host.stop()

			// Ann's own invite has ended when she comes back; the room is hers all the same.
			time.Sleep(2 * time.Minute)
			key, kept := ann.cfg.Key, ann.store
			ann.stop()
			ann = v.start("ann", key, kept)
			ann.join(room.String())
			if got := ann.room(room); got.Host != ann.ID() || got.Banned {
				t.Fatalf("ann is back and sees %+v", got)
			}
			link := ann.link(room, InviteOptions{Bearer: true, Uses: 1})
			bob.join(link)
			v.until(5*time.Second, "ann and bob meet", func() bool { return len(ann.room(room).People) == 2 && len(bob.room(room).People) == 2 })
			list, err := ann.Invites(t.Context(), room)
			if err != nil || len(list.Invites) != 1 || list.Left >= invite.MaxQuota || list.Left < invite.MaxQuota/2 || list.Invites[0].Used != 1 {
				t.Errorf("ann's invites: %+v, %v", list, err)
			}
			v.until(20*time.Second, "bob hears", func() bool { return bob.room(room).Keyed })
			ann.stop()
			bob.stop()
		})
	}
}

func TestASuccessorStandsIn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		v := newVillage(t)
		defer v.close()
		host, ann, bob := v.add("host"), v.add("ann"), v.add("bob")
		room := host.create(rooms.Open)
		for _, p := range []*villager{ann, bob} {
			p.join(host.link(room, InviteOptions{}))
		}
		all := func(what string, holds func(RoomStatus) bool) {
			t.Helper()
			v.until(time.Minute, what, func() bool { return holds(ann.room(room)) && holds(bob.room(room)) })
		}
		all("all are there", func(s RoomStatus) bool { return len(s.People) == 3 })
		host.do(room, rooms.NameSuccessor{Who: ann.ID()})
		all("ann may take over", func(s RoomStatus) bool { return s.Heir == ann.ID() && s.Owner == host.ID() })
		if err := ann.Do(t.Context(), room, rooms.TakeOver{}); !errors.Is(err, rooms.ErrHostHere) {
			t.Errorf("ann takes over from a host who is here: %v", err)
		}
		key, kept := host.cfg.Key, host.store
		host.kill()
		all("the host is missed", func(s RoomStatus) bool { return len(s.People) == 2 })
		ann.do(room, rooms.TakeOver{})
		all("ann is the host", func(s RoomStatus) bool { return s.Host == ann.ID() && s.Owner == host.ID() })

		host = v.start("host", key, kept)
		host.join(ann.link(room, InviteOptions{}))
		all("the owner is a moderator", func(s RoomStatus) bool {
			for _, p := range s.People {
				if p.ID == host.ID() {
					return p.Role == "moderator" && p.By == ann.ID() && !p.Since.IsZero()
				}
			}
			return false
		})
		v.until(time.Minute, "the owner knows", func() bool { return host.room(room).Host == ann.ID() })
		host.do(room, rooms.TakeOver{})
		all("the owner is the host", func(s RoomStatus) bool { return s.Host == host.ID() && s.Owner == host.ID() })
	})
}
