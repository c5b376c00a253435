package node

import (
	"context"
	"errors"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/banyan-rooms/banyan/crypto/identity"
	"github.com/banyan-rooms/banyan/crypto/invite"
	"github.com/banyan-rooms/banyan/node/audio"
	"github.com/banyan-rooms/banyan/rooms"
)

// stage makes a room in which a host and a friend are on stage, with ears in the
// audience, all attached.
func (v *village) stage(kind rooms.Kind, ears int, change ...func(*Config)) (host, friend *villager, audience []*villager) {
	v.t.Helper()
	host = v.add("host", change...)
	room := host.create(kind)
	link := host.link(room, InviteOptions{})
	friend = v.add("friend", change...)
	friend.join(link)
	for range ears {
		p := v.add("ear", change...)
		p.join(link)
		audience = append(audience, p)
	}
	v.attached(room, append(audience, host, friend)...)
	v.lift(host, friend)
	return host, friend, audience
}

// lift brings somebody up onto the stage of the host's one room.
func (v *village) lift(host, friend *villager) {
	v.t.Helper()
	room := host.Status().Rooms[0].ID
	v.until(5*time.Second, "the host sees the friend", func() bool { return host.person(room, friend).ID == friend.ID() })
	host.do(room, rooms.InviteUp{Who: friend.ID()})
	v.until(5*time.Second, "the friend is invited", func() bool { return friend.room(room).Invited })
	friend.do(room, rooms.AcceptStage{})
	v.until(5*time.Second, "the host sees the friend on stage", func() bool { return host.person(room, friend).OnStage })
}

func TestHostLeavesAndTheRoomGoesOn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		v := newVillage(t)
		defer v.close()
		host, friend, ears := v.stage(rooms.Open, 3)
		room := host.Status().Rooms[0].ID
		time.Sleep(5 * time.Second)
		lines := []*listener{ears[0].listen(room), ears[1].listen(room), ears[2].listen(room)}

		gone := make(chan error, 1)
		go func() {
			time.Sleep(time.Second)
			began := time.Now()
			err := host.Leave(context.Background(), room)
			if d := time.Since(began); d > leaveTimeout+time.Second {
				t.Errorf("leaving took %v", d)
			}
			gone <- err
		}()
		friend.speak(room, 250)
		time.Sleep(time.Second)
		if err := <-gone; err != nil {
			t.Errorf("the host leaves: %v", err)
		}
		for _, l := range lines {
			l.wants(t, "an ear", friend, 0, 250)
		}
		if p := ears[0].person(room, host); !p.ID.IsZero() {
			t.Errorf("the host is still seen: %+v", p)
		}
		late := v.add("late")
		late.join(friend.link(room, InviteOptions{}))
		v.attached(room, late)
	})
}

func TestSoundResumesWhenTheRelayDies(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		v := newVillage(t)
		defer v.close()
		relay := v.add("relay", relayNode)
		host, friend, ears := v.stage(rooms.Open, 5, via(relay))
		room := host.Status().Rooms[0].ID
		v.until(15*time.Second, "the relay is the root", func() bool { return ears[0].room(room).Tree.Roots[0] == relay.ID() })
		time.Sleep(10 * time.Second)
		var lines []*listener
		for _, e := range append(ears, host) {
			lines = append(lines, e.listen(room))
		}
		go func() {
			time.Sleep(2 * time.Second)
			relay.kill()
		}()
		friend.speak(room, 500)
		time.Sleep(time.Second)
		for _, l := range lines {
			got := l.all()
			var gap time.Duration
			for i := 1; i < len(got); i++ {
				gap = max(gap, got[i].Received.Sub(got[i-1].Received))
			}
			t.Logf("%d of 500 frames, longest gap %v", len(got), gap)
			l.wants(t, "somebody", friend, 400, 100)
		}
	})
}

func TestLateComersSeeTheSameRoom(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		v := newVillage(t)
		defer v.close()
		host, friend, _ := v.stage(rooms.Open, 0)
		room := host.Status().Rooms[0].ID
		host.do(room, rooms.SetTitle{Title: "Another name"})
		late := v.add("late")
		late.join(host.link(room, InviteOptions{}))
		v.until(time.Second, "the late one sees everything", func() bool {
			r := late.room(room)
			return r.Title == "Another name" && late.person(room, friend).OnStage && len(r.People) == 3
		})
		time.Sleep(5 * time.Second)
		l := late.listen(room)
		friend.speak(room, 20)
		time.Sleep(time.Second)
		l.wants(t, "the late one", friend, 0, 20)
	})
}

