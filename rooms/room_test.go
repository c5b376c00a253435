package rooms

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/banyan-rooms/banyan/crypto/identity"
	"github.com/banyan-rooms/banyan/crypto/invite"
)

// describe writes a view down without what differs from one's own side.
func describe(v View) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%q epoch %d closed %v\n", v.Title, v.Epoch, v.Closed)
	for _, p := range v.People {
		fmt.Fprintf(&b, "  %s %s stage=%v invited=%v muted=%v hand=%v\n", p.Name, p.Role, p.OnStage, p.Invited, p.Muted, slices.Index(v.Hands, p.ID)+1)
	}
	return b.String()
}

func TestAHandBecomesAVoice(t *testing.T) {
	v := newVillage(t, Open, "host", "ann", "bob")
	host, ann, bob := v.people[0], v.people[1], v.people[2]

	v.must(bob, RaiseHand{})
	v.now += time.Millisecond
	v.must(ann, RaiseHand{})
	if got, want := host.View().Hands, []identity.ID{bob.key.ID(), ann.key.ID()}; !slices.Equal(got, want) {
		t.Fatalf("hands %v, want bob's, then ann's", got)
	}
	v.must(host, InviteUp{bob.key.ID()})
	if p, _ := ann.find(bob); !p.Invited || p.OnStage || !p.Hand.IsZero() {
		t.Errorf("invited: ann sees %+v; want invited, not on stage, hand down", p)
	}
	if slices.Contains(ann.Speakers(), bob.key.ID()) {
		t.Error("bob may be heard before he agreed")
	}
	v.must(bob, AcceptStage{})
	if !slices.Contains(ann.Speakers(), bob.key.ID()) {
		t.Error("bob agreed and may not be heard")
	}
	v.must(bob, SetMuted{true})
	if p, _ := ann.find(bob); !p.Muted {
		t.Error("ann does not see that bob is muted")
	}
	v.must(host, MoveDown{bob.key.ID()})
	if p, _ := ann.find(bob); p.OnStage || p.Role != invite.Listener {
		t.Errorf("moved down: ann sees %+v", p)
	}
	if err := v.step(bob, AcceptStage{}); !errors.Is(err, ErrNotInvited) {
		t.Errorf("bob accepts again: got %v, want %v", err, ErrNotInvited)
	}
	v.must(host, LowerHand{ann.key.ID()})
	if got := host.View().Hands; len(got) != 0 {
		t.Errorf("dismissed: hands %v, want none", got)
	}
	v.now += time.Second
	v.must(ann, RaiseHand{})
	if got := bob.View().Hands; len(got) != 1 {
		t.Errorf("raised again: hands %v, want ann's", got)
	}
	v.agree()
}

func TestAnInvitationCanBeDeclinedAndAPlaceGivenUp(t *testing.T) {
	v := newVillage(t, Open, "host", "ann")
	host, ann := v.people[0], v.people[1]
	v.must(host, InviteUp{ann.key.ID()})
	v.must(ann, DeclineStage{})
	if p, _ := host.find(ann); p.Invited || p.Role != invite.Listener {
		t.Errorf("declined: %+v, want a listener", p)
	}
	v.must(host, InviteUp{ann.key.ID()})
	v.must(ann, AcceptStage{})
	v.must(ann, MoveDown{})
	if p, _ := host.find(ann); p.OnStage {
		t.Errorf("stepped down: %+v, want a listener", p)
	}
	v.agree()
}

