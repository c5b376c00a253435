package node

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/banyan-rooms/banyan/rooms"
)

// TestWholeWay is the first thing that Banyan must be able to do.
func TestWholeWay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		v := newVillage(t)
		defer v.close()
		relay := v.add("relay", relayNode)
		host := v.add("host", via(relay))
		friend, ear := v.add("friend"), v.add("ear")

		room := host.create(rooms.Open)
		v.until(10*time.Second, "the relay serves the room", func() bool { return relay.Counters().Rooms == 1 })
		link := host.link(room, InviteOptions{})
		friend.join(link)
		ear.join(link)
		v.attached(room, host, friend, ear)
		v.until(10*time.Second, "the relay is the root", func() bool { return host.room(room).Tree.Roots[0] == relay.ID() })

		friend.do(room, rooms.RaiseHand{})
		v.until(time.Second, "the host sees the hand", func() bool { return host.person(room, friend).Hand == 1 })
		host.do(room, rooms.InviteUp{Who: friend.ID()})
		v.until(time.Second, "the friend is invited", func() bool { return friend.room(room).Invited })
		friend.do(room, rooms.AcceptStage{})
		v.until(time.Second, "everyone sees the friend on stage", func() bool {
			return host.person(room, friend).OnStage && ear.person(room, friend).OnStage
		})
		time.Sleep(3 * time.Second)

		atHost, atEar := host.listen(room), ear.listen(room)
		friend.speak(room, 100)
		time.Sleep(time.Second)
		atHost.wants(t, "the host", friend, 0, 100)
		atEar.wants(t, "the ear", friend, 0, 100)

		if c := relay.Counters(); c.Frames < 100 {
			t.Errorf("the relay sent on %d frames, want all 100", c.Frames)
		}
		if st := ear.room(room); st.Network.DelayMS < 5 || st.Network.DelayMS > 40 {
			t.Errorf("delay of %d ms, want that of one to four hops of 5 ms", st.Network.DelayMS)
		}
	})
}
