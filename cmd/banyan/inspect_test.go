package main

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/banyan-rooms/banyan/crypto/identity"
	"github.com/banyan-rooms/banyan/crypto/invite"
	"github.com/banyan-rooms/banyan/node"
)

func person(t *testing.T, n byte) identity.Key {
	t.Helper()
	key, err := identity.Generate(bytes.NewReader(bytes.Repeat([]byte{n}, 64)))
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func TestInspect(t *testing.T) {
	host, ann, bob := person(t, 1), person(t, 2), person(t, 3)
	room := identity.RoomOf([]byte("room"))
	until := time.Date(2030, 1, 2, 3, 4, 0, 0, time.UTC)
	issue := func(key identity.Key, parent invite.Chain, i invite.Invite) invite.Chain {
		t.Helper()
		i.Room = room
		chain, err := invite.Issue(key, parent, i)
		if err != nil {
			t.Fatal(err)
		}
		return chain
	}
	secret := invite.Bearer{7}
	anns := issue(host, nil, invite.Invite{Role: invite.Speaker, Invitee: ann.ID(), Quota: 3, NotAfter: until.Unix()})
	tests := []struct {
		name    string
		link    invite.Link
		now     time.Time
		says    []string
		trouble string
	}{
		{"an open room", invite.Link{Addrs: []string{"/ip4/192.0.2.1/tcp/1"}}, until, []string{"No right is needed", "192.0.2.1"}, ""},
		{
			"a friend of a friend's",
			invite.Link{Chain: issue(ann, anns, invite.Invite{Role: invite.Listener, Invitee: bob.ID()})},
			until,
			[]string{
				"1. By the host (" + host.ID().String() + "): " + ann.ID().String() + " may come in, as a speaker, until 2 January 2030 03:04 UTC.",
				"may invite 3 more", "2. By " + ann.ID().String() + ": " + bob.ID().String() + " may come in, as a listener.",
			},
			"",
		},
		{
			"for whoever has it", invite.Link{Bearer: &secret, Chain: issue(host, nil, invite.Invite{
				Role: invite.Listener, BearerHash: secret.Hash(), Uses: 2, Redeemers: []identity.ID{ann.ID()},
			})}, until, []string{"the first 2 who use this link", "exchanged for a ticket at the host", "or " + ann.ID().String()}, "",
		},
		{"one that ended", invite.Link{Chain: anns}, until.Add(time.Minute), []string{"until 2 January"}, "expired"},
	}
	for _, tt := range tests {
		tt.link.Room, tt.link.Title = room, "Friday"
		link, err := invite.ParseLink(tt.link.String())
		if err != nil {
			t.Fatalf("%s: %v", tt.name, err)
		}
		i, err := node.Inspect(link, tt.now)
		if err != nil {
			t.Fatalf("%s: %v", tt.name, err)
		}
		var out strings.Builder
		inspection(i).print(&out)
		for _, want := range append(tt.says, `"Friday"`, room.String()) {
			if !strings.Contains(out.String(), want) {
				t.Errorf("%s: said\n%s\nwant %q", tt.name, &out, want)
			}
		}
		if (tt.trouble == "") != (i.Trouble == "") || !strings.Contains(i.Trouble, tt.trouble) {
			t.Errorf("%s: trouble %q, want %q", tt.name, i.Trouble, tt.trouble)
		}
		if b, err := json.Marshal(i); err != nil || !bytes.Contains(b, []byte(room.String())) {
			t.Errorf("%s: as JSON %s, %v", tt.name, b, err)
		}
	}
}
