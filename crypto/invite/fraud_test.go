package invite

import (
	"bytes"
	"errors"
	"testing"

	"pgregory.net/rapid"

	"github.com/banyan-rooms/banyan/crypto/identity"
)

func TestFraud(t *testing.T) {
	trusted := func(n uint32) Chain {
		return forge(t, signed{host, named(Speaker, ann).with(quota(n))})
	}
	give := func(parent Chain, by identity.Key, i Invite, serial uint32) Chain {
		t.Helper()
		i.Room, i.Serial = room, serial
		c, err := Issue(by, parent, i)
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	anns := trusted(5)
	link := func(uses uint32, redeemers ...identity.ID) Invite {
		return bearer(Listener).with(func(i *Invite) { i.Uses, i.Redeemers = uses, redeemers })
	}
	hosts := func(uses uint32, redeemers ...identity.ID) Chain {
		return forge(t, signed{host, link(uses, redeemers...)})
	}
	two, open := hosts(2, ann.ID()), hosts(0, ann.ID())
	passed := give(anns, ann, link(2), 0)
	for _, tt := range []struct {
		name string
		a, b Chain
		who  identity.ID // zero: no fraud
	}{
		{"one place for two", give(anns, ann, named(Listener, bob), 1), give(anns, ann, named(Listener, carla), 1), ann.ID()},
		{"two places for two", give(anns, ann, named(Listener, bob), 1), give(anns, ann, named(Listener, carla), 2), identity.ID{}},
		{"one place for one, twice", give(anns, ann, named(Listener, bob), 1), give(anns, ann, named(Speaker, bob), 1), identity.ID{}},
		{"the same", anns, anns, identity.ID{}},
		{"one that the other follows", anns, give(anns, ann, named(Listener, bob), 1), identity.ID{}},
		{"a link that covers a named one's place", give(anns, ann, link(3), 1), give(anns, ann, named(Listener, bob), 3), ann.ID()},
		{"a link before a named one", give(anns, ann, link(2), 1), give(anns, ann, named(Listener, bob), 3), identity.ID{}},
		{"two links over each other", give(anns, ann, link(2), 0), give(anns, ann, link(2).with(func(i *Invite) { i.BearerHash[0]++ }), 1), ann.ID()},
		{"one use of a link for two", give(two, ann, named(Listener, bob), 1), give(two, ann, named(Listener, carla), 1), ann.ID()},
		{"one use at two redeemers", give(two, ann, named(Listener, bob), 1), give(two, host, named(Listener, carla), 1), identity.ID{}},
		{"the host's own link, by the host", give(two, host, named(Listener, bob), 1), give(two, host, named(Listener, carla), 1), identity.ID{}},
		{"a link without limit", give(open, ann, named(Listener, bob), 1), give(open, ann, named(Listener, carla), 1), identity.ID{}},
		{"a use of a link that was passed on", give(passed, ann, named(Listener, bob), 0), give(passed, ann, named(Listener, carla), 0), ann.ID()},
		{"by the host", forge(t, signed{host, named(Listener, bob)}), forge(t, signed{host, named(Listener, carla)}), identity.ID{}},
		{"from two chains", give(anns, ann, named(Listener, bob), 1), give(trusted(6), ann, named(Listener, carla), 1), identity.ID{}},
		{
			"further up",
			give(give(anns, ann, named(Listener, bob).with(quota(1)), 1), bob, named(Listener, carla), 0),
			give(anns, ann, named(Listener, carla), 1), ann.ID(),
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			for _, pair := range [][2]Chain{{tt.a, tt.b}, {tt.b, tt.a}} {
				f, found := FindFraud(pair[0], pair[1])
				c, err := Cheat{}, error(nil)
				if found {
					c, err = f.Verify(room, host.ID())
				}
				if c.Who != tt.who {
					t.Fatalf("found %v, %v cheated (%v), want %v", found, c.Who, err, tt.who)
				}
				if c.Who.IsZero() {
					continue
				}
				raw, err := f.Marshal()
				if err != nil {
					t.Fatal(err)
				}
				again, err := ParseFraud(raw)
				if err != nil {
					t.Fatal(err)
				}
				if got, err := again.Verify(room, host.ID()); err != nil || got != c {
					t.Errorf("read again: %+v, %v", got, err)
				}
				if _, err := again.Verify(identity.RoomID{8}, host.ID()); !errors.Is(err, ErrRoom) {
					t.Errorf("in another room: %v", err)
				}
				if _, err := again.Verify(room, ann.ID()); err == nil {
					t.Error("holds under another host")
				}
			}
		})
	}
}

