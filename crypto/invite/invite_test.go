package invite

import (
	"bytes"
	"errors"
	"strings"
	"testing"
	"time"

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

// step is one invite of a chain and who signs it.
type step struct {
	by identity.Key
	i  Invite
}

func chain(t *testing.T, steps ...step) Chain {
	t.Helper()
	var c Chain
	for _, s := range steps {
		if s.i.Room.IsZero() {
			s.i.Room = room
		}
		var err error
		if c, err = Issue(s.by, c, s.i); err != nil {
			t.Fatal(err)
		}
	}
	return c
}

func TestVerify(t *testing.T) {
	hash := Bearer{1}.Hash()
	tests := []struct {
		name  string
		steps []step
		want  error
	}{
		{"the host names ann", []step{{host, Invite{Role: Listener, Invitee: ann.ID()}}}, nil},
		{"someone who is not the host names ann", []step{{bob, Invite{Role: Listener, Invitee: ann.ID()}}}, ErrChain},
		{"another room", []step{{host, Invite{Room: identity.RoomID{8}, Role: Listener, Invitee: ann.ID()}}}, ErrRoom},
		{"the last second", []step{{host, Invite{Role: Listener, Invitee: ann.ID(), NotAfter: now.Unix()}}}, nil},
		{"expired", []step{{host, Invite{Role: Listener, Invitee: ann.ID(), NotAfter: now.Unix() - 1}}}, ErrExpired},
		{"too early", []step{{host, Invite{Role: Listener, Invitee: ann.ID(), NotBefore: now.Unix() + 1}}}, ErrNotYet},
		{"ann passes on within her quota", []step{
			{host, Invite{Role: Speaker, Invitee: ann.ID(), Quota: 2}},
			{ann, Invite{Role: Listener, Invitee: bob.ID(), Serial: 1, Quota: 1}},
		}, nil},
		{"ann's third of two", []step{
			{host, Invite{Role: Speaker, Invitee: ann.ID(), Quota: 2}},
			{ann, Invite{Role: Listener, Invitee: bob.ID(), Serial: 2}},
		}, ErrQuota},
		{"ann hands on all that she has", []step{
			{host, Invite{Role: Speaker, Invitee: ann.ID(), Quota: 2}},
			{ann, Invite{Role: Listener, Invitee: bob.ID(), Quota: 2}},
		}, ErrQuota},
		{"ann raises a role", []step{
			{host, Invite{Role: Listener, Invitee: ann.ID(), Quota: 2}},
			{ann, Invite{Role: Speaker, Invitee: bob.ID()}},
		}, ErrQuota},
		{"bob passes on ann's invite", []step{
			{host, Invite{Role: Speaker, Invitee: ann.ID(), Quota: 2}},
			{bob, Invite{Role: Listener, Invitee: carla.ID()}},
		}, ErrChain},
		{"an expired step in the middle", []step{
			{host, Invite{Role: Speaker, Invitee: ann.ID(), Quota: 2, NotAfter: now.Unix() - 1}},
			{ann, Invite{Role: Listener, Invitee: bob.ID()}},
		}, ErrExpired},
		{"a ticket by the issuer of a bearer invite", []step{
			{host, Invite{Role: Listener, BearerHash: hash}},
			{host, Invite{Role: Listener, Invitee: bob.ID(), Redeemed: true}},
		}, nil},
		{"a ticket by a named redeemer", []step{
			{host, Invite{Role: Listener, BearerHash: hash, Redeemers: []identity.ID{ann.ID()}}},
			{ann, Invite{Role: Listener, Invitee: bob.ID(), Redeemed: true}},
		}, nil},
		{"a ticket by nobody in particular", []step{
			{host, Invite{Role: Listener, BearerHash: hash}},
			{ann, Invite{Role: Listener, Invitee: bob.ID(), Redeemed: true}},
		}, ErrChain},
		{"a ticket after a named invite", []step{
			{host, Invite{Role: Listener, Invitee: ann.ID(), Quota: 9}},
			{host, Invite{Role: Listener, Invitee: bob.ID(), Redeemed: true}},
		}, ErrChain},
		{"a bearer invite is followed by tickets only", []step{
			{host, Invite{Role: Listener, BearerHash: hash, Quota: 3}},
			{host, Invite{Role: Listener, Invitee: bob.ID()}},
		}, ErrChain},
		{"a ticket that begins a chain", []step{{host, Invite{Role: Listener, Invitee: bob.ID(), Redeemed: true}}}, ErrChain},
		{"nothing", nil, ErrMalformed},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if _, err := chain(t, tt.steps...).Verify(room, host.ID(), now); !errors.Is(err, tt.want) {
				t.Errorf("got %v, want %v", err, tt.want)
			}
		})
	}
}