func TestRoomIsThereAgainAfterRestart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		v := newVillage(t)
		defer v.close()
		host, friend, ears := v.stage(rooms.InviteOnly, 1)
		room := host.Status().Rooms[0].ID
		first := ears[0].listen(room)
		host.speak(room, 10)
		time.Sleep(time.Second)
		heard := first.all()
		host.do(room, rooms.SetTitle{Title: "Another name"})
		for _, p := range []*villager{host, friend} {
			p.stop()
		}
		again := v.start("host", host.cfg.Key, host.store)
		if known := again.Status().Known; len(known) != 1 || !known[0].Own || known[0].Room != room {
			t.Errorf("known after the restart: %+v", known)
		}
		again.join(room.String())
		if got := again.room(room).Title; got != "Another name" {
			t.Errorf("title %q after the restart", got)
		}
		guest := v.start("friend", friend.cfg.Key, friend.store)
		guest.peer.Know(again.peer.Addrs())
		if _, err := guest.peer.Connect(t.Context(), again.peer.Addrs()); err != nil {
			t.Fatal(err)
		}
		guest.join(room.String()) // with the ticket that was kept
		v.attached(room, again, guest)
		time.Sleep(3 * time.Second)
		l := guest.listen(room)
		again.speak(room, 10)
		time.Sleep(time.Second)
		second := l.all()
		if len(second) != 10 || len(heard) != 10 {
			t.Fatalf("%d frames heard before and %d after the restart, want 10 each", len(heard), len(second))
		}
		if second[0].KID != heard[0].KID || second[0].CTR <= heard[9].CTR {
			t.Errorf("counter %d of key %d after %d of %d: a number could be used twice",
				second[0].CTR, second[0].KID, heard[9].CTR, heard[9].KID)
		}
	})
}

func TestKilledHostFindsItsRoomAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		v := newVillage(t)
		defer v.close()
		host, friend, _ := v.stage(rooms.InviteOnly, 0)
		room := host.Status().Rooms[0].ID
		time.Sleep(3 * time.Second)
		kept := host.store.copy() // without what an orderly end would write
		if len(kept.peers[friend.ID()]) == 0 {
			t.Error("the friend was not remembered at once")
		}
		host.kill()
		time.Sleep(10 * time.Second)

		again := v.start("host", host.cfg.Key, kept)
		again.join(room.String())
		v.until(15*time.Second, "the host sees the friend again", func() bool { return again.person(room, friend).ID == friend.ID() })
		guest := v.add("guest")
		link, err := invite.ParseLink(again.link(room, InviteOptions{Named: guest.ID()}))
		if err != nil {
			t.Fatal(err)
		}
		if there := friend.peer.Addrs()[0]; !slices.Contains(link.Addrs, there) {
			t.Errorf("the link names %v, want the friend's %s among them", link.Addrs, there)
		}
		again.kill()
		guest.join(link.String()) // by way of the friend
	})
}

func TestSlowListenerHoldsNobodyUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		v := newVillage(t)
		defer v.close()
		host, friend, ears := v.stage(rooms.Open, 1)
		room := host.Status().Rooms[0].ID
		slow, stop, err := ears[0].Hear(room) // and never reads
		if err != nil {
			t.Fatal(err)
		}
		l := ears[0].listen(room)
		friend.speak(room, 200)
		time.Sleep(time.Second)
		l.wants(t, "the other listener", friend, 0, 200)
		if got := len(slow); got != inboxHeard {
			t.Errorf("%d frames wait for the slow one, want %d", got, inboxHeard)
		}
		if h := <-slow; string(h.Frame.Packet) != string(packet(200-inboxHeard)) {
			t.Errorf("the oldest that waits is %q, want the oldest to be dropped", h.Frame.Packet)
		}
		if got := ears[0].Counters().Unheard; got != 200-inboxHeard {
			t.Errorf("%d frames counted as unheard, want %d", got, 200-inboxHeard)
		}
		stop()
		stop() // twice does no harm
	})
}

