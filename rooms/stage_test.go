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

// names are those on the stage as somebody sees it, in the order of the view.
func (p *villager) stageNames() (names []string) {
	for _, seen := range p.View().People {
		if seen.OnStage {
			names = append(names, seen.Name)
		}
	}
	return names
}

func (v *village) wantStage(want ...string) {
	v.t.Helper()
	for _, p := range v.people {
		if got := p.stageNames(); !p.cut && !slices.Equal(got, want) {
			v.t.Errorf("%s sees %v on the stage, want %v", p.name, got, want)
		}
		if got := len(p.Speakers()); !p.cut && got != len(want) {
			v.t.Errorf("%s may hear %d people, want %d", p.name, got, len(want))
		}
	}
}

func TestTheStageHoldsSoMany(t *testing.T) {
	v := newVillage(t, Open, "host", "mod", "ann", "bob") // a stage for three
	host, mod, ann, bob := v.people[0], v.people[1], v.people[2], v.people[3]
	v.must(host, InviteUp{ann.key.ID()})
	v.must(host, InviteUp{bob.key.ID()})
	v.must(bob, AcceptStage{})
	v.must(ann, AcceptStage{})
	v.wantStage("host", "ann", "bob")

	// A moderator goes before speakers, of whom the last one called gives way.
	v.must(host, Grant{mod.key.ID(), invite.Moderator})
	v.wantStage("host", "mod", "ann")
	if p, _ := host.find(bob); !p.Invited || bob.own.Accepted != (Hash{}) {
		t.Errorf("bob lost his place: the host sees %+v, and he says that he accepts %x", p, bob.own.Accepted)
	}
	if err := v.step(bob, AcceptStage{}); !errors.Is(err, ErrStageFull) {
		t.Errorf("bob comes back: got %v, want %v", err, ErrStageFull)
	}
	// A place that gets free does not open his microphone.
	v.must(ann, MoveDown{})
	v.wantStage("host", "mod")
	v.must(bob, AcceptStage{})
	v.wantStage("host", "mod", "bob")
}

func TestTwoWhoAcceptAtOnceAgreeWhoCameFirst(t *testing.T) {
	v := newVillage(t, Open, "host", "mod", "ann", "bob")
	host, mod, ann, bob := v.people[0], v.people[1], v.people[2], v.people[3]
	v.must(host, Grant{mod.key.ID(), invite.Moderator})
	v.must(host, InviteUp{bob.key.ID()})
	v.must(host, InviteUp{ann.key.ID()})
	ann.cut = true
	v.must(bob, AcceptStage{})
	bob.cut, ann.cut = true, false
	v.must(ann, AcceptStage{}) // to the others, who know of bob's place, she has none
	bob.cut = false
	v.pass(presenceRenew)
	v.wantStage("host", "mod", "bob")
	v.agree()
}

func TestConcurrentInvitationsLeaveNobodyBehind(t *testing.T) {
	v := newVillage(t, Open, "host", "mod", "ann")
	host, mod, ann := v.people[0], v.people[1], v.people[2]
	v.must(host, Grant{mod.key.ID(), invite.Moderator})
	host.cut = true
	v.must(mod, InviteUp{ann.key.ID()})
	v.must(ann, AcceptStage{})
	v.must(host, InviteUp{ann.key.ID()}) // the one that wins, being the host's
	host.cut = false
	v.sync(host, ann)
	v.sync(host, mod)
	v.sync(mod, host)
	v.wantStage("host", "mod", "ann")
	if st, _ := host.state.standing(ann.key.ID()); st.by == ann.own.Accepted {
		t.Error("ann has accepted the invitation that wins; want the other")
	}
	v.must(mod, MoveDown{ann.key.ID()}) // ends both
	v.wantStage("host", "mod")
	if err := v.step(ann, AcceptStage{}); !errors.Is(err, ErrNotInvited) {
		t.Errorf("ann accepts what is over: got %v, want %v", err, ErrNotInvited)
	}
}