func TestWhoMayDoWhat(t *testing.T) {
	v := newVillage(t, Open, "host", "mod", "ann", "bob")
	host, mod, ann, bob := v.people[0], v.people[1], v.people[2], v.people[3]
	v.must(host, Grant{mod.key.ID(), invite.Moderator})
	tests := []struct {
		name string
		by   *villager
		do   Command
		want error
	}{
		{"a listener invites up", ann, InviteUp{bob.key.ID()}, ErrNotAllowed},
		{"a listener closes", ann, Close{}, ErrNotAllowed},
		{"a listener bans", ann, Ban{Who: bob.key.ID()}, ErrNotAllowed},
		{"a listener lowers another's hand", ann, LowerHand{bob.key.ID()}, ErrNotAllowed},
		{"a listener takes a stage that nobody offered", ann, AcceptStage{}, ErrNotInvited},
		{"a moderator makes a moderator", mod, Grant{ann.key.ID(), invite.Moderator}, ErrHostOnly},
		{"a moderator bans the host", mod, Ban{Who: host.key.ID()}, ErrHostStays},
		{"the host steps down", host, MoveDown{}, ErrHostStays},
		{"the host makes a host", host, Grant{ann.key.ID(), invite.Host}, ErrMalformed},
		{"a stranger is invited up", host, InviteUp{keyOf(t, 99).ID()}, ErrNotHere},
		{"a title with a line break", host, SetTitle{"a\nb"}, ErrText},
		{"a moderator invites up", mod, InviteUp{ann.key.ID()}, nil},
		{"a moderator names the room", mod, SetTitle{"Garden"}, nil},
		{"the stage is full", host, InviteUp{bob.key.ID()}, ErrStageFull},
	}
	for _, tt := range tests {
		if errors.Is(tt.want, ErrStageFull) {
			v.must(ann, AcceptStage{})
		}
		before := describe(bob.View())
		err := v.step(tt.by, tt.do)
		if !errors.Is(err, tt.want) {
			t.Errorf("%s: got %v, want %v", tt.name, err, tt.want)
		}
		if after := describe(bob.View()); err != nil && after != before {
			t.Errorf("%s: was refused, and changed the room to\n%s", tt.name, after)
		}
	}
	v.agree()
}

func TestOthersDoNotBelieveWhatIsNotAllowed(t *testing.T) {
	v := newVillage(t, Open, "host", "mod", "ann", "bob")
	host, mod, ann, bob := v.people[0], v.people[1], v.people[2], v.people[3]
	v.must(host, Grant{mod.key.ID(), invite.Moderator})
	v.must(host, InviteUp{ann.key.ID()})
	before := describe(bob.View())
	forge := func(by *villager, o Op) {
		o.Room, o.Parents = v.id, by.log.parents()
		envelope, err := o.sign(by.key)
		if err != nil {
			t.Fatal(err)
		}
		v.hand(bob, item(itemOp, envelope))
	}
	forge(bob, Op{Kind: OpGrant, Subject: bob.key.ID(), Role: invite.Moderator})
	forge(ann, Op{Kind: OpGrant, Subject: bob.key.ID(), Role: invite.Speaker})
	forge(ann, Op{Kind: OpClose})
	forge(mod, Op{Kind: OpGrant, Subject: ann.key.ID(), Role: invite.Moderator})
	forge(mod, Op{Kind: OpBan, Subject: host.key.ID()})
	forge(host, Op{Kind: OpBan, Subject: host.key.ID()})
	if after := describe(bob.View()); after != before {
		t.Errorf("forged ops changed the room from\n%s to\n%s", before, after)
	}
}

func TestARemovedModeratorsBackdatedActsDoNotCount(t *testing.T) {
	v := newVillage(t, Open, "host", "mod", "ann")
	host, mod, ann := v.people[0], v.people[1], v.people[2]
	v.must(host, Grant{mod.key.ID(), invite.Moderator})
	mod.cut = true
	v.must(host, MoveDown{mod.key.ID()})
	v.must(mod, Ban{Who: ann.key.ID()}) // as if it had come before the removal
	mod.cut = false
	for _, p := range v.people[:1] {
		v.sync(mod, p)
		v.sync(p, mod)
	}
	if _, here := host.find(ann); !here {
		t.Error("the removed moderator banned ann all the same")
	}
}

func TestTheRoomGoesOnWithoutItsHost(t *testing.T) {
	v := newVillage(t, Open, "host", "mod", "ann")
	host, mod, ann := v.people[0], v.people[1], v.people[2]
	v.must(host, Grant{mod.key.ID(), invite.Moderator})
	v.must(host, Leave{})
	if _, here := ann.find(host); here {
		t.Error("the host left and is still seen")
	}
	v.must(ann, RaiseHand{})
	v.must(mod, InviteUp{ann.key.ID()})
	v.must(ann, AcceptStage{})
	if got := mod.Speakers(); len(got) != 2 {
		t.Errorf("speakers %v, want mod and ann", got)
	}
	if err := v.step(host, RaiseHand{}); !errors.Is(err, ErrLeft) {
		t.Errorf("the host acts after leaving: got %v, want %v", err, ErrLeft)
	}
	v.agree()
}