func TestMutedAndAudienceStaySilent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		v := newVillage(t)
		defer v.close()
		host, friend, ears := v.stage(rooms.Open, 1)
		room := host.Status().Rooms[0].ID
		say := func(p *villager) error { return p.Say(room, frame(1)) }
		if err := say(ears[0]); !errors.Is(err, ErrNotOnStage) {
			t.Errorf("from the audience: %v, want %v", err, ErrNotOnStage)
		}
		friend.do(room, rooms.SetMuted{Muted: true})
		if err := say(friend); !errors.Is(err, ErrMuted) {
			t.Errorf("muted: %v, want %v", err, ErrMuted)
		}
		friend.do(room, rooms.SetMuted{})
		if err := say(friend); err != nil {
			t.Errorf("unmuted: %v", err)
		}
		host.do(room, rooms.MoveDown{Who: friend.ID()})
		v.until(time.Second, "the friend is in the audience", func() bool { return errors.Is(say(friend), ErrNotOnStage) })
	})
}

// A microphone that a moderator muted is not heard, even of a node that speaks on.
func TestModeratorsMuteWhoDoesNotHeed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		v := newVillage(t)
		defer v.close()
		host, friend, ears := v.stage(rooms.Open, 1)
		room := host.Status().Rooms[0].ID
		friend.speak(room, 10)
		lines := ears[0].listen(room)
		shout := func(count int) {
			m := friend.session(room).seat.(*member)
			for n := range count {
				p := plain{Timestamp: uint32(n), Packet: packet(n)}
				m.await(func(now time.Duration) { m.speaks = true; m.speak(now, 30, p) })
				time.Sleep(audio.FrameDuration)
			}
		}
		shout(10)
		if got := lines.count(); got != 10 {
			t.Fatalf("%d of 10 frames heard before the mute", got)
		}
		host.do(room, rooms.MuteOther{Who: friend.ID(), Locked: true})
		v.until(time.Second, "the friend sees it", func() bool { return friend.person(room, friend).Mute == "locked" })
		time.Sleep(time.Second)
		shout(10)
		if got := lines.count(); got != 10 {
			t.Errorf("%d frames of a muted speaker were heard", got-10)
		}
		if err := friend.Say(room, frame(1)); !errors.Is(err, ErrMuted) {
			t.Errorf("an honest node speaks on: %v, want %v", err, ErrMuted)
		}
		host.do(room, rooms.UnmuteOther{Who: friend.ID()})
		time.Sleep(time.Second)
		friend.speak(room, 10)
		time.Sleep(time.Second)
		if got := lines.count(); got != 20 {
			t.Errorf("%d of 10 frames heard after the mute", got-10)
		}
	})
}

func TestLevels(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		v := newVillage(t)
		defer v.close()
		host, friend, ears := v.stage(rooms.Open, 1)
		room := host.Status().Rooms[0].ID
		time.Sleep(5 * time.Second)
		friend.speak(room, 10)
		time.Sleep(100 * time.Millisecond)
		for _, p := range []*villager{host, friend, ears[0]} {
			if got := p.Levels(room)[friend.ID()]; got != 30 || !p.person(room, friend).Speaking {
				t.Errorf("at %s the level is %d, speaking %v; want 30 and true", p.name, got, p.person(room, friend).Speaking)
			}
		}
		time.Sleep(time.Second)
		if got, ok := ears[0].Levels(room)[friend.ID()]; ok || ears[0].person(room, friend).Speaking {
			t.Errorf("level %d after a second of silence", got)
		}
	})
}

func TestSplitRoomHeals(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		v := newVillage(t)
		defer v.close()
		host, friend, ears := v.stage(rooms.Open, 4)
		room := host.Status().Rooms[0].ID
		time.Sleep(10 * time.Second)
		one := []*villager{host, ears[0], ears[1]}
		other := []*villager{friend, ears[2], ears[3]}
		v.world.Partition([]identity.ID{host.ID(), ears[0].ID(), ears[1].ID()}, []identity.ID{friend.ID(), ears[2].ID(), ears[3].ID()})
		time.Sleep(50 * time.Second)
		l := ears[3].listen(room)
		friend.speak(room, 50)
		time.Sleep(time.Second)
		l.wants(t, "an ear on the friend's side", friend, 0, 50)
		host.do(room, rooms.SetTitle{Title: "After the split"})

		v.world.Heal()
		healed := time.Now()
		all := append(slices.Clone(one), other...)
		v.until(30*time.Second, "there is one room again", func() bool {
			root := host.room(room).Tree.Roots[0]
			return !slices.ContainsFunc(all, func(p *villager) bool {
				r := p.room(room)
				return !r.Network.Attached || r.Tree.Roots[0] != root || len(r.People) != len(all) || r.Title != "After the split"
			})
		})
		t.Logf("one room again after %v", time.Since(healed))
		time.Sleep(5 * time.Second)
		l = ears[0].listen(room)
		friend.speak(room, 50)
		time.Sleep(time.Second)
		l.wants(t, "an ear on the other side", friend, 0, 50)
	})
}

