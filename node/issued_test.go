package node

import (
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/banyan-rooms/banyan/crypto/invite"
	"github.com/banyan-rooms/banyan/rooms"
)

func (p *villager) invites() IssuedList {
	p.t.Helper()
	list, err := p.Invites(p.t.Context(), p.Status().Rooms[0].ID)
	if err != nil {
		p.t.Fatal(err)
	}
	return list
}

func TestInvitesAreListedAndTakenBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		v := newVillage(t)
		defer v.close()
		host, ann, bob, eve := v.add("host"), v.add("ann"), v.add("bob"), v.add("eve")
		room := host.create(rooms.InviteOnly)
		if list := host.invites(); len(list.Invites) != 0 || list.Limited {
			t.Errorf("at first: %+v", list)
		}
		open := host.link(room, InviteOptions{Uses: 5, Role: invite.Speaker})
		anns := host.link(room, InviteOptions{Named: ann.ID(), Quota: 4, Expires: 5 * time.Minute})
		ann.join(anns)
		bob.join(open)
		list := host.invites()
		if len(list.Invites) != 2 {
			t.Fatalf("listed %+v, want two", list)
		}
		for n, want := range []Issued{
			{Link: open, Role: "speaker", Uses: 5, Used: 1, Until: time.Now().Add(24 * time.Hour).Truncate(time.Second).UTC()},
			{Link: anns, Role: "listener", Peer: ann.ID(), Quota: 4, Until: time.Now().Add(5 * time.Minute).Truncate(time.Second).UTC()},
		} {
			got := list.Invites[n]
			want.ID, want.Made = got.ID, got.Made
			if got != want || time.Since(got.Made) > time.Second {
				t.Errorf("invite %d: got %+v, want %+v", n, got, want)
			}
		}

		// A guest's own: what is left of the quota, and what taking back can do.
		anyone := ann.link(room, InviteOptions{Uses: 2})
		ann.link(room, InviteOptions{Named: eve.ID()})
		if list := ann.invites(); !list.Limited || list.Left != 1 || len(list.Invites) != 2 {
			t.Errorf("ann's: %+v, want 1 left of 4", list)
		}
		if err := ann.Revoke(t.Context(), room, ann.invites().Invites[0].ID); err != nil {
			t.Errorf("ann takes her link back: %v", err)
		}
		if _, err := eve.Join(t.Context(), anyone); err == nil || !strings.Contains(err.Error(), "taken back") {
			t.Errorf("by a link that was taken back: %v", err)
		}
		if err := ann.Revoke(t.Context(), room, ann.invites().Invites[1].ID); !errors.Is(err, rooms.ErrNotAllowed) {
			t.Errorf("ann takes a ticket back: %v, want %v", err, rooms.ErrNotAllowed)
		}

		// The host's ends for all, and for who came by it.
		if err := host.Revoke(t.Context(), room, list.Invites[0].ID); err != nil {
			t.Fatal(err)
		}
		v.until(5*time.Second, "bob is out", func() bool { return host.person(room, bob).ID.IsZero() })
		if got := host.invites().Invites; !got[0].Revoked || got[1].Revoked {
			t.Errorf("after one was taken back: %+v", got)
		}
		if _, err := eve.Join(t.Context(), open); err == nil {
			t.Error("somebody came in by an invite that was taken back")
		}
		v.until(5*time.Second, "there is a new epoch", func() bool { return keyed(room, 1, host, ann) })
		for _, id := range []string{"", "zz", "abcd"} {
			if err := host.Revoke(t.Context(), room, id); err == nil || !strings.Contains(err.Error(), "64") {
				t.Errorf("takes %q back: %v", id, err)
			}
		}
		time.Sleep(6 * time.Minute)
		if got := host.invites().Invites; got[0].Expired || !got[1].Expired {
			t.Errorf("after six minutes: %+v", got)
		}
	})
}