func TestAClosedRoomIsSilent(t *testing.T) {
	v := newVillage(t, Open, "host", "ann")
	host, ann := v.people[0], v.people[1]
	v.must(host, Close{})
	if !ann.View().Closed || len(ann.Speakers()) != 0 {
		t.Errorf("closed: ann sees %+v", ann.View())
	}
	if err := v.step(host, SetTitle{"x"}); !errors.Is(err, ErrClosed) {
		t.Errorf("got %v, want %v", err, ErrClosed)
	}
	v.must(ann, Leave{})
}

func TestSilentPeopleAreForgotten(t *testing.T) {
	v := newVillage(t, Open, "host", "ann")
	host, ann := v.people[0], v.people[1]
	ann.cut = true
	v.pass(PresenceTTL - time.Second)
	if _, here := host.find(ann); !here {
		t.Error("ann was forgotten too early")
	}
	v.pass(2 * time.Second)
	if _, here := host.find(ann); here {
		t.Error("ann was not forgotten")
	}
	ann.cut = false
	v.pass(presenceRenew)
	if _, here := host.find(ann); !here {
		t.Error("ann is back and not seen")
	}
	v.pass(5 * time.Minute)
	v.agree()
}

func TestTicketsOpenAnInviteOnlyRoom(t *testing.T) {
	v := newVillage(t, InviteOnly, "host")
	host, ann := v.people[0], keyOf(t, 2)
	if _, err := New(Config{Key: ann, Genesis: v.genesis, Start: start}); !errors.Is(err, ErrNoTicket) {
		t.Errorf("without a ticket: got %v, want %v", err, ErrNoTicket)
	}
	ticket, err := invite.Issue(host.key, nil, invite.Invite{Room: v.id, Role: invite.Speaker, Invitee: ann.ID(), NotAfter: start.Unix() + 60})
	if err != nil {
		t.Fatal(err)
	}
	if err := host.MayEnter(0, keyOf(t, 3).ID(), ticket); !errors.Is(err, invite.ErrHolder) {
		t.Errorf("with another's ticket: got %v, want %v", err, invite.ErrHolder)
	}
	if err := host.MayEnter(2*time.Minute, ann.ID(), ticket); !errors.Is(err, invite.ErrExpired) {
		t.Errorf("too late: got %v, want %v", err, invite.ErrExpired)
	}
	p := v.enter("ann", ann, ticket)
	if seen, _ := host.find(p); seen.Role != invite.Speaker || !seen.Invited {
		t.Errorf("the host sees %+v, want a speaker who may come up", seen)
	}
	v.must(p, AcceptStage{})
	if got := host.Speakers(); len(got) != 2 {
		t.Errorf("speakers %v, want the host and ann", got)
	}
	v.must(host, RevokeInvite{Hash(ticket.ID())})
	if err := host.MayEnter(0, ann.ID(), ticket); !errors.Is(err, ErrNoTicket) {
		t.Errorf("after it was taken back: got %v, want %v", err, ErrNoTicket)
	}
}

func TestTheBannedAreOut(t *testing.T) {
	v := newVillage(t, Open, "host", "ann", "bob")
	host, ann, bob := v.people[0], v.people[1], v.people[2]
	v.must(host, Ban{Who: ann.key.ID()})
	v.pass(20 * time.Second)
	if _, here := bob.find(ann); here {
		t.Error("ann was banned and is still seen")
	}
	if err := bob.MayEnter(v.now, ann.key.ID(), nil); !errors.Is(err, ErrBanned) {
		t.Errorf("got %v, want %v", err, ErrBanned)
	}
	v.must(host, Unban{ann.key.ID()})
	v.pass(20 * time.Second)
	if _, here := bob.find(ann); !here {
		t.Error("ann was let in again and is not seen")
	}
}

func TestALatecomerSeesTheSame(t *testing.T) {
	v := newVillage(t, Open, "host", "ann", "bob")
	v.must(v.people[0], InviteUp{v.people[1].key.ID()})
	v.must(v.people[1], AcceptStage{})
	v.must(v.people[0], SetTitle{"Later"})
	v.must(v.people[2], RaiseHand{})
	late := v.enter("late", keyOf(t, 9), nil)
	if _, here := late.Room.View().Me(); !here {
		t.Error("the latecomer does not see itself")
	}
	v.must(late, Leave{})
	if me, here := late.Room.View().Me(); here {
		t.Errorf("the latecomer left and sees itself as %+v", me)
	}
	v.agree()
	if late.stored != 2 {
		t.Errorf("the latecomer was asked to keep %d ops, want the grant and the title", late.stored)
	}
}
