package node

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/banyan-rooms/banyan/crypto/identity"
	"github.com/banyan-rooms/banyan/node/transport"
	"github.com/banyan-rooms/banyan/rooms"
)

func TestLobby(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		v := newVillage(t)
		defer v.close()
		relay := v.add("relay", relayNode)
		host := v.add("host", via(relay))
		room := host.create(rooms.Open)
		host.create(rooms.InviteOnly)
		time.Sleep(5 * time.Second)

		guest := v.add("guest", via(relay))
		v.until(10*time.Second, "the guest finds the room in the lobby", func() bool { return len(guest.Lobby()) == 1 })
		want := Card{Room: room, Title: "Under the banyan", Host: host.ID(), HostName: "host", Kind: "open", People: 1, Speakers: 1}
		if got := guest.Lobby()[0]; got != want {
			t.Errorf("the lobby shows %+v, want %+v", got, want)
		}
		if err := guest.Enter(t.Context(), room); err != nil {
			t.Fatalf("enter from the lobby: %v", err)
		}
		host.do(room, rooms.SetTitle{Title: "Another name"})
		v.until(2*cardEvery, "the lobby follows", func() bool {
			got := guest.Lobby()[0]
			return got.Title == "Another name" && got.People == 2
		})

		// The guest goes on announcing when the host has left, and knows the name.
		if err := host.Leave(t.Context(), room); err != nil {
			t.Fatal(err)
		}
		time.Sleep(2 * cardTTL)
		late := v.add("late", via(relay))
		v.until(10*time.Second, "the late one finds the room", func() bool { return len(late.Lobby()) == 1 })
		if err := late.Enter(t.Context(), room); err != nil {
			t.Fatal(err)
		}
		for _, p := range []*villager{guest, late} {
			if err := p.Leave(t.Context(), room); err != nil {
				t.Fatal(err)
			}
		}
		v.until(2*cardTTL, "the lobby forgets the room", func() bool { return len(late.Lobby()) == 0 })
	})
}

func testCard(t testing.TB, host identity.Key, kind rooms.Kind, title string) card {
	t.Helper()
	genesis, _, err := rooms.NewGenesis(host, rooms.Genesis{Created: 1, Policy: rooms.Policy{Kind: kind, Title: title}})
	if err != nil {
		t.Fatal(err)
	}
	return card{Genesis: genesis, Title: title, HostName: "Ann", Expires: 1000}
}

func TestOpenCard(t *testing.T) {
	host, other := keyOf(t, 1), keyOf(t, 2)
	tests := []struct {
		name   string
		signer identity.Key
		change func(*card)
		at     int64
		want   Card // Title and HostName
		err    string
	}{
		{"the host names the room", host, func(c *card) { c.Title = "New" }, 950, Card{Title: "New", HostName: "Ann"}, ""},
		{"nobody else does", other, func(c *card) { c.Title = "New" }, 950, Card{Title: "Old"}, ""},
		{"control characters are not shown", host, func(c *card) { c.Title = "a\nb\x1b[2J" }, 950, Card{Title: "a b [2J", HostName: "Ann"}, ""},
		{"an expired card", host, func(*card) {}, 1000, Card{}, "over"},
		{"a card for ever", host, func(c *card) { c.Expires = 1 << 40 }, 950, Card{}, "far off"},
		{"too many addresses", host, func(c *card) { c.Addrs = make([]string, maxAddrs+1) }, 950, Card{}, "addresses"},
		{"a long address", host, func(c *card) { c.Addrs = []string{strings.Repeat("a", maxAddr+1)} }, 950, Card{}, "bytes"},
		{"a room that is not public", host, func(c *card) { *c = testCard(t, host, rooms.InviteOnly, "Old") }, 950, Card{}, "invite"},
		{"no genesis", host, func(c *card) { c.Genesis = nil }, 950, Card{}, "genesis"},
	}
	for _, test := range tests {
		c := testCard(t, host, rooms.Open, "Old")
		test.change(&c)
		envelope, err := c.sign(test.signer)
		if err != nil {
			t.Fatal(err)
		}
		got, err := openCard(envelope, time.Unix(test.at, 0))
		switch {
		case test.err != "" && (err == nil || !strings.Contains(err.Error(), test.err)):
			t.Errorf("%s: %v, want an error with %q", test.name, err, test.err)
		case test.err == "" && (err != nil || got.Card.Title != test.want.Title || got.Card.HostName != test.want.HostName):
			t.Errorf("%s: %+v %v, want %+v", test.name, got.Card, err, test.want)
		}
	}
}

func TestLobbyIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLobby(func() {})
		now := time.Now()
		for i := range maxLobby + 10 {
			c := testCard(t, keyOf(t, i+1), rooms.Open, fmt.Sprint("room ", i))
			c.Expires = now.Unix() + 60 + int64(i%50)
			envelope, err := c.sign(keyOf(t, i+1))
			if err != nil {
				t.Fatal(err)
			}
			l.deliver(transport.Gossip{Data: envelope})
		}
		if n := len(l.cards()); n != maxLobby {
			t.Errorf("%d rooms in the lobby, want %d", n, maxLobby)
		}
		time.Sleep(2 * time.Minute)
		if n := len(l.cards()); n != 0 {
			t.Errorf("%d rooms after their time, want none", n)
		}
	})
}

func TestLobbyValidates(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLobby(func() {})
		self, host, neighbor := keyOf(t, 1).ID(), keyOf(t, 2), keyOf(t, 3).ID()
		validate := l.validate(self)
		c := testCard(t, host, rooms.Open, "Room")
		c.Expires = time.Now().Unix() + 60
		envelope, err := c.sign(host)
		if err != nil {
			t.Fatal(err)
		}
		check := func(what string, data []byte, want transport.Verdict) {
			t.Helper()
			if got := validate(transport.Gossip{Relayer: neighbor, Data: data}); got != want {
				t.Errorf("%s: verdict %d, want %d", what, got, want)
			}
		}
		check("a card", envelope, transport.Accept)
		check("the same at once again", envelope, transport.Ignore)
		check("bytes", []byte("card"), transport.Reject)
		check("a huge one", bytes.Repeat([]byte{1}, maxCard+1), transport.Reject)
		for range 300 {
			validate(transport.Gossip{Relayer: neighbor, Data: []byte("card")})
		}
		check("too many", []byte("card"), transport.Ignore)
	})
}