// TestFraudIsNotMadeUp changes each byte of a proof: none of the results is one, but of
// the same two invites.
func TestFraudIsNotMadeUp(t *testing.T) {
	anns := signed{host, named(Speaker, ann).with(quota(5))}
	f, found := FindFraud(forge(t, anns, signed{ann, named(Listener, bob)}), forge(t, anns, signed{ann, named(Listener, carla)}))
	if !found {
		t.Fatal("no fraud")
	}
	raw, err := f.Marshal()
	if err != nil {
		t.Fatal(err)
	}
	for at := range raw {
		changed := bytes.Clone(raw)
		changed[at] ^= 1
		got, err := ParseFraud(changed)
		if err != nil {
			continue
		}
		if c, err := got.Verify(room, host.ID()); err == nil {
			t.Fatalf("byte %d changed: %v cheated", at, c.Who)
		}
	}
	swapped := f
	swapped.First, swapped.Second = f.Second, f.First
	if _, err := swapped.Verify(room, host.ID()); err == nil {
		t.Error("there are two forms of one proof")
	}
	for name, bad := range map[string]Fraud{
		"empty": {}, "no chain": {First: f.First, Second: f.Second}, "junk": {Chain: f.Chain, First: []byte{1}, Second: []byte{2}},
		"one that does not follow": {Chain: f.Chain, First: f.Chain[0], Second: f.Second},
	} {
		if _, err := bad.Verify(room, host.ID()); err == nil {
			t.Errorf("%s: holds", name)
		}
	}
	if _, err := ParseFraud(make([]byte, MaxFraud+1)); err == nil {
		t.Error("too large: read")
	}
}

// TestHonestIssuersAreNeverProvenToCheat has people give what they have, each place once,
// to anybody, as persons and as links.
func TestHonestIssuersAreNeverProvenToCheat(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		type giver struct {
			key   identity.Key
			chain Chain
			next  uint32
		}
		givers := []*giver{{key: people[1], chain: forge(t, signed{people[0], named(Moderator, people[1]).with(quota(9))})}}
		chains := []Chain{givers[0].chain}
		for range rapid.IntRange(1, 12).Draw(rt, "gifts") {
			g := rapid.SampledFrom(givers).Draw(rt, "giver")
			last, _, err := g.chain.Last()
			if err != nil {
				rt.Fatal(err)
			}
			i := Invite{Room: room, Role: Listener, Serial: g.next}
			to := rapid.SampledFrom(people).Draw(rt, "to")
			if rapid.Bool().Draw(rt, "link") {
				i.BearerHash = Bearer{byte(len(chains))}.Hash()
				i.Uses = uint32(rapid.IntRange(1, 3).Draw(rt, "uses"))
			} else {
				i.Invitee, i.Quota = to.ID(), uint32(rapid.IntRange(0, max(0, int(last.Quota)-1)).Draw(rt, "quota"))
			}
			c, err := Issue(g.key, g.chain, i)
			if err != nil {
				continue // there is not so much left
			}
			g.next += uint32(i.Takes())
			chains = append(chains, c)
			if i.Named() {
				givers = append(givers, &giver{key: to, chain: c})
				continue
			}
			for use := range i.Uses {
				ticket, err := Issue(g.key, c, Invite{Room: room, Role: Listener, Invitee: rapid.SampledFrom(people).Draw(rt, "holder").ID(), Serial: use})
				if err != nil {
					rt.Fatal(err)
				}
				chains = append(chains, ticket)
			}
		}
		for _, a := range chains {
			for _, b := range chains {
				if f, found := FindFraud(a, b); found {
					rt.Fatalf("a fraud is found: %+v", f)
				}
			}
		}
	})
}

func FuzzFraud(f *testing.F) {
	anns := forge(f, signed{host, named(Speaker, ann).with(quota(5))}, signed{ann, named(Listener, bob)})
	other := forge(f, signed{host, named(Speaker, ann).with(quota(5))}, signed{ann, named(Listener, carla)})
	proof, found := FindFraud(anns, other)
	if !found {
		f.Fatal("no fraud")
	}
	raw, err := proof.Marshal()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(raw)
	f.Fuzz(func(t *testing.T, b []byte) {
		got, err := ParseFraud(b)
		if err != nil {
			return
		}
		if _, err := got.Verify(room, host.ID()); err == nil && !bytes.Equal(b, raw) {
			t.Errorf("%x is a proof of what nobody signed", b)
		}
	})
}
