package rooms

import (
	"errors"
	"slices"
	"testing"

	"github.com/banyan-rooms/banyan/crypto/epoch"
	"github.com/banyan-rooms/banyan/crypto/identity"
	"github.com/banyan-rooms/banyan/crypto/invite"
)

// ticket is a named invite of somebody's, which follows another.
func (v *village) ticket(from *villager, parent invite.Chain, i invite.Invite) invite.Chain {
	v.t.Helper()
	i.Room = v.id
	chain, err := invite.Issue(from.key, parent, i)
	if err != nil {
		v.t.Fatal(err)
	}
	return chain
}

func TestALockedStageKeepsWhomATicketBrought(t *testing.T) {
	v := newVillage(t, InviteOnly, "host")
	host, annKey, bobKey := v.people[0], keyOf(t, 2), keyOf(t, 3)
	ann := v.enter("ann", annKey, v.ticket(host, nil, invite.Invite{Role: invite.Speaker, Invitee: annKey.ID()}))
	bob := v.enter("bob", bobKey, v.ticket(host, nil, invite.Invite{Role: invite.Speaker, Invitee: bobKey.ID()}))
	v.must(ann, AcceptStage{})
	v.must(host, Set{StageLocked, true})
	v.wantStage("host", "ann")
	if err := v.step(bob, AcceptStage{}); !errors.Is(err, ErrLocked) {
		t.Errorf("bob comes up by his ticket: got %v, want %v", err, ErrLocked)
	}
	if p, _ := host.find(bob); p.Invited {
		t.Error("bob is shown as one who may come up")
	}
	v.agree()
	v.must(host, Set{StageLocked, false})
	v.must(bob, AcceptStage{})
	v.wantStage("host", "ann", "bob")
	v.agree()
}

func TestABanMayTakeTheBranch(t *testing.T) {
	for _, branch := range []bool{false, true} {
		v := newVillage(t, InviteOnly, "host")
		host, annKey, bobKey, carlaKey := v.people[0], keyOf(t, 2), keyOf(t, 3), keyOf(t, 4)
		anns := v.ticket(host, nil, invite.Invite{Role: invite.Listener, Invitee: annKey.ID(), Quota: 3})
		ann := v.enter("ann", annKey, anns)
		bobs := v.ticket(ann, anns, invite.Invite{Role: invite.Listener, Invitee: bobKey.ID(), Quota: 1})
		bob := v.enter("bob", bobKey, bobs)
		carla := v.enter("carla", carlaKey, v.ticket(host, nil, invite.Invite{Role: invite.Listener, Invitee: carlaKey.ID()}))
		v.must(host, Ban{Who: annKey.ID(), Branch: branch})
		if _, here := host.find(bob); here == branch {
			t.Errorf("branch %v: bob, whom ann invited, is here: %v", branch, here)
		}
		if host.MayEnter(v.now, keyOf(t, 9).ID(), v.ticket(bob, bobs, invite.Invite{Role: invite.Listener, Invitee: keyOf(t, 9).ID()})) == nil == branch {
			t.Errorf("branch %v: bob's guest is treated otherwise", branch)
		}
		if _, here := host.find(carla); !here {
			t.Errorf("branch %v: carla, who came by the host, is out", branch)
		}
		if _, here := host.find(ann); here {
			t.Errorf("branch %v: ann is here", branch)
		}
	}
}