func TestATicketMayBringASpeaker(t *testing.T) {
	v := newVillage(t, InviteOnly, "host")
	host, key := v.people[0], keyOf(t, 2)
	ticket, err := invite.Issue(host.key, nil, invite.Invite{Room: v.id, Role: invite.Moderator, Invitee: key.ID()})
	if err != nil {
		t.Fatal(err)
	}
	ann := v.enter("ann", key, ticket)
	if p, _ := host.find(ann); p.Role != invite.Speaker || !p.Invited {
		t.Errorf("a ticket for a moderator makes %+v, want somebody who may come up", p)
	}
	v.must(ann, AcceptStage{})
	v.wantStage("host", "ann")
	v.must(ann, MoveDown{})
	v.wantStage("host")
	if n := len(host.log.entries); n != 0 {
		t.Errorf("%d ops, want none: the ticket is not the log's", n)
	}
	v.must(ann, AcceptStage{})
	v.must(host, MoveDown{ann.key.ID()})
	if p, _ := host.find(ann); p.Role != invite.Listener || p.Invited {
		t.Errorf("moved down, ticket or not: %+v", p)
	}
	v.must(host, RevokeInvite{Hash(ticket.ID())})
	v.must(host, RevokeInvite{Hash(ticket.ID())})
	if _, here := host.find(ann); here || host.MayEnter(v.now, ann.key.ID(), ticket) == nil {
		t.Error("the invite was taken back and ann is here")
	}
	if err := v.step(ann, RaiseHand{}); !errors.Is(err, ErrNoTicket) {
		t.Errorf("she raises a hand: got %v, want %v", err, ErrNoTicket)
	}
}

func TestAnExpiredTicketEnds(t *testing.T) {
	v := newVillage(t, InviteOnly, "host")
	host, key := v.people[0], keyOf(t, 2)
	ticket, err := invite.Issue(host.key, nil, invite.Invite{Room: v.id, Role: invite.Listener, Invitee: key.ID(), NotAfter: start.Unix() + 60})
	if err != nil {
		t.Fatal(err)
	}
	ann := v.enter("ann", key, ticket)
	v.pass(59 * time.Second)
	if _, here := host.find(ann); !here {
		t.Error("ann is out before her ticket ended")
	}
	v.pass(time.Minute)
	if _, here := host.find(ann); here {
		t.Error("ann's ticket ended and she is here")
	}
	long := make(invite.Chain, invite.MaxDepth+1)
	if err := host.MayEnter(v.now, key.ID(), long); !errors.Is(err, invite.ErrChain) {
		t.Errorf("a chain without end: got %v, want %v", err, invite.ErrChain)
	}
}

func TestTicketsAreRememberedWithinBounds(t *testing.T) {
	v := newVillage(t, InviteOnly, "host")
	host, key := v.people[0], keyOf(t, 2)
	ticket, err := invite.Issue(host.key, nil, invite.Invite{Room: v.id, Role: invite.Listener, Invitee: key.ID()})
	if err != nil {
		t.Fatal(err)
	}
	for n := range 2 * maxPeople {
		host.tickets[ticketKey{holder: identity.ID{byte(n), byte(n >> 8)}}] = invite.Grant{}
	}
	for range 2 {
		if err := host.MayEnter(0, key.ID(), ticket); err != nil {
			t.Fatal(err)
		}
	}
	if got := len(host.tickets); got != 1 {
		t.Errorf("%d tickets are remembered, want 1", got)
	}
}

// TestHandsCannotJumpTheQueue lets people lie about when their hand went up.
func TestHandsCannotJumpTheQueue(t *testing.T) {
	v := newVillage(t, Open, "host", "ann", "liar")
	host, ann, liar := v.people[0], v.people[1], v.people[2]
	queue := func(p *villager) string {
		var names []string
		for _, id := range p.View().Hands {
			for _, seen := range p.View().People {
				if seen.ID == id {
					names = append(names, seen.Name)
				}
			}
		}
		return strings.Join(names, " ")
	}
	v.pass(time.Minute)
	v.must(ann, RaiseHand{})
	v.now += time.Second
	liar.cut = true
	v.says(host, liar, Presence{Seq: at(v.now), Name: "liar", Hand: 1})
	if got := queue(host); got != "ann liar" {
		t.Errorf("the queue is %q; want ann first, for liar's hand was down when hers went up", got)
	}
	v.says(host, liar, Presence{Seq: at(v.now) + 1, Name: "liar", Hand: 1})
	if got := queue(host); got != "ann liar" {
		t.Errorf("renewed, the queue is %q, want it as it was", got)
	}
	// Somebody whom nobody has seen before cannot have waited for long.
	stranger := &villager{key: keyOf(t, 8), name: "new"}
	v.pass(time.Minute)
	v.says(host, ann, Presence{Seq: at(v.now), Name: "ann", Hand: ann.own.Hand})
	v.says(host, stranger, Presence{Seq: at(v.now), Name: "new", Hand: 1})
	if got := queue(host); got != "ann new" {
		t.Errorf("the queue is %q, want ann before somebody new", got)
	}
	// To whom comes late, all are new: they believe what they are told.
	late := v.enter("late", keyOf(t, 9), nil)
	v.says(late, stranger, Presence{Seq: at(v.now) + 1, Name: "new", Hand: 1})
	if got := queue(late); got != "new ann" {
		t.Errorf("to somebody late the queue is %q, want it as they say", got)
	}
}

