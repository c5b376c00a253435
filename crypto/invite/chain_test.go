package invite

import (
	"bytes"
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/banyan-rooms/banyan/crypto/canon"
	"github.com/banyan-rooms/banyan/crypto/identity"
)

var (
	room  = identity.RoomID{7}
	now   = time.Unix(1_800_000_000, 0)
	host  = keyOf(1)
	ann   = keyOf(2)
	bob   = keyOf(3)
	carla = keyOf(4)
)

func keyOf(n byte) identity.Key {
	k, err := identity.Generate(bytes.NewReader(bytes.Repeat([]byte{n}, 64)))
	if err != nil {
		panic(err)
	}
	return k
}

// signed is one invite of a chain and who signs it.
type signed struct {
	by identity.Key
	i  Invite
}

// forge makes a chain as its signers wish, whether they may or not. Each invite
// names the one before as its parent, and the room unless it names another.
func forge(tb testing.TB, steps ...signed) Chain {
	tb.Helper()
	var c Chain
	for _, s := range steps {
		if s.i.Room.IsZero() {
			s.i.Room = room
		}
		s.i.Version, s.i.Parent = Version, c.ID()
		var err error
		if c, err = sign(s.by, c, s.i); err != nil {
			tb.Fatal(err)
		}
	}
	return c
}

// named and bearer are the two kinds of invite at their plainest.
func named(r Role, who identity.Key) Invite { return Invite{Role: r, Invitee: who.ID()} }

func bearer(r Role) Invite { return Invite{Role: r, BearerHash: Bearer{9}.Hash()} }

// with returns i changed.
func (i Invite) with(change func(*Invite)) Invite {
	change(&i)
	return i
}

func quota(n uint32) func(*Invite)  { return func(i *Invite) { i.Quota = n } }
func serial(n uint32) func(*Invite) { return func(i *Invite) { i.Serial = n } }
func until(at time.Time) func(*Invite) {
	return func(i *Invite) { i.NotAfter = at.Unix() }
}

func redeemers(keys ...identity.Key) func(*Invite) {
	return func(i *Invite) {
		for _, k := range keys {
			i.Redeemers = append(i.Redeemers, k.ID())
		}
	}
}

func uses(n uint32) func(*Invite) { return func(i *Invite) { i.Uses = n } }

