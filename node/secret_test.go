package node

import (
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/banyan-rooms/banyan/crypto/invite"
	"github.com/banyan-rooms/banyan/node/transport"
	"github.com/banyan-rooms/banyan/rooms"
)

// Nothing in public names a secret room, and who was not invited learns nothing of it,
// whatever they ask.
func TestSecretRooms(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		v := newVillage(t)
		defer v.close()
		host, outsider := v.add("host"), v.add("outsider")
		room := host.create(rooms.Secret)
		links := []string{host.link(room, InviteOptions{Uses: 2}), ""}
		ann, bob := v.add("ann"), v.add("bob")
		links[1] = host.link(room, InviteOptions{Named: bob.ID()})
		ann.join(links[0])
		bob.join(links[1])
		v.attached(room, host, ann, bob)
		v.lift(host, ann)
		time.Sleep(3 * time.Second)
		l := bob.listen(room)
		ann.speak(room, 50)
		time.Sleep(time.Second)
		l.wants(t, "bob", ann, 0, 50)

		for _, p := range []*villager{host, ann, bob} {
			if _, err := outsider.peer.Connect(t.Context(), p.peer.Addrs()); err != nil {
				t.Fatal(err)
			}
		}
		time.Sleep(2 * cardEvery)
		if cards := outsider.Lobby(); len(cards) != 0 {
			t.Errorf("the lobby has %+v", cards)
		}
		if found, err := outsider.peer.Find(t.Context(), room, 10); err != nil || len(found) != 0 {
			t.Errorf("the DHT names %v under the room's ID, %v", found, err)
		}
		topic, err := outsider.peer.Join(topicOf(room), func(transport.Gossip) transport.Verdict { return transport.Accept }, func(transport.Gossip) {})
		if err != nil {
			t.Fatal(err)
		}
		time.Sleep(10 * time.Second)
		if there := topic.Peers(); len(there) != 0 {
			t.Errorf("%v are on the topic of the room's ID", there)
		}
		meeting := host.session(room).genesis.Meeting
		if found, err := outsider.peer.Find(t.Context(), meeting, 10); err != nil || len(found) != 3 {
			t.Errorf("%d meet under the hidden name, %v, want all three", len(found), err)
		}

		foreign := outsider.create(rooms.InviteOnly)
		chain, err := invite.ParseLink(outsider.link(foreign, InviteOptions{}))
		if err != nil {
			t.Fatal(err)
		}
		own, err := invite.Issue(outsider.cfg.Key, nil, invite.Invite{Room: room, Role: invite.Listener, Invitee: outsider.ID()})
		if err != nil {
			t.Fatal(err)
		}
		for name, right := range map[string]invite.Chain{"no ticket": nil, "one to another room": chain.Chain, "one of their own": own} {
			for _, p := range []*villager{host, ann} {
				if _, err := outsider.requestSync(t.Context(), p.ID(), room, nil, right); err == nil || !strings.Contains(err.Error(), errNotHere.Error()) {
					t.Errorf("asks %s with %s: %v, want the answer of one who is not there", p.name, name, err)
				}
			}
		}
		if _, err := outsider.Join(t.Context(), room.String()); !errors.Is(err, ErrUnreachable) {
			t.Errorf("joins by the ID: %v, want %v", err, ErrUnreachable)
		}
	})
}

// Whoever was in a secret room finds it again, also without the one whose link it was.
func TestSecretRoomIsFoundAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		v := newVillage(t)
		defer v.close()
		host := v.add("host")
		room := host.create(rooms.Secret)
		ann, bob := v.add("ann"), v.add("bob")
		link := host.link(room, InviteOptions{})
		ann.join(link)
		bob.join(link)
		v.attached(room, host, ann, bob)
		bob.stop()
		host.stop()
		time.Sleep(time.Minute)
		elsewhere := v.add("elsewhere") // knows nobody of the room, and has the DHT
		back := v.start("bob", bob.cfg.Key, bob.store, via(elsewhere))
		time.Sleep(time.Second)
		back.join(room.String())
		v.until(15*time.Second, "bob sees ann", func() bool { return back.person(room, ann).ID == ann.ID() })
	})
}