func TestALoweredHandStaysDown(t *testing.T) {
	v := newVillage(t, Open, "host", "ann")
	host, ann := v.people[0], v.people[1]
	v.must(ann, RaiseHand{})
	raised := ann.own
	ann.cut = true // she does not hear
	v.must(host, LowerHand{ann.key.ID()})
	v.must(host, LowerHand{ann.key.ID()})
	late := v.enter("late", keyOf(t, 9), nil)
	for n := range 3 {
		raised.Seq += uint64(1 + n)
		v.says(late, ann, raised)
		if got := late.View().Hands; len(got) != 0 {
			t.Errorf("ann's hand is up again, because she says so: %v", got)
		}
	}
	if n := len(host.log.entries); n != 1 {
		t.Errorf("%d ops, want one", n)
	}
	ann.cut = false
	v.sync(host, ann)
	if ann.own.Hand != 0 {
		t.Error("ann knows that her hand is down, and says it is up")
	}
	v.must(ann, RaiseHand{}) // in the same millisecond
	if got := host.View().Hands; len(got) != 1 {
		t.Errorf("ann's new hand is not seen")
	}
	v.pass(presenceRenew) // overtakes what was said in her name
	v.agree()
}

// TestRefusals are those that the transcripts do not tell.
func TestRefusals(t *testing.T) {
	v := newVillage(t, Open, "host", "mod", "ann")
	host, mod, ann := v.people[0], v.people[1], v.people[2]
	v.must(host, Grant{mod.key.ID(), invite.Moderator})
	v.must(host, InviteUp{ann.key.ID()})
	v.must(host, Ban{Who: keyOf(t, 5).ID()})
	tests := []struct {
		by   *villager
		do   Command
		want error
	}{
		{host, Grant{ann.key.ID(), invite.Listener}, ErrMalformed},
		{host, Grant{keyOf(t, 5).ID(), invite.Moderator}, ErrBanned},
		{mod, Grant{keyOf(t, 5).ID(), invite.Speaker}, ErrBanned},
		{mod, Unban{host.key.ID()}, ErrHostStays},
		{mod, DeclineStage{}, ErrNotInvited},
		{mod, LowerHand{keyOf(t, 6).ID()}, ErrNotHere},
		{ann, LowerHand{host.key.ID()}, ErrNotAllowed},
		{ann, RaiseHand{}, ErrOnStage},
		{ann, SetName{strings.Repeat("x", MaxName+1)}, ErrText},
		{host, SetTitle{strings.Repeat("x", MaxTitle+1)}, ErrText},
	}
	for _, tt := range tests {
		err := v.step(tt.by, tt.do)
		if !errors.Is(err, tt.want) {
			t.Errorf("%s, %T: got %v, want %v", tt.by.name, tt.do, err, tt.want)
		}
		if err != nil && strings.ToLower(err.Error()[:1]) != err.Error()[:1] {
			t.Errorf("%q does not read as part of a sentence", err)
		}
	}
}