func TestVerify(t *testing.T) {
	toAnn := signed{host, named(Speaker, ann).with(quota(2))}
	tests := []struct {
		name  string
		steps []signed
		want  error
	}{
		{"the host names ann", []signed{{host, named(Listener, ann)}}, nil},
		{"someone who is not the host names ann", []signed{{bob, named(Listener, ann)}}, ErrChain},
		{"another room", []signed{{host, named(Listener, ann).with(func(i *Invite) { i.Room[0]++ })}}, ErrRoom},
		{"another room in the second step", []signed{toAnn, {ann, named(Listener, bob).with(func(i *Invite) { i.Room[0] = 8 })}}, ErrRoom},
		{"nothing", nil, ErrMalformed},

		{"the last second", []signed{{host, named(Listener, ann).with(until(now))}}, nil},
		{"expired", []signed{{host, named(Listener, ann).with(until(now.Add(-time.Second)))}}, ErrExpired},
		{"the first second", []signed{{host, named(Listener, ann).with(func(i *Invite) { i.NotBefore = now.Unix() })}}, nil},
		{"too early", []signed{{host, named(Listener, ann).with(func(i *Invite) { i.NotBefore = now.Unix() + 1 })}}, ErrNotYet},
		{"an expired step in the middle", []signed{
			{host, named(Speaker, ann).with(quota(2)).with(until(now.Add(-time.Second)))},
			{ann, named(Listener, bob)},
		}, ErrExpired},

		{"ann passes on the last of her quota", []signed{toAnn, {ann, named(Listener, bob).with(serial(1)).with(quota(1))}}, nil},
		{"ann passes on what she never had", []signed{{host, named(Speaker, ann)}, {ann, named(Listener, bob)}}, ErrQuota},
		{"ann's third of two", []signed{toAnn, {ann, named(Listener, bob).with(serial(2))}}, ErrQuota},
		{"ann's number at the end of the range", []signed{toAnn, {ann, named(Listener, bob).with(serial(1<<32 - 1))}}, ErrQuota},
		{"ann hands on all that she has", []signed{toAnn, {ann, named(Listener, bob).with(quota(2))}}, ErrQuota},
		{"ann passes her own role on", []signed{toAnn, {ann, named(Speaker, bob)}}, nil},
		{"ann raises a role", []signed{toAnn, {ann, named(Moderator, bob)}}, ErrQuota},
		{"bob passes on ann's invite", []signed{toAnn, {bob, named(Listener, carla)}}, ErrChain},
		{"the host passes on ann's invite", []signed{toAnn, {host, named(Listener, carla)}}, ErrChain},

		{"a bearer invite of the host has no limit", []signed{{host, bearer(Listener).with(quota(MaxQuota))}}, nil},
		{"a bearer invite of ann has one", []signed{toAnn, {ann, bearer(Listener)}}, ErrQuota},
		{"ann's bearer invite takes a number for each use", []signed{toAnn, {ann, bearer(Listener).with(uses(2))}}, nil},
		{"one use too many", []signed{toAnn, {ann, bearer(Listener).with(uses(2)).with(serial(1))}}, ErrQuota},
		{"and for each redeemer", []signed{toAnn, {ann, bearer(Listener).with(uses(2)).with(redeemers(bob))}}, ErrQuota},
		{"one use at each of two", []signed{toAnn, {ann, bearer(Listener).with(uses(1)).with(redeemers(bob))}}, nil},

		{"a ticket by the issuer of a bearer invite", []signed{{host, bearer(Listener)}, {host, named(Listener, bob)}}, nil},
		{"a ticket by a named redeemer", []signed{{host, bearer(Listener).with(redeemers(ann))}, {ann, named(Listener, bob)}}, nil},
		{"a ticket by nobody in particular", []signed{{host, bearer(Listener)}, {ann, named(Listener, bob)}}, ErrChain},
		{"a ticket for whoever comes", []signed{{host, bearer(Listener)}, {host, bearer(Listener)}}, ErrChain},
		{"a ticket with a higher role", []signed{{host, bearer(Listener)}, {host, named(Speaker, bob)}}, ErrQuota},
		{"a ticket with all the quota", []signed{{host, bearer(Listener).with(quota(3))}, {host, named(Listener, bob).with(quota(3))}}, nil},
		{"a ticket with a higher quota", []signed{{host, bearer(Listener).with(quota(3))}, {host, named(Listener, bob).with(quota(4))}}, ErrQuota},
		{"the last ticket of two", []signed{{host, bearer(Listener).with(uses(2))}, {host, named(Listener, bob).with(serial(1))}}, nil},
		{"the third ticket of two", []signed{{host, bearer(Listener).with(uses(2))}, {host, named(Listener, bob).with(serial(2))}}, ErrQuota},
		{"a ticket without end for an expired bearer invite", []signed{
			{host, bearer(Listener).with(until(now.Add(-time.Second)))}, {host, named(Listener, bob)},
		}, ErrExpired},
		{"the holder of a ticket passes on", []signed{
			{host, bearer(Listener).with(quota(1))},
			{host, named(Listener, bob).with(quota(1))},
			{bob, named(Listener, carla)},
		}, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if _, err := forge(t, tt.steps...).Verify(room, host.ID(), now); !errors.Is(err, tt.want) {
				t.Errorf("got %v, want %v", err, tt.want)
			}
		})
	}
}

// passed returns a chain of n named invites, from the host to keyOf(n+1).
func passed(tb testing.TB, n int) Chain {
	tb.Helper()
	steps := make([]signed, n)
	for i := range steps {
		steps[i] = signed{keyOf(byte(i + 1)), named(Listener, keyOf(byte(i+2))).with(quota(uint32(100 - i)))}
	}
	return forge(tb, steps...)
}

