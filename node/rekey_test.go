package node

import (
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/banyan-rooms/banyan/crypto/canon"
	"github.com/banyan-rooms/banyan/crypto/epoch"
	"github.com/banyan-rooms/banyan/crypto/identity"
	"github.com/banyan-rooms/banyan/crypto/invite"
	"github.com/banyan-rooms/banyan/node/transport"
	"github.com/banyan-rooms/banyan/rooms"
)

// keyed tells whether people have the secret of an epoch, all the same.
func keyed(room identity.RoomID, n uint32, who ...*villager) bool {
	first, known, _ := who[0].store.Secret(room, n)
	for _, p := range who {
		secret, _, _ := p.store.Secret(room, n)
		if st := p.room(room); !known || secret != first || !st.Keyed {
			return false
		}
	}
	return true
}

// askForKey asks somebody for an epoch's secret, as a hostile peer would.
func (p *villager) askForKey(room identity.RoomID, n uint32, of *villager) error {
	request, err := canon.Marshal(keyRequest{Room: room, Epoch: n, Ticket: p.store.tickets[room]})
	if err != nil {
		p.t.Fatal(err)
	}
	_, err = p.peer.Request(p.t.Context(), of.ID(), KeyProtocol, request)
	return err
}

// Whoever is removed gets nothing more, and nobody else loses a frame over it.
func TestTheRemovedGetNothingMore(t *testing.T) {
	for _, kind := range []rooms.Kind{rooms.InviteOnly, rooms.Open} {
		synctest.Test(t, func(t *testing.T) {
			v := newVillage(t)
			defer v.close()
			host, friend, ears := v.stage(kind, 2)
			room := host.Status().Rooms[0].ID
			gone, stays := ears[0], ears[1]
			time.Sleep(5 * time.Second)
			heard, left := stays.listen(room), gone.listen(room)
			go func() {
				time.Sleep(time.Second)
				host.do(room, rooms.Ban{Who: gone.ID()})
			}()
			friend.speak(room, 500)
			time.Sleep(time.Second)

			if !keyed(room, 1, host, friend, stays) {
				t.Error("the others do not have a new secret")
			}
			heard.wants(t, "who stays", friend, 0, 500)
			epochs := make(map[uint32]int)
			for _, h := range heard.all() {
				epochs[epoch.Of(h.KID)]++
			}
			if epochs[0] == 0 || epochs[1] < 300 {
				t.Errorf("heard in epochs: %v, want most in the new one", epochs)
			}
			if n := left.count(); n > 50+10 {
				t.Errorf("who was removed after a second heard %d frames", n)
			}
			for _, p := range []*villager{host, friend, stays} {
				if err := gone.askForKey(room, 1, p); !errors.Is(err, transport.ErrRefused) {
					t.Errorf("asks %s for the new secret: %v, want a refusal", p.name, err)
				}
			}
			if _, known, _ := gone.store.Secret(room, 1); known || gone.room(room).Keyed && !gone.room(room).Banned {
				t.Error("who was removed has the new secret")
			}
			// What was heard of the old epoch is over, too.
			time.Sleep(hearOld)
			m := stays.session(room).seat.(*member)
			if n, err := ask(t.Context(), m.session, func(time.Duration) int { return len(m.secrets) }); err != nil || n != 1 {
				t.Errorf("%d secrets are kept in mind, %v; want the new one alone", n, err)
			}
		})
	}
}

// Two who remove somebody on both sides of a split begin an epoch each; when the room
// heals, a third is made for whom neither knew of.
func TestTwoEpochsAtOnceBecomeOne(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		v := newVillage(t)
		defer v.close()
		host, mod, ears := v.stage(rooms.InviteOnly, 3)
		room := host.Status().Rooms[0].ID
		host.do(room, rooms.Grant{Who: mod.ID(), Role: invite.Moderator})
		v.until(5*time.Second, "the moderator is one", func() bool { return mod.room(room).Role == "moderator" })
		v.world.Partition([]identity.ID{host.ID(), ears[0].ID()}, []identity.ID{mod.ID(), ears[1].ID(), ears[2].ID()})
		time.Sleep(time.Second)
		host.do(room, rooms.Ban{Who: ears[1].ID()})
		mod.do(room, rooms.Ban{Who: ears[2].ID()})
		v.until(5*time.Second, "both sides have a new epoch", func() bool { return keyed(room, 1, host, ears[0]) && keyed(room, 1, mod) })
		v.world.Heal()
		v.until(2*time.Minute, "there is one epoch after both", func() bool {
			return keyed(room, 2, host, mod, ears[0])
		})
		v.attached(room, host, mod, ears[0])
		time.Sleep(3 * time.Second)
		l := ears[0].listen(room)
		mod.speak(room, 50)
		time.Sleep(time.Second)
		l.wants(t, "who stays", mod, 0, 50)
	})
}

// When whoever removed somebody vanishes at once, another moderator begins the epoch.
func TestAnotherModeratorBeginsTheEpoch(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		v := newVillage(t)
		defer v.close()
		host, mod, ears := v.stage(rooms.InviteOnly, 2)
		room := host.Status().Rooms[0].ID
		host.do(room, rooms.Grant{Who: mod.ID(), Role: invite.Moderator})
		v.until(5*time.Second, "the moderator is one", func() bool { return mod.room(room).Role == "moderator" })
		host.store.mu.Lock()
		host.store.sealed = errors.New("no secret can be kept any more")
		host.store.mu.Unlock()
		host.do(room, rooms.Ban{Who: ears[0].ID()})
		time.Sleep(time.Second)
		host.kill()
		v.until(2*rekeyWait+5*time.Second, "there is a new epoch", func() bool { return keyed(room, 1, mod, ears[1]) })
	})
}

// Somebody who was away over several epochs catches up.
func TestWhoWasAwayCatchesUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		v := newVillage(t)
		defer v.close()
		host, friend, ears := v.stage(rooms.InviteOnly, 4)
		room := host.Status().Rooms[0].ID
		away := ears[0]
		away.stop()
		for n, p := range ears[1:] {
			host.do(room, rooms.Ban{Who: p.ID()})
			v.until(10*time.Second, "the next epoch", func() bool { return keyed(room, uint32(n+1), host, friend) })
		}
		back := v.start("ear", away.cfg.Key, away.store, via(host))
		back.join(room.String())
		v.attached(room, back)
		time.Sleep(5 * time.Second)
		l := back.listen(room)
		friend.speak(room, 50)
		time.Sleep(time.Second)
		l.wants(t, "who was away", friend, 0, 50)
		if got := l.all(); len(got) > 0 && epoch.Of(got[0].KID) != 3 {
			t.Errorf("heard in epoch %d, want 3", epoch.Of(got[0].KID))
		}
	})
}