// TestWhatIsSoNeedsNoDoing wants no op for what would change nothing.
func TestWhatIsSoNeedsNoDoing(t *testing.T) {
	v := newVillage(t, Open, "host", "mod", "ann")
	host, mod, ann := v.people[0], v.people[1], v.people[2]
	v.must(host, Grant{mod.key.ID(), invite.Moderator})
	v.must(host, Ban{Who: keyOf(t, 5).ID()})
	before := len(host.log.entries)
	for _, c := range []Command{
		Grant{mod.key.ID(), invite.Moderator},
		MoveDown{ann.key.ID()},
		Unban{ann.key.ID()},
		Ban{Who: keyOf(t, 5).ID()},
		SetTitle{"Tree"},
		LowerHand{ann.key.ID()},
	} {
		v.must(host, c)
		if got := len(host.log.entries); got != before {
			t.Errorf("%T made an op", c)
		}
	}
	v.must(host, InviteUp{ann.key.ID()})
	v.must(host, InviteUp{ann.key.ID()})
	v.must(ann, AcceptStage{})
	v.must(ann, AcceptStage{})
	v.must(mod, InviteUp{ann.key.ID()})
	if got := len(host.log.entries); got != before+1 {
		t.Errorf("%d ops, want %d", got, before+1)
	}
	v.wantStage("host", "mod", "ann")
}

func TestAFullLogRefusesItsAuthor(t *testing.T) {
	v := newVillage(t, Open, "host", "mod")
	host, mod := v.people[0], v.people[1]
	v.must(host, Grant{mod.key.ID(), invite.Moderator})
	mod.log.spent[mod.key.ID()] = maxOpsRanked
	if err := v.step(mod, SetTitle{"One too many"}); !errors.Is(err, ErrLogFull) {
		t.Errorf("got %v, want %v", err, ErrLogFull)
	}
	if n := len(mod.log.entries) + len(mod.log.waiting.items); n != 1 {
		t.Errorf("%d ops in the log or waiting, want 1", n)
	}
}

func TestEpochs(t *testing.T) {
	v := newVillage(t, Open, "host", "mod")
	host, mod := v.people[0], v.people[1]
	if n, c := host.Epoch(); n != 0 || c != host.Genesis().Commitment || !host.CommitmentRoom().IsZero() {
		t.Errorf("at first: epoch %d, commitment %x for %v", n, c, host.CommitmentRoom())
	}
	v.must(host, Grant{mod.key.ID(), invite.Moderator})
	begin := func(by *villager, n uint32) {
		o := Op{Room: v.id, Parents: by.log.parents(), Kind: OpEpoch, Epoch: n}
		o.Commitment[0] = byte(n)
		envelope, err := o.sign(by.key)
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range v.people {
			v.hand(p, item(itemOp, envelope))
		}
	}
	for _, tt := range []struct {
		by       *villager
		n, want  uint32
		sentence string
	}{
		{mod, 1, 1, "the first"},
		{mod, 1 << 31, 1, "one that uses the numbers up"},
		{host, 1, 1, "one that was there"},
		{host, 2, 2, "the next"},
	} {
		begin(tt.by, tt.n)
		n, c := host.Epoch()
		if n != tt.want || c[0] != byte(tt.want) || host.CommitmentRoom() != host.ID() || host.View().Epoch != n {
			t.Errorf("%s: epoch %d, commitment %x, want %d", tt.sentence, n, c[:1], tt.want)
		}
	}
	v.agree()
}

func TestALaterKindOfOpIsPassedOn(t *testing.T) {
	v := newVillage(t, Open, "host", "ann")
	host, ann := v.people[0], v.people[1]
	before := describe(ann.View())
	o := Op{Room: v.id, Parents: host.log.parents(), Kind: 99, Subject: ann.key.ID(), Text: "of a later version"}
	envelope, err := o.sign(host.key)
	if err != nil {
		t.Fatal(err)
	}
	v.hand(ann, item(itemOp, envelope))
	if after := describe(ann.View()); after != before {
		t.Errorf("an op of a later kind changed the room to\n%s", after)
	}
	v.sync(ann, host)
	v.must(host, SetTitle{"After it"})
	if got, want := host.log.entries[1].op.Parents, []Hash{host.log.entries[0].op.Hash}; !slices.Equal(got, want) {
		t.Errorf("the next op follows %x, want the later kind's", got)
	}
	if got := fmt.Sprint(OpKind(99), " ", OpClose, " ", OpKind(0)); got != "op 99 close none" {
		t.Errorf("kinds read %q", got)
	}
	v.agree()
}