func TestDepth(t *testing.T) {
	full := passed(t, MaxDepth)
	g, err := full.Verify(room, host.ID(), now)
	if err != nil || g.Depth != MaxDepth || g.Holder != keyOf(MaxDepth+1).ID() || g.Issuer != keyOf(MaxDepth).ID() {
		t.Errorf("%d steps: got %+v, %v", MaxDepth, g, err)
	}
	if len(g.Path) != MaxDepth || g.Path[0] != host.ID() || g.Path[MaxDepth-1] != g.Issuer {
		t.Errorf("%d steps: signed by %v", MaxDepth, g.Path)
	}
	if _, err := passed(t, MaxDepth+1).Verify(room, host.ID(), now); !errors.Is(err, ErrChain) {
		t.Errorf("%d steps: got %v, want %v", MaxDepth+1, err, ErrChain)
	}
	if _, err := Issue(keyOf(MaxDepth+1), full, Invite{Room: room, Role: Listener, Invitee: ann.ID()}); !errors.Is(err, ErrChain) {
		t.Errorf("step %d issued: got %v, want %v", MaxDepth+1, err, ErrChain)
	}
	last := bearer(Listener).with(uses(1))
	last.Room = room
	if _, err := Issue(keyOf(MaxDepth), full[:MaxDepth-1], last); !errors.Is(err, ErrChain) {
		t.Errorf("a bearer invite that leaves no place for tickets: got %v, want %v", err, ErrChain)
	}
	if _, err := Issue(keyOf(MaxDepth-1), full[:MaxDepth-2], last); err != nil {
		t.Errorf("a bearer invite that leaves one: %v", err)
	}
}

func TestStepsBelongToTheirChain(t *testing.T) {
	poor := forge(t, signed{host, named(Listener, ann).with(quota(1)).with(until(now))})
	rich := forge(t, signed{host, named(Moderator, ann).with(quota(9))})
	c, err := Issue(ann, poor, Invite{Room: room, Role: Listener, Invitee: bob.ID()})
	if err != nil {
		t.Fatal(err)
	}
	for name, moved := range map[string]Chain{
		"onto another invite of the same person": {rich[0], c[1]},
		"to the beginning":                       {c[1]},
		"twice":                                  {c[0], c[1], c[1]},
		"the wrong way round":                    {c[1], c[0]},
	} {
		for _, first := range []identity.Key{host, ann} {
			if _, err := moved.Verify(room, first.ID(), now); !errors.Is(err, ErrChain) {
				t.Errorf("%s: got %v, want %v", name, err, ErrChain)
			}
		}
	}
}

func TestTicketIsForItsHolder(t *testing.T) {
	c := forge(t,
		signed{host, named(Moderator, ann).with(quota(3)).with(until(now.Add(time.Minute)))},
		signed{ann, named(Speaker, bob).with(quota(2)).with(until(now.Add(time.Hour)))},
	)
	g, err := c.VerifyTicket(room, host.ID(), bob.ID(), now)
	if err != nil {
		t.Fatal(err)
	}
	if g.Room != room || g.Role != Speaker || g.Holder != bob.ID() || g.Issuer != ann.ID() || g.Quota != 2 || g.Depth != 2 {
		t.Errorf("got %+v, want bob as speaker by ann", g)
	}
	if want := []identity.ID{host.ID(), ann.ID()}; !slices.Equal(g.Path, want) {
		t.Errorf("signed by %v, want %v", g.Path, want)
	}
	if !g.NotAfter.Equal(now.Add(time.Minute)) {
		t.Errorf("ends %v, want with ann's own invite at %v", g.NotAfter, now.Add(time.Minute))
	}
	for name, who := range map[string]identity.ID{"ann": ann.ID(), "carla": carla.ID(), "nobody": {}} {
		if _, err := c.VerifyTicket(room, host.ID(), who, now); !errors.Is(err, ErrHolder) {
			t.Errorf("%s holds bob's ticket: got %v, want %v", name, err, ErrHolder)
		}
	}
	if _, err := c.VerifyTicket(room, bob.ID(), bob.ID(), now); !errors.Is(err, ErrChain) {
		t.Errorf("bob calls himself host: got %v, want %v", err, ErrChain)
	}
	unredeemed := forge(t, signed{host, bearer(Listener).with(uses(5))})
	if _, err := unredeemed.VerifyTicket(room, host.ID(), identity.ID{}, now); !errors.Is(err, ErrHolder) {
		t.Errorf("nobody holds a bearer invite: got %v, want %v", err, ErrHolder)
	}
	if g, err := unredeemed.Verify(room, host.ID(), now); err != nil || g.Uses != 5 || !g.Holder.IsZero() || !g.NotAfter.IsZero() {
		t.Errorf("a bearer invite: got %+v, %v; want five uses without end for no one yet", g, err)
	}
}