func TestIssueRefuses(t *testing.T) {
	tests := []struct {
		name string
		i    Invite
	}{
		{"no role", Invite{Invitee: ann.ID()}},
		{"a second host", Invite{Role: Host, Invitee: ann.ID()}},
		{"nobody", Invite{Role: Listener}},
		{"a person and a secret", Invite{Role: Listener, Invitee: ann.ID(), BearerHash: [32]byte{1}}},
		{"uses of a named invite", Invite{Role: Listener, Invitee: ann.ID(), Uses: 3}},
		{"too many redeemers", Invite{Role: Listener, BearerHash: [32]byte{1}, Redeemers: make([]identity.ID, MaxRedeemers+1)}},
		{"too large a quota", Invite{Role: Listener, Invitee: ann.ID(), Quota: MaxQuota + 1}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if _, err := Issue(host, nil, tt.i); !errors.Is(err, ErrMalformed) {
				t.Errorf("got %v, want %v", err, ErrMalformed)
			}
		})
	}
}

func TestTicketIsForItsHolder(t *testing.T) {
	c := chain(t, step{host, Invite{Role: Speaker, Invitee: ann.ID(), NotAfter: now.Unix() + 60}})
	g, err := c.VerifyTicket(room, host.ID(), ann.ID(), now)
	if err != nil || g.Role != Speaker || g.Holder != ann.ID() || g.Issuer != host.ID() || !g.NotAfter.Equal(now.Add(time.Minute)) {
		t.Errorf("got %+v, %v; want ann as speaker for a minute", g, err)
	}
	if _, err := c.VerifyTicket(room, host.ID(), bob.ID(), now); !errors.Is(err, ErrHolder) {
		t.Errorf("bob holds ann's ticket: got %v, want %v", err, ErrHolder)
	}
	bearer := chain(t, step{host, Invite{Role: Listener, BearerHash: Bearer{}.Hash()}})
	if _, err := bearer.VerifyTicket(room, host.ID(), identity.ID{}, now); !errors.Is(err, ErrHolder) {
		t.Errorf("nobody holds a bearer invite: got %v, want %v", err, ErrHolder)
	}
}

func TestRedeem(t *testing.T) {
	secret := Bearer{9}
	c := chain(t, step{host, Invite{Role: Speaker, BearerHash: secret.Hash(), Redeemers: []identity.ID{ann.ID()}, NotAfter: now.Unix() + 60}})
	for _, by := range []identity.Key{host, ann} {
		ticket, err := Redeem(by, c, secret, room, host.ID(), bob.ID(), now)
		if err != nil {
			t.Fatal(err)
		}
		if g, err := ticket.VerifyTicket(room, host.ID(), bob.ID(), now); err != nil || g.Role != Speaker {
			t.Errorf("the ticket gives %+v, %v; want a speaker", g, err)
		}
		if _, err := ticket.Verify(room, host.ID(), now.Add(2*time.Minute)); !errors.Is(err, ErrExpired) {
			t.Errorf("after the invite's end: got %v, want %v", err, ErrExpired)
		}
	}
	if _, err := Redeem(host, c, Bearer{8}, room, host.ID(), bob.ID(), now); !errors.Is(err, ErrBearer) {
		t.Errorf("wrong secret: got %v, want %v", err, ErrBearer)
	}
	if _, err := Redeem(carla, c, secret, room, host.ID(), bob.ID(), now); !errors.Is(err, ErrNotRedeemer) {
		t.Errorf("not a redeemer: got %v, want %v", err, ErrNotRedeemer)
	}
	named := chain(t, step{host, Invite{Role: Listener, Invitee: ann.ID()}})
	if _, err := Redeem(host, named, secret, room, host.ID(), bob.ID(), now); !errors.Is(err, ErrNotRedeemer) {
		t.Errorf("a named invite: got %v, want %v", err, ErrNotRedeemer)
	}
}

