package node

import (
	"bytes"
	"cmp"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/banyan-rooms/banyan/crypto/canon"
	"github.com/banyan-rooms/banyan/crypto/epoch"
	"github.com/banyan-rooms/banyan/crypto/identity"
	"github.com/banyan-rooms/banyan/crypto/invite"
	"github.com/banyan-rooms/banyan/mesh/wire"
	"github.com/banyan-rooms/banyan/node/transport"
	"github.com/banyan-rooms/banyan/rooms"
)

// TestStrangersAreAnswered sends a member what strangers may send.
func TestStrangersAreAnswered(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		v := newVillage(t)
		defer v.close()
		host := v.add("host")
		room := host.create(rooms.InviteOnly)
		stranger := v.world.Add(keyOf(t, 77).ID())
		defer stranger.Close()
		if _, err := stranger.Connect(t.Context(), host.peer.Addrs()); err != nil {
			t.Fatal(err)
		}
		bearer := invite.Bearer{1}
		chain, err := invite.Issue(host.cfg.Key, nil, invite.Invite{Room: room, Role: invite.Listener, BearerHash: bearer.Hash(), Uses: 1})
		if err != nil {
			t.Fatal(err)
		}
		mine, err := invite.Issue(host.cfg.Key, nil, invite.Invite{Room: room, Role: invite.Listener, Invitee: keyOf(t, 78).ID()})
		if err != nil {
			t.Fatal(err)
		}
		elsewhere := identity.RoomOf([]byte("elsewhere"))
		tests := []struct {
			name     string
			protocol string
			request  any
			want     string // in the refusal; empty: an answer
		}{
			{"bytes", AdmitProtocol, "hello", errAsked.Error()},
			{"an unknown kind", AdmitProtocol, syncRequest{Kind: 9, Room: room}, "kind 9"},
			{"no room", AdmitProtocol, syncRequest{Kind: admitSync}, errAsked.Error()},
			{"another room", AdmitProtocol, syncRequest{Kind: admitSync, Room: elsewhere}, errNotHere.Error()},
			{"too many heads", AdmitProtocol, syncRequest{Kind: admitSync, Room: room, Heads: make([]rooms.Hash, maxSyncHeads+1)}, errAsked.Error()},
			{"sync without a ticket", AdmitProtocol, syncRequest{Kind: admitSync, Room: room}, ""},
			{"a wrong secret", AdmitProtocol, redeemRequest{Kind: admitRedeem, Room: room, Chain: chain}, invite.ErrBearer.Error()},
			{"a named invite redeemed", AdmitProtocol, redeemRequest{Kind: admitRedeem, Room: room, Chain: mine, Bearer: bearer}, invite.ErrNotRedeemer.Error()},
			{"an empty chain", AdmitProtocol, redeemRequest{Kind: admitRedeem, Room: room, Bearer: bearer}, errAsked.Error()},
			{"a person asked to relay", AdmitProtocol, serveRequest{Kind: admitServe, Genesis: []byte{1}}, errNotRelay.Error()},
			{"the key without a ticket", KeyProtocol, keyRequest{Room: room}, rooms.ErrNoTicket.Error()},
			{"the key with another's ticket", KeyProtocol, keyRequest{Room: room, Ticket: mine}, invite.ErrHolder.Error()},
			{"the key with a bearer's chain", KeyProtocol, keyRequest{Room: room, Ticket: chain}, invite.ErrHolder.Error()},
			{"the key of another room", KeyProtocol, keyRequest{Room: elsewhere}, errNotHere.Error()},
			{"bytes for a key", KeyProtocol, "hello", errAsked.Error()},
		}
		for _, test := range tests {
			request, err := canon.Marshal(test.request)
			if err != nil {
				t.Fatal(err)
			}
			answer, err := stranger.Request(t.Context(), host.ID(), test.protocol, request)
			switch {
			case test.want == "" && err != nil, test.want != "" && (err == nil || !strings.Contains(err.Error(), test.want)):
				t.Errorf("%s: %v, want %q", test.name, err, test.want)
			case test.want == "":
				var a syncAnswer
				if err := canon.Unmarshal(answer, &a); err != nil || len(a.Items) > 0 || a.Refused == "" {
					t.Errorf("%s: %+v %v, want the genesis alone", test.name, a, err)
				}
			}
		}
		tooOften := 0
		request, err := canon.Marshal(keyRequest{Room: elsewhere})
		if err != nil {
			t.Fatal(err)
		}
		for range 100 {
			if _, err := stranger.Request(t.Context(), host.ID(), KeyProtocol, request); strings.Contains(err.Error(), errTooOften.Error()) {
				tooOften++
			}
		}
		if tooOften < 20 {
			t.Errorf("%d of 100 requests in a second were too many, want more", tooOften)
		}
		if _, err := stranger.Dial(t.Context(), host.ID(), room); err == nil {
			t.Error("a link that nobody agreed to was opened")
		}
		if _, err := stranger.Dial(t.Context(), host.ID(), elsewhere); err == nil {
			t.Error("a link for a room that nobody is in was opened")
		}
		another := v.world.Add(keyOf(t, 79).ID())
		defer another.Close()
		if _, err := another.Connect(t.Context(), host.peer.Addrs()); err != nil {
			t.Fatal(err)
		}
		for _, message := range [][]byte{nil, {1}, bytes.Repeat([]byte{0xff}, 1000)} {
			another.SendControl(host.ID(), MeshProtocol, message, func(error) {})
		}
		for range 1000 {
			b, err := canon.Marshal(envelope{elsewhere, []byte{99}})
			if err != nil {
				t.Fatal(err)
			}
			another.SendControl(host.ID(), MeshProtocol, b, func(error) {})
		}
		time.Sleep(time.Second)
		if c := host.Counters(); c.Malformed == 0 || c.Refused == 0 {
			t.Errorf("nothing was counted: %+v", c)
		}
	})
}

