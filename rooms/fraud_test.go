package rooms

import (
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/banyan-rooms/banyan/crypto/identity"
	"github.com/banyan-rooms/banyan/crypto/invite"
)

// fraudVillage is a room by invitation with its host, a friend who may pass on ten
// invites, and a guest of the host's.
func fraudVillage(t *testing.T) (v *village, friends invite.Chain) {
	t.Helper()
	v = newVillage(t, InviteOnly, "host")
	host := v.people[0].key
	issue := func(who identity.Key, quota uint32) invite.Chain {
		c, err := invite.Issue(host, nil, invite.Invite{Room: v.id, Role: invite.Listener, Invitee: who.ID(), Quota: quota})
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	friends = issue(keyOf(t, 2), 10)
	v.enter("friend", keyOf(t, 2), friends)
	v.enter("guest", keyOf(t, 3), issue(keyOf(t, 3), 0))
	return v, friends
}

// fraudOf is an item that proves that the friend cheated.
func fraudOf(t testing.TB, v *village) []byte {
	t.Helper()
	friends, err := invite.Issue(v.people[0].key, nil, invite.Invite{Room: v.id, Role: invite.Listener, Invitee: keyOf(t, 2).ID(), Quota: 10})
	if err != nil {
		t.Fatal(err)
	}
	f, found := invite.FindFraud(passOn(t, v, friends, keyOf(t, 4), 3), passOn(t, v, friends, keyOf(t, 5), 3))
	if !found {
		t.Fatal("no fraud")
	}
	raw, err := f.Marshal()
	if err != nil {
		t.Fatal(err)
	}
	return item(itemFraud, raw)
}

// passOn gives one of the friend's invites to somebody.
func passOn(t testing.TB, v *village, friends invite.Chain, to identity.Key, serial uint32) invite.Chain {
	t.Helper()
	c, err := invite.Issue(keyOf(t, 2), friends, invite.Invite{Room: v.id, Role: invite.Listener, Invitee: to.ID(), Serial: serial})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func names(p *villager) (all []string) {
	for _, seen := range p.View().People {
		all = append(all, seen.Name)
	}
	slices.Sort(all)
	return all
}

func TestWhoGivesAnInviteToTwoIsFoundOut(t *testing.T) {
	v, friends := fraudVillage(t)
	ann, bob, carl := keyOf(t, 4), keyOf(t, 5), keyOf(t, 6)
	v.enter("ann", ann, passOn(t, v, friends, ann, 3))
	v.enter("carl", carl, passOn(t, v, friends, carl, 4)) // as it should be
	if _, overdue := v.people[0].Overdue(); overdue || len(v.people[0].View().Cheats) > 0 {
		t.Fatal("a fraud before there is one")
	}
	v.enter("bob", bob, passOn(t, v, friends, bob, 3)) // the same again
	for _, p := range v.people[:3] {
		if got := names(p); !slices.Equal(got, []string{"carl", "friend", "guest", "host"}) {
			t.Errorf("%s sees %v", p.name, got)
		}
		cheats := p.View().Cheats
		if len(cheats) != 1 || cheats[0].Who != keyOf(t, 2).ID() || !slices.Contains(cheats[0].For[:], bob.ID()) || !slices.Contains(cheats[0].For[:], ann.ID()) {
			t.Errorf("%s knows of %+v", p.name, cheats)
		}
		for _, who := range []identity.Key{ann, bob} {
			if !p.Bars(who.ID()) {
				t.Errorf("%s does not bar %s", p.name, who.ID().Short())
			}
			err := p.MayEnter(v.now, who.ID(), passOn(t, v, friends, who, 3))
			if !errors.Is(err, ErrFraud) {
				t.Errorf("%s on entering again: %v", p.name, err)
			}
		}
		if _, overdue := p.Overdue(); !overdue {
			t.Errorf("%s: no new epoch is due, though two were removed", p.name)
		}
	}
	// Whoever comes later learns it by sync, and after a restart from what was stored.
	late := v.enter("late", keyOf(t, 7), passOn(t, v, friends, keyOf(t, 7), 5))
	if len(late.View().Cheats) != 1 || !late.Revoked(passOn(t, v, friends, ann, 3).ID()) {
		t.Errorf("who comes later knows of %+v", late.View().Cheats)
	}
	if _, err := New(Config{Key: ann, Genesis: v.genesis, Start: start, Name: "ann", Ticket: passOn(t, v, friends, ann, 3)}); err != nil {
		t.Errorf("ann, who knows nothing yet: %v", err)
	}
}

// TestTheProofIsEnough has peers hear of the fraud who met neither of the two.
func TestTheProofIsEnough(t *testing.T) {
	v, friends := fraudVillage(t)
	ann, bob := keyOf(t, 4), keyOf(t, 5)
	a, raw, guest := passOn(t, v, friends, ann, 3), fraudOf(t, v), v.people[2]
	i, err := Check(v.id, raw)
	if err != nil {
		t.Fatal(err)
	}
	for range 3 { // the second time it is no news
		_ = v.step(guest, Received{i})
	}
	if guest.stored != 1 || len(guest.View().Cheats) != 1 {
		t.Errorf("stored %d times, knows of %d", guest.stored, len(guest.View().Cheats))
	}
	if err := guest.MayEnter(v.now, ann.ID(), a); !errors.Is(err, ErrFraud) {
		t.Errorf("ann may enter: %v", err)
	}
	if _, err := Check(identity.RoomID{9}, raw); !errors.Is(err, ErrMalformed) {
		t.Errorf("in another room: %v", err)
	}
	// What another host's chain proves is nothing here.
	liar := keyOf(t, 9)
	forged, err := invite.Issue(liar, nil, invite.Invite{Room: v.id, Role: invite.Listener, Invitee: keyOf(t, 2).ID(), Quota: 10})
	if err != nil {
		t.Fatal(err)
	}
	f, found := invite.FindFraud(passOn(t, v, forged, ann, 3), passOn(t, v, forged, bob, 3))
	if !found {
		t.Fatal("no fraud under the liar")
	}
	if raw, err = f.Marshal(); err != nil {
		t.Fatal(err)
	}
	if i, err = Check(v.id, item(itemFraud, raw)); err != nil || i.Fraud.Host != liar.ID() {
		t.Fatalf("got %+v, %v", i.Fraud, err)
	}
	_ = v.step(v.people[0], Received{i})
	if len(v.people[0].View().Cheats) != 0 {
		t.Error("somebody else's room is no concern of this one")
	}
}

// TestFraudsAreBounded has one cheat as often as it can.
func TestFraudsAreBounded(t *testing.T) {
	v := newVillage(t, InviteOnly, "host")
	host, cheat := v.people[0], keyOf(t, 2)
	chain, err := invite.Issue(host.key, nil, invite.Invite{Room: v.id, Role: invite.Listener, Invitee: cheat.ID(), Quota: 1000})
	if err != nil {
		t.Fatal(err)
	}
	for n := range uint32(3 * maxFraudsBy) {
		f, found := invite.FindFraud(passOn(t, v, chain, keyOf(t, 4), n), passOn(t, v, chain, keyOf(t, 5), n))
		if !found {
			t.Fatal("no fraud")
		}
		raw, err := f.Marshal()
		if err != nil {
			t.Fatal(err)
		}
		i, err := Check(v.id, item(itemFraud, raw))
		if err != nil {
			t.Fatal(err)
		}
		v.now += time.Second
		_ = v.step(host, Received{i})
	}
	if got := len(host.View().Cheats); got != maxFraudsBy {
		t.Errorf("%d proofs against one are kept, want %d", got, maxFraudsBy)
	}
}