func TestEveryChangedByteIsRefused(t *testing.T) {
	c := chain(t, step{host, Invite{Role: Listener, Invitee: ann.ID(), NotAfter: now.Unix() + 60}})
	for i := range c[0] {
		changed := bytes.Clone(c[0])
		changed[i] ^= 0x20
		if _, err := (Chain{changed}).Verify(room, host.ID(), now); err == nil {
			t.Errorf("byte %d changed: still valid", i)
		}
	}
}

func TestLink(t *testing.T) {
	secret := Bearer{1, 2, 3}
	link := Link{
		Room: room, Title: "Under the tree", Bearer: &secret,
		Chain: chain(t, step{host, Invite{Role: Listener, BearerHash: secret.Hash()}}),
		Addrs: []string{"/ip4/127.0.0.1/udp/4001/quic-v1/p2p/" + host.ID().String()},
	}
	uri := link.String()
	for name, s := range map[string]string{
		"URI":                uri,
		"web address":        link.HTTPS("https://example.org/join"),
		"pasted with spaces": "  <" + uri[:40] + "\n " + uri[40:] + ">\n",
	} {
		got, err := ParseLink(s)
		if err != nil || got.String() != uri {
			t.Errorf("%s: got %v, %v; want the same link", name, got, err)
		}
	}
	for name, s := range map[string]string{
		"nothing":   "",
		"prose":     "come to my room",
		"cut off":   uri[:len(uri)-7],
		"changed":   strings.Replace(uri, uri[20:24], "!!!!", 1),
		"empty":     "banyan:",
		"no room":   Link{}.String(),
		"too long":  "banyan:" + strings.Repeat("A", maxLink),
		"web page":  "https://example.org/",
		"secret":    Link{Room: room, Bearer: &secret}.String(),
		"addresses": Link{Room: room, Addrs: make([]string, MaxAddrs+1)}.String(),
	} {
		if got, err := ParseLink(s); !errors.Is(err, ErrMalformed) {
			t.Errorf("%s: got %v, %v; want %v", name, got, err, ErrMalformed)
		}
	}
	if _, err := ParseLink("banyan:oQEC"); !errors.Is(err, ErrVersion) { // {1: 2}
		t.Errorf("version 2: got %v, want %v", err, ErrVersion)
	}
}

func FuzzParseLink(f *testing.F) {
	f.Add(Link{Room: room, Addrs: []string{"/ip4/127.0.0.1"}}.String())
	f.Fuzz(func(t *testing.T, s string) {
		link, err := ParseLink(s)
		if err != nil {
			return
		}
		again, err := ParseLink(link.String())
		if err != nil || again.String() != link.String() {
			t.Errorf("%q: again %v, %v", s, again, err)
		}
	})
}

func FuzzVerify(f *testing.F) {
	c, err := Issue(host, nil, Invite{Room: room, Role: Listener, Invitee: ann.ID()})
	if err != nil {
		f.Fatal(err)
	}
	f.Add(c[0])
	f.Fuzz(func(t *testing.T, envelope []byte) {
		if _, err := (Chain{envelope}).Verify(room, host.ID(), now); err == nil && !bytes.Equal(envelope, c[0]) {
			t.Errorf("%x: valid, though nobody signed it", envelope)
		}
	})
}