func TestEveryChangedByteIsRefused(t *testing.T) {
	c := passed(t, 3)
	if _, err := c.Verify(room, host.ID(), now); err != nil {
		t.Fatal(err)
	}
	for n := range c {
		for i := range c[n] {
			for bit := range 8 {
				changed := slices.Clone(c)
				changed[n] = bytes.Clone(c[n])
				changed[n][i] ^= 1 << bit
				if _, err := changed.Verify(room, host.ID(), now); err == nil {
					t.Errorf("step %d, byte %d, bit %d changed: still valid", n, i, bit)
				}
			}
		}
	}
}

func TestStrangersBytes(t *testing.T) {
	seal := func(v any) Chain {
		payload, err := canon.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		envelope, err := host.Seal(Purpose, payload)
		if err != nil {
			t.Fatal(err)
		}
		return Chain{envelope}
	}
	other, err := host.Seal("banyan/op/1", nil)
	if err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		name string
		c    Chain
		want error
	}{
		{"no envelope", Chain{{1, 2, 3}}, identity.ErrPurpose},
		{"another kind of envelope", Chain{other}, identity.ErrPurpose},
		{"an envelope too long", Chain{make([]byte, maxEnvelope+1)}, ErrMalformed},
		{"not a struct", seal("invite"), ErrMalformed},
		{"version 2, whatever it means", seal(map[int]any{1: 2, 2: "other things"}), ErrVersion},
		{"version 0", seal(map[int]any{2: room}), ErrVersion},
		{"a room of 31 bytes", seal(map[int]any{1: 1, 2: room[:31], 3: 1, 6: ann.ID()}), ErrMalformed},
		{"a field of a later day", seal(map[int]any{1: 1, 2: room, 3: 1, 6: ann.ID(), 99: "ignored"}), nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if _, err := tt.c.Verify(room, host.ID(), now); !errors.Is(err, tt.want) {
				t.Errorf("got %v, want %v", err, tt.want)
			}
		})
	}
}

func TestLast(t *testing.T) {
	c := passed(t, 3)
	i, issuer, err := c.Last()
	if err != nil || issuer != keyOf(3).ID() || i.Invitee != keyOf(4).ID() || i.Parent != c[:2].ID() {
		t.Errorf("got %+v by %v, %v", i, issuer, err)
	}
	if _, _, err := (Chain{}).Last(); !errors.Is(err, ErrMalformed) {
		t.Errorf("nothing: got %v, want %v", err, ErrMalformed)
	}
	if (Chain{}).ID() != [32]byte{} {
		t.Error("an empty chain has an ID")
	}
}

func FuzzVerify(f *testing.F) {
	good := passed(f, 2)
	f.Add(good[0], good[1])
	f.Add(good[0], []byte{})
	f.Fuzz(func(t *testing.T, first, second []byte) {
		c := Chain{first}
		if len(second) > 0 {
			c = append(c, second)
		}
		if _, err := c.Verify(room, host.ID(), now); err != nil {
			return
		}
		for i := range c {
			if !bytes.Equal(c[i], good[i]) {
				t.Errorf("step %d: %x is valid, though nobody signed it", i, c[i])
			}
		}
	})
}
