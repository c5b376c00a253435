package rooms

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/cockroachdb/datadriven"

	"github.com/banyan-rooms/banyan/crypto/identity"
	"github.com/banyan-rooms/banyan/crypto/invite"
)

// TestTranscripts plays the conversations of testdata: a command, four dashes, and
// all that happened. Read a change of them as a change of what people live through;
// -rewrite takes it over.
func TestTranscripts(t *testing.T) {
	datadriven.Walk(t, "testdata/transcripts", func(t *testing.T, path string) {
		t.Helper()
		p := player{t: t}
		datadriven.RunTest(t, path, func(_ *testing.T, d *datadriven.TestData) string {
			words := []string{d.Cmd}
			for _, a := range d.CmdArgs {
				words = append(words, a.String())
			}
			return p.play(words)
		})
	})
}

// player is a village that does what a transcript says.
type player struct {
	*village
	t *testing.T
}

// play carries out one command and returns what happened.
func (p *player) play(words []string) string {
	var out strings.Builder
	if words[0] == "room" {
		kind := map[string]Kind{"open": Open, "invite": InviteOnly}[words[1]]
		p.village = newVillage(p.t, kind, words[2:]...)
		return p.see(p.people[0])
	}
	p.heard = func(who *villager, effects []string) {
		fmt.Fprintf(&out, "%-5s %s\n", who.name, strings.Join(effects, "; "))
	}
	switch words[0] {
	case "wait":
		d, err := time.ParseDuration(words[1])
		if err != nil {
			p.t.Fatal(err)
		}
		p.pass(d)
	case "enter":
		key := keyOf(p.t, byte(len(p.people)+1))
		if n := p.index(words[1]); n >= 0 { // who was here before and comes back
			key = p.people[n].key
			p.people = slices.Delete(p.people, n, n+1)
		}
		p.enter(words[1], key, nil)
	case "device": // another one of the same person
		p.enter(words[1], p.named(words[2]).key, nil)
	case "cut":
		p.named(words[1]).cut = true
	case "join":
		who := p.named(words[1])
		who.cut = false
		for _, other := range p.people {
			if other != who && !other.cut {
				p.sync(who, other)
				p.sync(other, who)
			}
		}
	case "see":
		return p.see(p.named(words[1]))
	default:
		_ = p.step(p.named(words[0]), p.command(words[1:])) // a refusal is written down
		p.now += time.Second
	}
	return out.String()
}

// command reads a command of a person.
func (p *player) command(words []string) Command {
	var who identity.ID
	if i := p.index(words[len(words)-1]); i >= 0 {
		who = p.people[i].key.ID()
	}
	rest := strings.Join(words[1:], " ")
	commands := map[string]Command{
		"raise-hand": RaiseHand{}, "lower-hand": LowerHand{who}, "invite-up": InviteUp{who}, "accept": AcceptStage{},
		"decline": DeclineStage{}, "mute": SetMuted{true}, "unmute": SetMuted{false}, "move-down": MoveDown{who},
		"make-moderator": Grant{who, invite.Moderator}, "ban": Ban{Who: who}, "unban": Unban{who}, "title": SetTitle{rest},
		"name": SetName{rest}, "leave": Leave{}, "close": Close{}, "silence": MuteOther{who, false},
		"lock-mic": MuteOther{who, true}, "hear": UnmuteOther{who}, "lock-stage": Set{StageLocked, true},
		"unlock-stage": Set{StageLocked, false}, "hands-off": Set{HandsOff, true}, "hands-on": Set{HandsOff, false},
		"hand-over": HandOver{who}, "name-successor": NameSuccessor{who}, "name-nobody": NameSuccessor{}, "take-over": TakeOver{},
	}
	c := commands[words[0]]
	if c == nil {
		p.t.Fatalf("unknown command %q", words[0])
	}
	return c
}

func (p *player) index(name string) int {
	return slices.IndexFunc(p.people, func(v *villager) bool { return v.name == name })
}

func (p *player) named(name string) *villager {
	i := p.index(name)
	if i < 0 {
		p.t.Fatalf("nobody is called %q", name)
	}
	return p.people[i]
}

// see writes down what somebody sees.
func (p *player) see(who *villager) string {
	v := who.View()
	out := fmt.Sprintf("%q%s\n", v.Title, said(
		v.Closed, " closed", v.Locked, " locked", v.NoHand, " no hands", v.Left, " left", v.Banned, " banned"))
	for _, other := range p.people {
		if v.Owner != v.Host && other.key.ID() == v.Owner {
			out += fmt.Sprintf("  hosted for %s\n", other.name)
		}
		if other.key.ID() == v.Heir {
			out += fmt.Sprintf("  %s may take over\n", other.name)
		}
	}
	for _, seen := range v.People {
		hand := slices.Index(v.Hands, seen.ID) + 1
		out += fmt.Sprintf("  %s, %v%s\n", seen.Name, seen.Role, said(
			seen.OnStage, ", on stage", seen.Invited, ", invited up", seen.Muted, ", muted", seen.Mute != NotMuted, " by a moderator",
			seen.Mute == MicLocked, ", locked", hand > 0, fmt.Sprintf(", hand %d", hand)))
	}
	return out
}

// said is the words that follow a true.
func said(pairs ...any) (words string) {
	for n := 0; n < len(pairs); n += 2 {
		if pairs[n].(bool) {
			words += pairs[n+1].(string)
		}
	}
	return words
}