// TestGossipIsChecked has a stranger on the topic say things.
func TestGossipIsChecked(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		v := newVillage(t)
		defer v.close()
		host, friend, _ := v.stage(rooms.InviteOnly, 0)
		room := host.Status().Rooms[0].ID
		s := host.session(room)
		from := keyOf(t, 77).ID()
		tell := func(data []byte) transport.Verdict { return s.validate(transport.Gossip{Relayer: from, Data: data}) }

		presence := func(key identity.Key, ticket invite.Chain) []byte {
			payload, err := canon.Marshal(rooms.Presence{Version: rooms.Version, Room: room, Seq: 1 << 60, Name: "Eve", Ticket: ticket})
			if err != nil {
				t.Fatal(err)
			}
			b, err := key.Seal(rooms.PresencePurpose, payload)
			if err != nil {
				t.Fatal(err)
			}
			return append([]byte{gossipItem, 2}, b...)
		}
		op := func(key identity.Key, o rooms.Op) []byte {
			return append([]byte{gossipItem}, signOp(t, key, o)...)
		}
		genesis := rooms.Hash(room)
		stranger := keyOf(t, 77)
		tests := []struct {
			name string
			data []byte
			want transport.Verdict
		}{
			{"nothing", nil, transport.Reject},
			{"a kind of a later version", []byte{9, 1}, transport.Ignore},
			{"an item of a later version", []byte{gossipItem, 9, 1}, transport.Ignore},
			{"an op of a later version", op(host.cfg.Key, rooms.Op{Version: 2, Room: room, Parents: []rooms.Hash{genesis}, Kind: rooms.OpTitle, Text: "New"}), transport.Ignore},
			{"bytes for an item", []byte{gossipItem, 1, 2, 3}, transport.Reject},
			{"bytes for the mesh", []byte{gossipMesh, 1, 2, 3}, transport.Reject},
			{"more than any message has", make([]byte, 20<<10), transport.Reject},
			{"somebody without a ticket", presence(stranger, nil), transport.Ignore},
			{"somebody with another's ticket", presence(stranger, friend.store.tickets[room]), transport.Ignore},
			{"somebody with a ticket", presence(friend.cfg.Key, friend.store.tickets[room]), transport.Accept},
			{"an op of nobody", op(stranger, rooms.Op{Room: room, Parents: []rooms.Hash{genesis}, Kind: rooms.OpClose}), transport.Ignore},
			{"an op about another room", op(host.cfg.Key, rooms.Op{Room: identity.RoomOf(nil), Parents: []rooms.Hash{genesis}, Kind: rooms.OpClose}), transport.Reject},
			{"an op of the host", op(host.cfg.Key, rooms.Op{Room: room, Parents: []rooms.Hash{genesis}, Kind: rooms.OpTitle, Text: "New"}), transport.Accept},
		}
		for _, test := range tests {
			if got := tell(test.data); got != test.want {
				t.Errorf("%s: verdict %d, want %d", test.name, got, test.want)
			}
		}
		if _, there := person(host.room(room), stranger.ID()); there {
			t.Error("a stranger without a ticket is in the room")
		}
		for range 2500 {
			tell([]byte{gossipItem, 1, 2, 3})
		}
		if got := tell([]byte{gossipItem, 1, 2, 3}); got != transport.Ignore {
			t.Errorf("too much gossip: verdict %d, want it ignored", got)
		}
	})
}

