package node

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/banyan-rooms/banyan/rooms"
)

// TestAnInviteForTwoIsFoundOut has somebody give the same invite twice, by going back to
// an old copy of her data: both guests are out, on every node, and stay out.
func TestAnInviteForTwoIsFoundOut(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		v := newVillage(t)
		defer v.close()
		host, ann, bob, eve, carl := v.add("host"), v.add("ann"), v.add("bob"), v.add("eve"), v.add("carl")
		room := host.create(rooms.InviteOnly)
		ann.join(host.link(room, InviteOptions{Named: ann.ID(), Quota: 4}))
		carl.join(host.link(room, InviteOptions{Named: carl.ID()}))
		before := ann.store.copy()
		bob.join(ann.link(room, InviteOptions{Named: bob.ID()}))
		v.until(5*time.Second, "bob is here", func() bool { return !host.person(room, bob).ID.IsZero() })
		key := ann.cfg.Key
		v.end(ann)
		ann = v.start("ann", key, before, via(host))
		if err := ann.Enter(t.Context(), room); err != nil {
			t.Fatal(err)
		}
		link := ann.link(room, InviteOptions{Named: eve.ID()})
		eve.join(link)
		for _, p := range []*villager{host, carl, ann} {
			v.until(10*time.Second, p.name+" has found out", func() bool {
				st := p.room(room)
				return len(st.Frauds) == 1 && st.Frauds[0].Who == ann.ID() && st.Frauds[0].Name == "ann" &&
					p.person(room, bob).ID.IsZero() && p.person(room, eve).ID.IsZero()
			})
		}
		v.until(5*time.Second, "there is a new epoch", func() bool { return keyed(room, 1, host, carl, ann) })
		late := v.add("late")
		if _, err := late.Join(t.Context(), link); err == nil {
			t.Error("somebody else enters by the link")
		}
		v.end(eve)
		eve = v.start("eve", eve.cfg.Key, newFakeStore(), via(carl))
		if _, err := eve.Join(t.Context(), link); err == nil || !strings.Contains(err.Error(), "two people") {
			t.Errorf("enters again: %v", err)
		}
	})
}
