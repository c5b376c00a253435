package rooms

import (
	"testing"

	"pgregory.net/rapid"

	"github.com/banyan-rooms/banyan/crypto/identity"
	"github.com/banyan-rooms/banyan/crypto/invite"
)

// TestSplitsHealToOneRoom lets people act in a room that splits and heals at random,
// and wants all of them to see the same in the end, in whatever order they sync.
func TestSplitsHealToOneRoom(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		v := newVillage(t, Open, "host", "mod", "ann", "bob")
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
	switch rapid.IntRange(0, 8).Draw(rt, "command") {
	case 0:
		return InviteUp{whom()}
	case 1:
		return MoveDown{whom()}
	case 2:
		return Grant{whom(), invite.Moderator}
	case 3:
		return AcceptStage{}
	case 4:
		return Ban{whom()}
	case 5:
		return Unban{whom()}
	case 6:
		return SetTitle{rapid.SampledFrom([]string{"a", "b", "c"}).Draw(rt, "title")}
	case 7:
		return RaiseHand{}
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

// TestOrderOfDeliveryDoesNotMatter gives one set of ops in random orders to fresh logs.
func TestOrderOfDeliveryDoesNotMatter(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		v := newVillage(t, Open, "host", "mod", "ann")
		v.must(v.people[0], Grant{v.people[1].key.ID(), invite.Moderator})
		for range rapid.IntRange(1, 12).Draw(rt, "acts") {
			p := rapid.SampledFrom(v.people).Draw(rt, "who")
			p.cut = rapid.Bool().Draw(rt, "cut")
			_ = v.step(p, someCommand(rt, v))
		}
		heal(rt, v)
		items := v.people[0].log.since(nil)
		shuffled := rapid.Permutation(items).Draw(rt, "order")
		fresh, err := New(Config{Key: keyOf(t, 9), Genesis: v.genesis, Start: start})
		if err != nil {
			rt.Fatal(err)
		}
		for _, raw := range shuffled {
			i, err := Check(v.id, raw)
			if err != nil {
				rt.Fatal(err)
			}
			fresh.Step(v.now, Received{i})
			fresh.Step(v.now, Received{i}) // a second copy changes nothing
		}
		if got, want := len(fresh.log.entries), len(items); got != want {
			rt.Fatalf("%d ops in the log, want %d", got, want)
		}
		for _, p := range v.people {
			if got, want := fresh.role(p.key.ID()), v.people[0].role(p.key.ID()); got != want {
				rt.Errorf("%s is %v, want %v", p.name, got, want)
			}
		}
	})
}