func TestRelayLeavesAnEmptyRoom(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		v := newVillage(t)
		defer v.close()
		relay := v.add("relay", relayNode)
		host, friend, _ := v.stage(rooms.Open, 0, via(relay))
		room := host.Status().Rooms[0].ID
		v.until(10*time.Second, "the relay serves the room", func() bool { return relay.Counters().Rooms == 1 })
		if err := friend.Leave(t.Context(), room); err != nil {
			t.Fatal(err)
		}
		time.Sleep(2 * emptyFor)
		if n := relay.Counters().Rooms; n != 1 {
			t.Errorf("the relay serves %d rooms while the host is there, want 1", n)
		}
		if err := host.Leave(t.Context(), room); err != nil {
			t.Fatal(err)
		}
		time.Sleep(2 * emptyFor)
		if n := relay.Counters().Rooms; n != 0 {
			t.Errorf("the relay serves %d rooms after all have left", n)
		}
	})
}

func TestRelayServesWhatItMay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		v := newVillage(t)
		defer v.close()
		relay := v.add("relay", relayNode, func(c *Config) {
			c.Serve = ServePolicy{MaxRooms: 1, Allow: func(_ identity.ID, g rooms.Genesis) error {
				if g.Policy.Kind != rooms.Open {
					return errors.New("public rooms only")
				}
				return nil
			}}
		})
		host := v.add("host", via(relay))
		host.create(rooms.InviteOnly)
		time.Sleep(10 * time.Second)
		if n := relay.Counters().Rooms; n != 0 {
			t.Errorf("the relay serves %d rooms, want none that it does not take", n)
		}
		host.create(rooms.Open)
		host.create(rooms.Open)
		time.Sleep(10 * time.Second)
		if n := relay.Counters().Rooms; n != 1 {
			t.Errorf("the relay serves %d rooms, want 1", n)
		}
	})
}

// TestTwoRelaysTakeTurns has a room ask for another relay when its own is gone.
func TestTwoRelaysTakeTurns(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		v := newVillage(t)
		defer v.close()
		first := v.add("relay", relayNode)
		host, _, _ := v.stage(rooms.Open, 0, via(first))
		room := host.Status().Rooms[0].ID
		v.until(15*time.Second, "the first relay is the root", func() bool { return host.room(room).Tree.Roots[0] == first.ID() })
		second := v.add("other relay", relayNode, via(host))
		first.kill()
		v.until(2*time.Minute, "the second relay is the root", func() bool { return host.room(room).Tree.Roots[0] == second.ID() })
	})
}

func TestEndingIsQuickAndPolite(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		v := newVillage(t)
		defer v.close()
		host, friend, ears := v.stage(rooms.Open, 2)
		room := host.Status().Rooms[0].ID
		for range 3 {
			host.create(rooms.Open)
		}
		began := time.Now()
		host.stop()
		if d := time.Since(began); d > leaveTimeout+500*time.Millisecond {
			t.Errorf("the node took %v to end", d)
		}
		if p := friend.person(room, host); !p.ID.IsZero() {
			t.Error("the host did not say good-bye")
		}
		if _, err := host.Create(t.Context(), rooms.Policy{Kind: rooms.Open, Title: "Late"}); !errors.Is(err, ErrStopped) {
			t.Errorf("a room made after the end: %v, want %v", err, ErrStopped)
		}
		if err := host.Do(t.Context(), room, rooms.RaiseHand{}); !errors.Is(err, ErrNoRoom) {
			t.Errorf("a command after the end: %v, want %v", err, ErrNoRoom)
		}
		if _, _, err := host.Hear(room); !errors.Is(err, ErrNoRoom) {
			t.Errorf("listening after the end: %v, want %v", err, ErrNoRoom)
		}
		l := ears[0].listen(room)
		if err := ears[0].Leave(t.Context(), room); err != nil {
			t.Error(err)
		}
		<-l.done // leaving ends the sound
		l.stop()
	})
}
