package rooms

import (
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/banyan-rooms/banyan/crypto/identity"
	"github.com/banyan-rooms/banyan/crypto/invite"
)

// guest is a listener's invite for somebody by one who holds a chain, or made the room.
func guest(t *testing.T, v *village, by identity.Key, own invite.Chain, serial uint32, who identity.Key) invite.Chain {
	t.Helper()
	c, err := invite.Issue(by, own, invite.Invite{
		Room: v.id, Role: invite.Listener, Invitee: who.ID(), Serial: serial, NotAfter: start.Add(time.Minute).Unix(),
	})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestWhoGetsTheRoomGetsTheRightToInvite(t *testing.T) {
	v := newVillage(t, InviteOnly, "host")
	host, annKey, bobKey, carlKey := v.people[0], keyOf(t, 2), keyOf(t, 3), keyOf(t, 4)
	ann := v.enter("ann", annKey, guest(t, v, host.key, nil, 0, annKey))
	v.must(host, HandOver{annKey.ID()})
	deed, invites := ann.Ticket()
	if want := uint32(invite.MaxQuota - deedReserve); invites != want {
		t.Errorf("ann may make %d invites, want %d", invites, want)
	}
	if _, err := deed.VerifyTicket(v.id, host.key.ID(), annKey.ID(), start.AddDate(10, 0, 0)); err != nil {
		t.Fatalf("ann has the room by a right that ends: %v", err)
	}
	bob := v.enter("bob", bobKey, guest(t, v, annKey, deed, 0, bobKey))
	v.must(ann, HandOver{bobKey.ID()})
	if err := v.step(host, HandOver{annKey.ID()}); !errors.Is(err, ErrHostOnly) {
		t.Errorf("who handed the room over hands it over again: %v", err)
	}
	bobs, _ := bob.Ticket()
	v.enter("carl", carlKey, guest(t, v, bobKey, bobs, 0, carlKey))
	for _, p := range v.people {
		if got, want := names(p), []string{"ann", "bob", "carl", "host"}; !slices.Equal(got, want) {
			t.Errorf("%s sees %v, want %v", p.name, got, want)
		}
	}
	v.pass(2 * time.Minute) // everybody's first invite has ended
	if got, want := names(host), []string{"ann", "bob", "host"}; !slices.Equal(got, want) {
		t.Errorf("later the host sees %v, want %v", got, want)
	}

	// Back to who has a deed, and to who needs none.
	before := len(host.log.entries)
	v.must(bob, HandOver{annKey.ID()})
	v.must(ann, HandOver{host.key.ID()})
	for _, e := range host.log.entries[before:] {
		if len(e.op.Deed) > 0 {
			t.Errorf("%v gives a deed to who needs none", e.op.Kind)
		}
	}
	if got := host.View().Host; got != host.key.ID() {
		t.Errorf("the host is %v", got.Short())
	}
}

func TestADeedIsWithdrawnWithTheName(t *testing.T) {
	tests := []struct {
		name   string
		undo   Command
		wanted bool
	}{
		{"another is named", NameSuccessor{keyOf(t, 3).ID()}, false},
		{"nobody is named", NameSuccessor{}, false},
		{"the successor is banned", Ban{Who: keyOf(t, 2).ID()}, false},
		{"the successor is named again", NameSuccessor{keyOf(t, 2).ID()}, true},
	}
	for _, tt := range tests {
		v := newVillage(t, InviteOnly, "host")
		host, annKey, bobKey, carlKey := v.people[0], keyOf(t, 2), keyOf(t, 3), keyOf(t, 4)
		first := guest(t, v, host.key, nil, 0, annKey)
		ann := v.enter("ann", annKey, first)
		v.enter("bob", bobKey, guest(t, v, host.key, nil, 0, bobKey))
		v.must(host, NameSuccessor{annKey.ID()})
		deed := host.deedOf(annKey.ID())
		if now, _ := ann.Ticket(); deed == nil || now.ID() != first.ID() {
			t.Fatalf("%s: ann's deed %d steps, and her ticket is another", tt.name, len(deed))
		}
		v.must(host, tt.undo)
		carls := guest(t, v, annKey, deed, 0, carlKey)
		if err := host.MayEnter(v.now, carlKey.ID(), carls); (err == nil) != tt.wanted {
			t.Errorf("%s: carl may enter by ann's deed: %v", tt.name, err)
		}
		if banned := host.state.banned(annKey.ID()); (host.Room.find(annKey.ID()) == nil) != banned {
			t.Errorf("%s: ann lost her own place", tt.name)
		}

		// Named anew, she has a deed that holds.
		if !tt.wanted {
			v.must(host, Unban{annKey.ID()})
			v.enter("ann", annKey, first)
			v.must(host, NameSuccessor{annKey.ID()})
			v.must(host, HandOver{annKey.ID()})
			again, _ := v.people[len(v.people)-1].Ticket()
			if err := host.MayEnter(v.now, carlKey.ID(), guest(t, v, annKey, again, 1, carlKey)); err != nil {
				t.Errorf("%s: carl may not enter by ann's next deed: %v", tt.name, err)
			}
		}
	}
}

func TestADeedNeedsOne(t *testing.T) {
	v := newVillage(t, InviteOnly, "host")
	host, annKey, bobKey := v.people[0], keyOf(t, 2), keyOf(t, 3)
	ann := v.enter("ann", annKey, guest(t, v, host.key, nil, 0, annKey))
	v.enter("bob", bobKey, guest(t, v, host.key, nil, 0, bobKey))
	v.must(host, HandOver{annKey.ID()})
	deed, _ := ann.Ticket()
	v.must(host, RevokeInvite{Hash(deed.ID())})
	if err := v.step(ann, HandOver{bobKey.ID()}); !errors.Is(err, ErrNoDeed) {
		t.Errorf("ann, whose right to invite was taken back, hands it on: %v", err)
	}
}
