package web

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/banyan-rooms/banyan/crypto/invite"
	"github.com/banyan-rooms/banyan/node"
)

// running is a server that runs until the test ends, and what asks it.
func running(t *testing.T, f *fake) (*Server, Client) {
	t.Helper()
	s, err := New(t.Context(), Config{Node: f, Version: "test"})
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- s.Run(ctx) }()
	t.Cleanup(func() {
		stop()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
	return s, Client{Address: s.Address(), Token: s.Token()}
}

func TestClient(t *testing.T) {
	f := newFake()
	s, c := running(t, f)
	room := roomID(1)
	if err := c.Enter(t.Context(), room); err != nil {
		t.Fatal(err)
	}
	st, err := c.State(t.Context())
	if err != nil || len(st.Rooms) != 1 || st.Rooms[0].ID != room || st.Self.ID != peer(1) {
		t.Errorf("state %+v, %v", st, err)
	}
	made, err := c.Invite(t.Context(), room, NewInvite{Role: "speaker", Expires: "90m", Peer: peer(9)})
	if err != nil {
		t.Fatal(err)
	}
	want := node.InviteOptions{Named: peer(9), Role: invite.Speaker, Expires: 90 * time.Minute}
	if link, err := invite.ParseLink(made.URI); err != nil || link.Room != room || f.invited[0] != want {
		t.Errorf("made %+v (%v) of %+v, want %+v", made, err, f.invited[0], want)
	}
	list, err := c.Invites(t.Context(), room)
	if err != nil || len(list.Invites) != 1 || list.Invites[0].Peer != peer(9) {
		t.Errorf("invites %+v, %v", list, err)
	}
	if err := c.Revoke(t.Context(), room, "0"); err != nil || len(f.revoked) != 1 || f.revoked[0] != "0" {
		t.Errorf("took back %v, %v", f.revoked, err)
	}
	url, err := c.Page(t.Context())
	if err != nil || !strings.HasPrefix(url, s.Address()+"/?token=") {
		t.Errorf("page %q, %v", url, err)
	}
	r, err := http.DefaultTransport.RoundTrip(mustRequest(t, url))
	if err != nil || r.StatusCode != http.StatusSeeOther {
		t.Errorf("the page's link: %v, %v", r, err)
	} else if err := r.Body.Close(); err != nil {
		t.Error(err)
	}
}

func mustRequest(t *testing.T, url string) *http.Request {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestClientSaysWhatTheNodeRefuses(t *testing.T) {
	f := newFake()
	s, c := running(t, f)
	f.err = node.ErrMayNotInvite
	if _, err := c.Invite(t.Context(), roomID(1), NewInvite{}); err == nil || !strings.Contains(err.Error(), "ask the host") {
		t.Errorf("refused with %v", err)
	}
	if _, err := c.Invite(t.Context(), roomID(1), NewInvite{Expires: "soon"}); err == nil || !strings.Contains(err.Error(), "24h") {
		t.Errorf("refused with %v", err)
	}
	if _, err := (Client{Address: s.Address(), Token: "guessed"}).State(t.Context()); err == nil || !strings.Contains(err.Error(), "token") {
		t.Errorf("another's token: %v", err)
	}
	if _, err := (Client{Address: "http://127.0.0.1:1"}).State(t.Context()); !errors.Is(err, ErrSilent) {
		t.Errorf("nobody there: %v", err)
	}
}
