package rooms

import (
	"crypto/ed25519"
	"fmt"
	"testing"
	"time"

	"github.com/banyan-rooms/banyan/crypto/identity"
	"github.com/banyan-rooms/banyan/crypto/invite"
)

// says hands somebody a presence that one of us signed, whatever it says.
func (v *village) says(to, by *villager, p Presence) {
	v.t.Helper()
	p.Room = v.id
	envelope, err := p.sign(by.key)
	if err != nil {
		v.t.Fatal(err)
	}
	v.hand(to, item(itemPresence, envelope))
}

// at is the number of a presence that is made some time after the start.
func at(d time.Duration) uint64 { return uint64(start.Add(d).UnixMilli()) }

// apart is a village of a host and one who is not heard.
func apart(t *testing.T) (v *village, host, ann *villager) {
	t.Helper()
	v = newVillage(t, Open, "host", "ann")
	host, ann = v.people[0], v.people[1]
	ann.cut = true
	v.pass(10 * time.Minute)
	if _, here := host.find(ann); here {
		t.Fatal("ann is cut off and seen")
	}
	return v, host, ann
}

func TestTheNewestPresenceCounts(t *testing.T) {
	v, host, ann := apart(t)
	base := at(v.now)
	tests := []struct {
		name string
		seq  uint64
		want string
	}{
		{"the first", base, "the first"},
		{"a newer one", base + 2, "a newer one"},
		{"one that was overtaken", base + 1, "a newer one"},
		{"another of the same number", base + 2, "a newer one"},
		{"the next", base + 3, "the next"},
	}
	for _, tt := range tests {
		v.says(host, ann, Presence{Seq: tt.seq, Name: tt.name})
		if p, _ := host.find(ann); p.Name != tt.want {
			t.Errorf("after %s: shown is %q, want %q", tt.name, p.Name, tt.want)
		}
	}
	v.says(host, ann, Presence{Seq: base + 5, Gone: true, Hand: int64(base)})
	v.says(host, ann, Presence{Seq: base + 4, Name: "late"})
	if _, here := host.find(ann); here || len(host.View().Hands) != 0 {
		t.Error("ann left, and an older presence brought her or her hand back")
	}
	v.says(host, ann, Presence{Seq: base + 6, Name: "back"})
	if _, here := host.find(ann); !here {
		t.Error("ann came back and is not seen")
	}
}

func TestAnOldPresenceBringsNobodyBack(t *testing.T) {
	v, host, ann := apart(t)
	seq := at(v.now)
	for _, step := range []struct {
		after time.Duration
		want  bool
	}{
		{0, true},
		{PresenceTTL + time.Second, false}, // known to be over
		{forgetAfter + time.Second, false}, // forgotten, and by now too old to be new
	} {
		v.pass(step.after)
		v.says(host, ann, Presence{Seq: seq, Name: "ann"})
		if _, here := host.find(ann); here != step.want {
			t.Errorf("%v later: ann is here %v, want %v", step.after, here, step.want)
		}
	}
	late := v.enter("late", keyOf(t, 9), nil)
	v.says(late, ann, Presence{Seq: seq, Name: "ann"})
	if _, here := late.find(ann); here {
		t.Error("somebody new believes an old presence")
	}
}

func TestAWrongClockIsNoCrime(t *testing.T) {
	for _, off := range []time.Duration{-24 * time.Hour, -2 * maxSkew, 2 * maxSkew, 24 * time.Hour} {
		t.Run(off.String(), func(t *testing.T) {
			v, host, ann := apart(t)
			for n, want := range []bool{false, true, true} {
				v.says(host, ann, Presence{Seq: at(v.now + off), Name: "ann"})
				if _, here := host.find(ann); here != want {
					t.Errorf("presence %d: ann is here %v, want %v", n+1, here, want)
				}
				v.pass(presenceRenew)
			}
			v.pass(PresenceTTL)
			if _, here := host.find(ann); here {
				t.Error("ann fell silent and is still seen")
			}
			v.says(host, ann, Presence{Seq: at(v.now + off - time.Second), Name: "ann"})
			if _, here := host.find(ann); here {
				t.Error("after a silence one old presence brought ann back")
			}
		})
	}
}

func TestARestartOvertakesOneself(t *testing.T) {
	for _, off := range []time.Duration{0, -time.Second, -time.Hour} {
		t.Run(off.String(), func(t *testing.T) {
			v := newVillage(t, Open, "host", "ann")
			host, ann := v.people[0], v.people[1]
			v.pass(time.Minute)
			r, err := New(Config{Key: ann.key, Genesis: v.genesis, Start: start.Add(off), Name: "ann again"})
			if err != nil {
				t.Fatal(err)
			}
			again := &villager{Room: r, key: ann.key, name: "ann again"}
			v.people[1] = again
			v.step(again, nil)
			v.sync(host, again) // which tells what ann said last
			v.pass(presenceRenew)
			if p, _ := host.find(again); p.Name != "ann again" {
				t.Errorf("the host sees %q, want the ann who started later", p.Name)
			}
		})
	}
}

