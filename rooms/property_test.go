package rooms

import (
	"reflect"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/banyan-rooms/banyan/crypto/identity"
	"github.com/banyan-rooms/banyan/crypto/invite"
)

// TestSplitsHealToOneRoom lets people act in a room that splits and heals at random,
// and wants all of them to see the same in the end, in whatever order they sync.
func TestSplitsHealToOneRoom(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		v := newVillage(rt, Open, "host", "mod", "ann", "bob")
		v.must(v.people[0], Grant{v.people[1].key.ID(), invite.Moderator})
		for range rapid.IntRange(1, 25).Draw(rt, "acts") {
			p := rapid.SampledFrom(v.people).Draw(rt, "who")
			p.cut = rapid.Bool().Draw(rt, "cut")
			v.now++
			_ = v.step(p, someCommand(rt, v)) // refusals are part of life
		}
		heal(rt, v)
		v.agree()
	})
}

func someCommand(rt *rapid.T, v *village) Command {
	whom := func() identity.ID { return rapid.SampledFrom(v.people).Draw(rt, "whom").key.ID() }
	switch rapid.IntRange(0, 18).Draw(rt, "command") {
	case 0:
		return InviteUp{whom()}
	case 1:
		return MoveDown{whom()}
	case 2:
		return Grant{whom(), invite.Moderator}
	case 3:
		return AcceptStage{}
	case 4:
		return Ban{Who: whom()}
	case 5:
		return Unban{whom()}
	case 6:
		return SetTitle{rapid.SampledFrom([]string{"a", "b", "c"}).Draw(rt, "title")}
	case 7:
		return RaiseHand{}
	case 8:
		return SetMuted{rapid.Bool().Draw(rt, "muted")}
	case 9:
		return DeclineStage{}
	case 10:
		return MoveDown{}
	case 11:
		return LowerHand{}
	case 12:
		return MuteOther{whom(), rapid.Bool().Draw(rt, "locked")}
	case 13:
		return UnmuteOther{whom()}
	case 14:
		return Set{rapid.SampledFrom([]Setting{StageLocked, HandsOff}).Draw(rt, "what"), rapid.Bool().Draw(rt, "on")}
	case 15:
		return HandOver{whom()}
	case 16:
		return NameSuccessor{whom()}
	case 17:
		return TakeOver{}
	default:
		return LowerHand{whom()}
	}
}

// heal lets everyone sync with everyone, in a random order, until nothing is new.
func heal(rt *rapid.T, v *village) {
	for _, p := range v.people {
		p.cut = true // only sync speaks
	}
	for range 2 {
		for _, from := range rapid.Permutation(v.people).Draw(rt, "from") {
			for _, to := range rapid.Permutation(v.people).Draw(rt, "to") {
				if from != to {
					v.sync(from, to)
				}
			}
		}
	}
	for _, p := range v.people {
		p.cut = false
	}
	v.pass(presenceRenew * 2)
}

// TestOrderOfDeliveryDoesNotMatter gives what one person knows to somebody new, in
// random orders and partly twice, and wants the same view.
func TestOrderOfDeliveryDoesNotMatter(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		v := newVillage(rt, Open, "host", "mod", "ann", "bob")
		v.must(v.people[0], Grant{v.people[1].key.ID(), invite.Moderator})
		for range rapid.IntRange(1, 15).Draw(rt, "acts") {
			p := rapid.SampledFrom(v.people).Draw(rt, "who")
			p.cut = rapid.Bool().Draw(rt, "cut")
			v.now++
			_ = v.step(p, someCommand(rt, v))
		}
		heal(rt, v)
		knows := v.people[0]
		items := knows.Sync(nil)
		ops := len(knows.log.entries)
		fresh, err := New(Config{Key: keyOf(rt, 9), Genesis: v.genesis, Start: start, Name: "fresh"})
		if err != nil {
			rt.Fatal(err)
		}
		give := func(items [][]byte) {
			for _, raw := range rapid.Permutation(items).Draw(rt, "order") {
				i, err := Check(v.id, raw)
				if err != nil {
					rt.Fatal(err)
				}
				for range rapid.IntRange(1, 2).Draw(rt, "times") {
					fresh.Step(v.now, Received{i})
				}
			}
		}
		give(items[:ops])
		give(items[ops:]) // who is here is judged by the log as it is
		want, got := knows.View(), fresh.View()
		got.People = slices.DeleteFunc(got.People, func(p Person) bool { return p.Name == "fresh" })
		want.Self, want.Left, want.Banned = got.Self, got.Left, got.Banned
		if !reflect.DeepEqual(got, want) || !slices.Equal(fresh.Speakers(), knows.Speakers()) {
			rt.Errorf("somebody new sees\n%+v\nwant\n%+v", got, want)
		}
	})
}