func TestWhoIsMutedStaysAndIsNotHeard(t *testing.T) {
	v := newVillage(t, Open, "host", "mod", "ann")
	host, mod, ann := v.people[0], v.people[1], v.people[2]
	v.must(host, Grant{mod.key.ID(), invite.Moderator})
	v.must(host, InviteUp{ann.key.ID()})
	v.must(ann, AcceptStage{})
	heard := func() bool { return slices.Contains(mod.Speakers(), ann.key.ID()) }

	v.must(mod, MuteOther{Who: ann.key.ID()})
	if p, _ := host.find(ann); heard() || !p.Muted || p.Mute != Muted || !p.OnStage {
		t.Errorf("muted: heard %v, %+v", heard(), p)
	}
	v.must(ann, SetMuted{false})
	if p, _ := host.find(ann); !heard() || p.Muted {
		t.Errorf("she makes an end of it: heard %v, %+v", heard(), p)
	}
	v.must(mod, MuteOther{Who: ann.key.ID()}) // the same again is another
	if heard() {
		t.Error("muted again, and heard")
	}

	// Two moderators at once: to mute comes before to unmute.
	host.cut = true
	v.must(mod, UnmuteOther{ann.key.ID()})
	v.must(host, MuteOther{ann.key.ID(), true})
	host.cut = false
	v.sync(host, mod)
	v.sync(host, ann)
	v.sync(mod, host)
	if err := v.step(ann, SetMuted{false}); !errors.Is(err, ErrMicLocked) || heard() {
		t.Errorf("she unmutes a locked microphone: %v, want %v; heard %v", err, ErrMicLocked, heard())
	}
	v.must(mod, UnmuteOther{ann.key.ID()})
	v.must(mod, UnmuteOther{ann.key.ID()}) // needless
	if !heard() {
		t.Error("not heard though a moderator unmuted her")
	}
	if err := v.step(mod, MuteOther{Who: host.key.ID()}); !errors.Is(err, ErrHostStays) {
		t.Errorf("the host is muted: got %v, want %v", err, ErrHostStays)
	}
	v.agree()
}

// Whoever lifts a mute that does not stand, or one that is locked, lifts nothing.
func TestOnlyOnesOwnMuteIsLifted(t *testing.T) {
	v := newVillage(t, Open, "host", "ann")
	host, ann := v.people[0], v.people[1]
	v.must(host, InviteUp{ann.key.ID()})
	v.must(ann, AcceptStage{})
	v.must(host, MuteOther{ann.key.ID(), true})
	mute, _ := host.state.muted(ann.key.ID())
	for _, lifted := range []Hash{mute.Hash, {1}} {
		ann.own.Lifted = lifted
		ann.announce(v.now)
		v.must(ann, nil)
		if slices.Contains(host.Speakers(), ann.key.ID()) {
			t.Errorf("ann is heard after she lifted %x", lifted[:2])
		}
	}
}

func TestWhoSwitchesWhat(t *testing.T) {
	v := newVillage(t, Open, "host", "mod", "ann")
	host, mod, ann := v.people[0], v.people[1], v.people[2]
	v.must(host, Grant{mod.key.ID(), invite.Moderator})
	for _, c := range []Command{
		Set{StageLocked, true}, Set{HandsOff, true}, MuteOther{Who: mod.key.ID()}, UnmuteOther{mod.key.ID()}, Ban{Who: mod.key.ID(), Branch: true},
	} {
		if err := v.step(ann, c); !errors.Is(err, ErrNotAllowed) {
			t.Errorf("a listener, %T: got %v, want %v", c, err, ErrNotAllowed)
		}
	}
	if err := v.step(mod, Set{On: true}); !errors.Is(err, ErrMalformed) {
		t.Errorf("nothing is switched on: got %v, want %v", err, ErrMalformed)
	}
	v.must(ann, RaiseHand{})
	v.must(mod, Set{HandsOff, true})
	before := len(mod.log.entries)
	v.must(mod, Set{HandsOff, true})
	if len(mod.log.entries) != before {
		t.Error("what is on already was switched on")
	}
	if ann.own.Hand != 0 || len(host.View().Hands) != 0 || !host.View().NoHand {
		t.Errorf("hands are up though they are off: %+v", host.View())
	}
	// The host's word goes before a moderator's that was said at the same time.
	host.cut = true
	v.must(mod, Set{HandsOff, false})
	v.must(host, Set{StageLocked, true})
	v.must(host, Set{StageLocked, false})
	v.must(mod, Set{StageLocked, true})
	host.cut = false
	v.sync(host, mod)
	v.sync(host, ann)
	v.sync(mod, host)
	if view := host.View(); view.Locked || view.NoHand {
		t.Errorf("the stage is locked %v, hands are off %v; want neither", view.Locked, view.NoHand)
	}
	v.agree()
}

// A mute outlives its subject's restart, because the log does.
func TestARestartLiftsNothing(t *testing.T) {
	v := newVillage(t, Open, "host", "ann")
	host, ann := v.people[0], v.people[1]
	v.must(host, InviteUp{ann.key.ID()})
	v.must(ann, AcceptStage{})
	v.must(host, MuteOther{Who: ann.key.ID()})
	v.must(ann, SetMuted{false})
	v.people = slices.DeleteFunc(v.people, func(p *villager) bool { return p == ann })
	v.now += 2 * presenceRenew
	again := v.enter("ann", ann.key, nil)
	v.must(again, AcceptStage{})
	if p, _ := host.find(again); p.Mute != Muted || slices.Contains(host.Speakers(), ann.key.ID()) {
		t.Errorf("after a restart: %+v", p)
	}
	v.must(again, SetMuted{false})
	if !slices.Contains(host.Speakers(), ann.key.ID()) {
		t.Error("she cannot make an end of it a second time")
	}
}