func person(r RoomStatus, id identity.ID) (Person, bool) {
	for _, p := range r.People {
		if p.ID == id {
			return p, true
		}
	}
	return Person{}, false
}

// signOp makes an item of an op that no command makes.
func signOp(t testing.TB, key identity.Key, o rooms.Op) []byte {
	t.Helper()
	o.Version = cmp.Or(o.Version, rooms.Version)
	payload, err := canon.Marshal(o)
	if err != nil {
		t.Fatal(err)
	}
	b, err := key.Seal(rooms.OpPurpose, payload)
	if err != nil {
		t.Fatal(err)
	}
	return append([]byte{itemOp}, b...)
}

// TestNewEpoch starts an epoch: those who are in the room get its secret from each
// other, and hear on.
func TestNewEpoch(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		v := newVillage(t)
		defer v.close()
		host, friend, ears := v.stage(rooms.InviteOnly, 2)
		room := host.Status().Rooms[0].ID
		secret := epoch.Secret{7}
		if err := host.store.PutSecret(room, 1, secret); err != nil {
			t.Fatal(err)
		}
		s := host.session(room)
		heads, err := ask(t.Context(), s, func(time.Duration) []rooms.Hash { return s.seat.(*member).room.Heads() })
		if err != nil {
			t.Fatal(err)
		}
		item := signOp(t, host.cfg.Key, rooms.Op{
			Room: room, Parents: heads, Kind: rooms.OpEpoch, Epoch: 1, Commitment: secret.Commit(room, 1),
		})
		for _, p := range []*villager{host, friend, ears[0], ears[1]} { // as gossip would bring it
			if got := p.session(room).validate(transport.Gossip{Data: append([]byte{gossipItem}, item...)}); got != transport.Accept {
				t.Fatalf("%s: verdict %d", p.name, got)
			}
		}
		v.until(5*time.Second, "everyone has the new secret", func() bool {
			for _, p := range []*villager{host, friend, ears[0], ears[1]} {
				if got, ok, _ := p.store.Secret(room, 1); !ok || got != secret || !p.room(room).Keyed {
					return false
				}
			}
			return true
		})
		time.Sleep(speakOld + 2*tick)
		l := ears[0].listen(room)
		friend.speak(room, 20)
		time.Sleep(time.Second)
		if got := l.all(); len(got) != 20 || epoch.Of(got[0].KID) != 1 {
			t.Errorf("%d frames in the new epoch, want 20", len(got))
		}
	})
}

// TestMadeUpFramesAreNotPlayed has a neighbor in the tree send noise.
func TestMadeUpFramesAreNotPlayed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		v := newVillage(t)
		defer v.close()
		host, friend, ears := v.stage(rooms.Open, 1)
		room := host.Status().Rooms[0].ID
		l := ears[0].listen(room)
		s := ears[0].session(room)
		parent := ears[0].room(room).Network.Paths[0].Parent
		noise := func(ctr uint64) {
			key, err := epoch.Secret{9}.SenderKey(room, 0, friend.ID())
			if err != nil {
				t.Fatal(err)
			}
			sealed := key.AppendSeal(nil, ctr, nil, []byte("noise noise noise"))
			raw := wire.AppendFrame(nil, wire.Of(0), 10, sealed)
			s.frames <- inbound{parent, wire.AppendMedia(nil, raw, 5, 0)}
		}
		for i := range 500 {
			noise(uint64(i) + 1<<40)
		}
		s.frames <- inbound{parent, nil}
		s.frames <- inbound{parent, []byte{wire.KindMedia, 200, 1}}
		s.frames <- inbound{parent, []byte{99, 1, 2}}
		time.Sleep(time.Second)
		if n := l.count(); n != 0 {
			t.Errorf("%d frames of noise were played", n)
		}
		if c := ears[0].Counters(); c.Refused < 300 || c.Malformed < 2 {
			t.Errorf("noise was not bounded or counted: %+v", c)
		}
		l.stop()
	})
}
