package rooms

import (
	"bytes"
	"fmt"
	"time"

	"github.com/banyan-rooms/banyan/crypto/identity"
	"github.com/banyan-rooms/banyan/crypto/invite"
)

var start = time.Unix(1_800_000_000, 0)

// teller is what a test, a fuzz target and a property have in common.
type teller interface {
	Helper()
	Errorf(format string, args ...any)
	Fatal(args ...any)
	Fatalf(format string, args ...any)
}

func keyOf(t teller, n byte) identity.Key {
	t.Helper()
	k, err := identity.Generate(bytes.NewReader(bytes.Repeat([]byte{n}, 64)))
	if err != nil {
		t.Fatal(err)
	}
	return k
}

// village is a few people in one room who hear each other's broadcasts at once.
type village struct {
	t       teller
	genesis []byte
	id      identity.RoomID
	now     time.Duration
	people  []*villager
	heard   func(*villager, []string) // is told the effects of each step, if it is set
}

type villager struct {
	*Room
	key     identity.Key
	name    string
	cut     bool // neither hears nor is heard
	stored  int
	refused error
}

// newVillage makes a room of a kind; the first of names is its host.
func newVillage(t teller, kind Kind, names ...string) *village {
	t.Helper()
	host := keyOf(t, 1)
	genesis, id, err := NewGenesis(host, Genesis{Created: start.Unix(), Policy: Policy{Kind: kind, Title: "Tree", Stage: 3}})
	if err != nil {
		t.Fatal(err)
	}
	v := &village{t: t, genesis: genesis, id: id}
	for i, name := range names {
		v.enter(name, keyOf(t, byte(i+1)), nil)
	}
	return v
}

// enter brings somebody in, who first syncs with everyone.
func (v *village) enter(name string, key identity.Key, ticket invite.Chain) *villager {
	v.t.Helper()
	r, err := New(Config{Key: key, Genesis: v.genesis, Start: start, Name: name, Ticket: ticket})
	if err != nil {
		v.t.Fatal(err)
	}
	p := &villager{Room: r, key: key, name: name}
	for _, other := range v.people {
		if !other.cut {
			v.sync(other, p)
		}
	}
	v.people = append(v.people, p)
	v.step(p, nil)
	return p
}

// sync brings to what from has and it lacks.
func (v *village) sync(from, to *villager) {
	for _, raw := range from.Sync(to.Heads()) {
		v.hand(to, raw)
	}
}

func (v *village) hand(to *villager, raw []byte) {
	i, err := Check(v.id, raw)
	if err != nil {
		v.t.Fatalf("an item of our own does not check: %v", err)
	}
	v.step(to, Received{i})
}

// step lets one person do something, and everyone hear of it.
func (v *village) step(p *villager, ev Event) error {
	p.Step(v.now, ev)
	p.refused = nil
	var said [][]byte
	var effects []string
	p.Drain(func(e Effect) {
		switch e := e.(type) {
		case Broadcast:
			said = append(said, e.Data)
			effects = append(effects, "broadcast "+v.words(e.Data))
		case Refused:
			p.refused = e.Err
			effects = append(effects, "refused: "+e.Err.Error())
		case Store:
			p.stored++
			effects = append(effects, "store "+v.words(e.Data))
		case Changed:
			effects = append(effects, "changed")
		}
	})
	if v.heard != nil && len(effects) > 0 {
		v.heard(p, effects)
	}
	for _, other := range v.people {
		if other != p && !p.cut && !other.cut {
			for _, raw := range said {
				v.hand(other, raw)
			}
		}
	}
	return p.refused
}

// words describes an item.
func (v *village) words(raw []byte) string {
	i, err := Check(v.id, raw)
	if err != nil {
		v.t.Fatal(err)
	}
	if p := i.Presence; p != nil {
		return "presence" + said(p.Hand != 0, " hand", p.Accepted != Hash{}, " accepted", p.Muted, " muted", p.Lifted != Hash{}, " lifted", p.Gone, " gone")
	}
	if i.Fraud != nil {
		return "fraud"
	}
	words := i.Op.Kind.String()
	for _, p := range v.people {
		if p.key.ID() == i.Op.Subject {
			words += " " + p.name
		}
	}
	if i.Op.Role != 0 {
		words += " " + i.Op.Role.String()
	}
	if i.Op.Setting != 0 {
		words += fmt.Sprintf(" %d", i.Op.Setting)
	}
	words += said(i.Op.On, " on")
	if i.Op.Text != "" {
		words += fmt.Sprintf(" %q", i.Op.Text)
	}
	return words
}

// pass lets time go by, a second at a time.
func (v *village) pass(d time.Duration) {
	for end := v.now + d; v.now < end; {
		v.now += time.Second
		for _, p := range v.people {
			v.step(p, nil)
		}
	}
}

// must is step for what has to be allowed.
func (v *village) must(p *villager, ev Event) {
	v.t.Helper()
	if err := v.step(p, ev); err != nil {
		v.t.Fatalf("%s, %T: %v", p.name, ev, err)
	}
}

// find is how one person sees another.
func (p *villager) find(who *villager) (Person, bool) {
	for _, seen := range p.View().People {
		if seen.ID == who.key.ID() {
			return seen, true
		}
	}
	return Person{}, false
}

// agree checks that all who are connected see the same room.
func (v *village) agree() {
	v.t.Helper()
	var first *villager
	for _, p := range v.people {
		if p.cut || p.left {
			continue
		}
		if first == nil {
			first = p
			continue
		}
		if want, got := describe(first.View()), describe(p.View()); got != want {
			v.t.Errorf("%s sees\n%s\n%s sees\n%s", first.name, want, p.name, got)
		}
	}
}