func TestACrowdIsBounded(t *testing.T) {
	v := newVillage(t, Open, "host", "ann")
	host, ann := v.people[0], v.people[1]
	crowd := func(id identity.ID) {
		host.people[id] = &person{Presence: Presence{Author: id}, raw: host.people[ann.key.ID()].raw, expires: never}
	}
	for n := range maxPeople {
		crowd(identity.ID{9, byte(n), byte(n >> 8)})
	}
	late := v.enter("late", keyOf(t, 9), nil)
	if _, here := host.find(late); here || len(host.people) != maxPeople+2 {
		t.Errorf("%d people are remembered, want no more than %d", len(host.people), maxPeople+2)
	}
	oldest, newer := identity.ID{9}, identity.ID{9, 1}
	host.people[oldest].Gone, host.people[oldest].expires = true, v.now+time.Minute
	host.people[newer].Gone, host.people[newer].expires = true, v.now+2*time.Minute
	v.now += presenceRenew
	v.step(late, nil)
	if _, here := host.find(late); !here || host.people[oldest] != nil || host.people[newer] == nil {
		t.Error("somebody new did not take the place of whoever was gone first")
	}
	crowd(identity.ID{8})
	host.people[newer].Gone = false
	delete(host.people, ann.key.ID())
	v.must(host, Grant{ann.key.ID(), invite.Moderator})
	v.now += presenceRenew
	v.step(ann, nil)
	if _, here := host.find(ann); !here {
		t.Error("a moderator found no place among the crowd")
	}
}

func TestTheRoomAsksToBeWoken(t *testing.T) {
	v := newVillage(t, Open, "host", "ann")
	host, ann := v.people[0], v.people[1]
	due := func(want time.Duration) {
		t.Helper()
		if got, ok := host.Deadline(); !ok || got != want {
			t.Errorf("deadline %v, %v; want %v", got, ok, want)
		}
	}
	fresh, err := New(Config{Key: keyOf(t, 7), Genesis: v.genesis, Start: start})
	if err != nil {
		t.Fatal(err)
	}
	if got, ok := fresh.Deadline(); !ok || got != 0 {
		t.Errorf("a new room wants to be woken at %v, %v; want at once", got, ok)
	}
	due(presenceRenew)
	ann.cut = true
	v.pass(presenceRenew)
	due(2 * presenceRenew)
	v.must(host, Leave{})
	due(PresenceTTL) // ann's
	v.pass(presenceRenew * 2)
	due(PresenceTTL + forgetAfter)
	v.pass(forgetAfter)
	if got, ok := host.Deadline(); ok {
		t.Errorf("nothing is left to wait for; deadline %v", got)
	}
	if _, here := host.find(ann); here {
		t.Error("ann is still seen")
	}
}

func TestEffectsAreNotRepeated(t *testing.T) {
	v := newVillage(t, Open, "host", "ann")
	host, ann := v.people[0], v.people[1]
	effects := func(now time.Duration, ev Event) (got string) {
		host.Step(now, ev)
		host.Drain(func(e Effect) { got += fmt.Sprintf("%T ", e) })
		return got
	}
	envelope, err := ann.own.sign(ann.key)
	if err != nil {
		t.Fatal(err)
	}
	renewed := ann.own
	renewed.Seq++
	renewal, err := renewed.sign(ann.key)
	if err != nil {
		t.Fatal(err)
	}
	got := func(kind byte, envelope []byte) Event {
		i, err := Check(v.id, item(kind, envelope))
		if err != nil {
			t.Fatal(err)
		}
		return Received{i}
	}
	title, err := Op{Room: v.id, Parents: []Hash{Hash(v.id)}, Kind: OpTitle, Text: "x"}.sign(host.key)
	if err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		name string
		at   time.Duration
		ev   Event
		want string
	}{
		{"nothing", time.Second, nil, ""},
		{"a presence that is known", time.Second, got(itemPresence, envelope), ""},
		{"a renewal", time.Second, got(itemPresence, renewal), ""},
		{"one's own presence", time.Second, Received{Item{Presence: &host.own, raw: []byte{2}}}, ""},
		{"no item", time.Second, Received{}, ""},
		{"an op from somewhere else", time.Second, Received{Item{Op: &Op{Room: identity.RoomID{1}, Author: host.key.ID(), Kind: OpClose}, raw: []byte{1}}}, ""},
		{"an op", time.Second, got(itemOp, title), "rooms.Store rooms.Changed "},
		{"an op that is known", time.Second, got(itemOp, title), ""},
		{"the title that it has", time.Second, SetTitle{"x"}, ""},
		{"another title", time.Second, SetTitle{"y"}, "rooms.Store rooms.Broadcast rooms.Changed "},
		{"the name that one has", time.Second, SetName{"host"}, ""},
		{"another name", time.Second, SetName{"Host"}, "rooms.Broadcast rooms.Changed "},
		{"a microphone that is open", time.Second, SetMuted{}, ""},
		{"a hand that is down", time.Second, LowerHand{}, ""},
		{"a refusal", time.Second, AcceptStage{}, "rooms.Refused "},
		{"renewal", 12 * time.Second, nil, "rooms.Broadcast "},
		{"silence", 40 * time.Second, nil, "rooms.Changed rooms.Broadcast "},
	}
	for _, tt := range tests {
		if got := effects(tt.at, tt.ev); got != tt.want {
			t.Errorf("%s: got %q, want %q", tt.name, got, tt.want)
		}
	}
}

func TestARoomNeedsAKeyAndAClock(t *testing.T) {
	v := newVillage(t, Open, "host")
	good := Config{Key: keyOf(t, 3), Genesis: v.genesis, Start: start, Name: "Ann"}
	for name, spoil := range map[string]func(*Config){
		"no key":                func(c *Config) { c.Key = identity.Key{} },
		"no clock":              func(c *Config) { c.Start = time.Time{} },
		"a name in two lines":   func(c *Config) { c.Name = "a\nb" },
		"a genesis that is cut": func(c *Config) { c.Genesis = c.Genesis[:len(c.Genesis)-ed25519.SignatureSize] },
	} {
		c := good
		spoil(&c)
		if r, err := New(c); err == nil || r != nil {
			t.Errorf("%s: entered", name)
		}
	}
	if _, err := New(good); err != nil {
		t.Error(err)
	}
}