func TestARemovalMakesAnEpochOverdue(t *testing.T) {
	v := newVillage(t, InviteOnly, "host")
	host, modKey, annKey, bobKey := v.people[0], keyOf(t, 2), keyOf(t, 3), keyOf(t, 4)
	enter := func(name string, key identity.Key) (*villager, invite.Chain) {
		chain := v.ticket(host, nil, invite.Invite{Role: invite.Listener, Invitee: key.ID()})
		return v.enter(name, key, chain), chain
	}
	mod, _ := enter("mod", modKey)
	enter("ann", annKey)
	_, bobs := enter("bob", bobKey)
	v.must(host, Grant{modKey.ID(), invite.Moderator})
	overdue := func(by *villager) {
		t.Helper()
		for _, p := range []*villager{host, mod} {
			who, is := p.Overdue()
			if is != (by != nil) || is && who != by.key.ID() {
				t.Errorf("%s sees an epoch overdue: %v, by %v", p.name, is, who)
			}
		}
	}
	next := func(by *villager, n uint32, want error) {
		t.Helper()
		if err := v.step(by, NewEpoch{n, epoch.Commitment{byte(n)}}); !errors.Is(err, want) {
			t.Errorf("epoch %d: got %v, want %v", n, err, want)
		}
	}
	overdue(nil)
	v.must(mod, Ban{Who: annKey.ID()})
	overdue(mod)
	next(host, 2, ErrEpoch)
	next(host, 1, nil)
	overdue(nil)
	v.must(host, Unban{annKey.ID()})
	overdue(nil)
	v.must(mod, Ban{Who: annKey.ID()})
	v.must(host, Unban{annKey.ID()})
	overdue(nil) // she may be here
	v.must(host, RevokeInvite{Hash(bobs.ID())})
	overdue(host)
	if got := host.Barred(); !slices.Equal(got, []identity.ID{bobKey.ID()}) || !host.Bars(bobKey.ID()) || host.Bars(annKey.ID()) {
		t.Errorf("barred are %v, want bob alone", got)
	}
	v.must(mod, Ban{Who: annKey.ID()})
	if got := len(host.Barred()); got != 2 {
		t.Errorf("%d are barred, want 2", got)
	}
	if got := host.View().Removed; !slices.Equal(got, []identity.ID{annKey.ID()}) || host.NameOf(got[0]) != "ann" || host.NameOf(keyOf(t, 99).ID()) != "" {
		t.Errorf("removed are %v, want ann", got)
	}
	// A ban that whoever began the epoch had not heard of makes the next one overdue.
	host.cut = true
	next(host, 2, nil)
	v.must(mod, Ban{Who: keyOf(t, 9).ID()})
	host.cut = false
	v.sync(host, mod)
	v.sync(mod, host)
	overdue(mod)
	next(mod, 3, nil)
	v.must(host, Ban{Who: keyOf(t, 10).ID()})
	v.must(host, Close{})
	overdue(nil)
}

// TestNotice has somebody who was away learn why they may not be here, and no more.
func TestNotice(t *testing.T) {
	v := newVillage(t, Open, "host", "ann", "bob")
	host, ann, bob := v.people[0], v.people[1], v.people[2]
	ann.cut = true
	v.must(host, SetTitle{"Before"})
	v.must(host, Ban{Who: ann.key.ID()})
	v.must(host, SetTitle{"After"})
	if got := host.Notice(bob.key.ID(), nil, nil); len(got) != 0 {
		t.Errorf("bob, who is welcome, gets %d items", len(got))
	}
	for _, raw := range host.Notice(ann.key.ID(), nil, ann.Heads()) {
		v.hand(ann, raw)
	}
	if got := ann.View(); !got.Banned || got.Title != "Before" {
		t.Errorf("ann knows: banned %v, title %q", got.Banned, got.Title)
	}
	if got := host.Notice(ann.key.ID(), nil, ann.Heads()); len(got) != 0 {
		t.Errorf("ann gets %d items again", len(got))
	}
}
