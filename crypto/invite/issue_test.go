package invite

import (
	"errors"
	"testing"
	"time"

	"github.com/banyan-rooms/banyan/crypto/identity"
)

func TestIssueRefuses(t *testing.T) {
	parent := forge(t, signed{host, named(Speaker, ann).with(quota(1))})
	tests := []struct {
		name   string
		by     identity.Key
		parent Chain
		i      Invite
		want   error
	}{
		{"no role", host, nil, Invite{Invitee: ann.ID()}, ErrMalformed},
		{"a second host", host, nil, named(Host, ann), ErrMalformed},
		{"nobody", host, nil, Invite{Role: Listener}, ErrMalformed},
		{"no room", host, nil, named(Listener, ann).with(func(i *Invite) { i.Room = identity.RoomID{} }), ErrMalformed},
		{"a person and a secret", host, nil, bearer(Listener).with(func(i *Invite) { i.Invitee = ann.ID() }), ErrMalformed},
		{"uses of a named invite", host, nil, named(Listener, ann).with(uses(3)), ErrMalformed},
		{"redeemers of a named invite", host, nil, named(Listener, ann).with(redeemers(bob)), ErrMalformed},
		{"too many redeemers", host, nil, bearer(Listener).with(redeemers(ann, bob, carla, ann, bob)), ErrMalformed},
		{"too large a quota", host, nil, named(Listener, ann).with(quota(MaxQuota + 1)), ErrMalformed},
		{"too many uses", host, nil, bearer(Listener).with(uses(MaxUses + 1)), ErrMalformed},
		{"a time before all others", host, nil, named(Listener, ann).with(func(i *Invite) { i.NotBefore = -1 }), ErrMalformed},
		{"a time after all others", host, nil, named(Listener, ann).with(func(i *Invite) { i.NotAfter = 1 << 62 }), ErrMalformed},
		{"an end before the beginning", host, nil, named(Listener, ann).with(func(i *Invite) { i.NotBefore, i.NotAfter = 9, 8 }), ErrMalformed},
		{"somebody else's chain", bob, parent, named(Listener, carla), ErrChain},
		{"more than the quota", ann, parent, named(Listener, bob).with(serial(1)), ErrQuota},
		{"a broken chain", ann, Chain{{1}}, named(Listener, bob), identity.ErrPurpose},
		{"no key", identity.Key{}, nil, named(Listener, ann), errAny},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if tt.name != "no room" {
				tt.i.Room = room
			}
			c, err := Issue(tt.by, tt.parent, tt.i)
			if err == nil || (!errors.Is(err, tt.want) && !errors.Is(tt.want, errAny)) {
				t.Errorf("got %v, %v; want %v", c, err, tt.want)
			}
		})
	}
}

// errAny stands for an error that callers do not tell from others.
var errAny = errors.New("any error")

func TestIssueLeavesItsParentAlone(t *testing.T) {
	parent := forge(t, signed{host, named(Speaker, ann).with(quota(2))})
	parent = append(make(Chain, 0, 8), parent...)
	first, err := Issue(ann, parent, Invite{Room: room, Role: Listener, Invitee: bob.ID()})
	if err != nil {
		t.Fatal(err)
	}
	second, err := Issue(ann, parent, Invite{Room: room, Role: Listener, Invitee: carla.ID(), Serial: 1})
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		c   Chain
		who identity.Key
	}{{first, bob}, {second, carla}} {
		if _, err := tt.c.VerifyTicket(room, host.ID(), tt.who.ID(), now); err != nil {
			t.Errorf("%v: %v", tt.who, err)
		}
	}
}

func TestRedeem(t *testing.T) {
	secret := Bearer{9}
	wish := Redemption{
		Chain: forge(t, signed{
			host, bearer(Speaker).with(redeemers(ann)).with(uses(2)).with(quota(4)).with(until(now.Add(time.Minute))),
		}),
		Secret: secret, Room: room, Host: host.ID(), Holder: bob.ID(), Use: 1,
	}
	for _, by := range []identity.Key{host, ann} {
		ticket, err := Redeem(by, wish, now)
		if err != nil {
			t.Fatal(err)
		}
		g, err := ticket.VerifyTicket(room, host.ID(), bob.ID(), now)
		if err != nil || g.Role != Speaker || g.Quota != 4 || g.Issuer != by.ID() || !g.NotAfter.Equal(now.Add(time.Minute)) {
			t.Errorf("the ticket gives %+v, %v; want a speaker for a minute with a quota of 4", g, err)
		}
		if i, _, err := ticket.Last(); err != nil || i.Serial != 1 || i.Parent != wish.Chain.ID() {
			t.Errorf("the ticket is %+v, %v; want the second use of the invite", i, err)
		}
		if _, err := ticket.Verify(room, host.ID(), now.Add(2*time.Minute)); !errors.Is(err, ErrExpired) {
			t.Errorf("after the invite's end: got %v, want %v", err, ErrExpired)
		}
	}
	tests := []struct {
		name   string
		by     identity.Key
		change func(*Redemption)
		now    time.Time
		want   error
	}{
		{"wrong secret", host, func(r *Redemption) { r.Secret[15]++ }, now, ErrBearer},
		{"not a redeemer", carla, func(*Redemption) {}, now, ErrNotRedeemer},
		{"a named invite", host, func(r *Redemption) { r.Chain = forge(t, signed{host, named(Listener, ann)}) }, now, ErrNotRedeemer},
		{"used up", host, func(r *Redemption) { r.Use = 2 }, now, ErrUsed},
		{"expired", host, func(*Redemption) {}, now.Add(time.Hour), ErrExpired},
		{"another room", host, func(r *Redemption) { r.Room[0]++ }, now, ErrRoom},
		{"another host", ann, func(r *Redemption) { r.Host = ann.ID() }, now, ErrChain},
		{"for nobody", host, func(r *Redemption) { r.Holder = identity.ID{} }, now, ErrMalformed},
		{"with nothing", host, func(r *Redemption) { r.Chain = nil }, now, ErrMalformed},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := wish
			tt.change(&r)
			if _, err := Redeem(tt.by, r, tt.now); !errors.Is(err, tt.want) {
				t.Errorf("got %v, want %v", err, tt.want)
			}
		})
	}
}
