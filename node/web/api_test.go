package web

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/banyan-rooms/banyan/crypto/identity"
	"github.com/banyan-rooms/banyan/crypto/invite"
	"github.com/banyan-rooms/banyan/node"
)

// do sends a script's request with a JSON body.
func (s *Server) do(t *testing.T, method, path, body string) *http.Response {
	t.Helper()
	return s.ask(t, method, "/api/v1"+path, body, "Authorization", "Bearer token", "Content-Type", "application/json")
}

// body reads an answer's JSON.
func body[T any](t *testing.T, r *http.Response) T {
	t.Helper()
	var v T
	if err := json.NewDecoder(r.Body).Decode(&v); err != nil {
		t.Fatalf("answer is not JSON: %v", err)
	}
	return v
}

type refusal struct {
	Error string `json:"error"`
}

func TestBadRequests(t *testing.T) {
	f := newFake()
	f.inRoom(roomID(1), true, 1)
	s := testServer(t, f)
	in := "/rooms/" + roomID(1).String()
	tests := []struct {
		name, method, path, body string
		status                   int
		words                    string // in the sentence
	}{
		{"not JSON", "PUT", "/self", "hello", 400, "not the JSON"},
		{"nothing", "PUT", "/self", "", 400, "not the JSON"},
		{"a misspelt field", "PUT", "/self", `{"naam":"Mai"}`, 400, "naam"},
		{"two values", "PUT", "/self", `{"name":"Mai"}{}`, 400, "more than one"},
		{"too much", "PUT", "/self", `{"name":"` + strings.Repeat("a", maxBody) + `"}`, 413, "65536 bytes"},
		{"a kind that does not exist", "POST", "/rooms", `{"title":"x","kind":"public"}`, 400, `"open", "invite" or "secret"`},
		{"join what?", "POST", "/join", `{}`, 400, "either"},
		{"join two things", "POST", "/join", `{"link":"banyan:a","room":"` + roomID(2).String() + `"}`, 400, "either"},
		{"a room with no name", "POST", "/rooms/x/commands", `{"do":"leave"}`, 404, "names no room"},
		{"a room one is not in", "POST", "/rooms/" + roomID(9).String() + "/commands", `{"do":"leave"}`, 404, "join it first"},
		{"a deed that does not exist", "POST", in + "/commands", `{"do":"dance"}`, 400, "raise-hand"},
		{"a link that is none", "POST", "/inspect", `{"link":"https://example.org"}`, 400, "a link begins with"},
		{"handed to nobody", "POST", in + "/commands", `{"do":"hand-over"}`, 400, "needs the peer"},
		{"a role that does not exist", "POST", in + "/invite", `{"role":"king"}`, 400, "king"},
		{"a deed without its person", "POST", in + "/commands", `{"do":"invite-up"}`, 400, "needs the peer"},
		{"a peer that is none", "POST", in + "/commands", `{"do":"invite-up","peer":"bob"}`, 400, "bob"},
		{"a get of what is posted", "GET", in + "/commands", "", 405, "use POST"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := s.do(t, tt.method, tt.path, tt.body)
			if got := body[refusal](t, r).Error; r.StatusCode != tt.status || !strings.Contains(got, tt.words) {
				t.Errorf("%d %q, want %d and %q", r.StatusCode, got, tt.status, tt.words)
			}
		})
	}
}

func TestInspectALink(t *testing.T) {
	s := testServer(t, newFake())
	host, err := identity.Generate(seeded(7))
	if err != nil {
		t.Fatal(err)
	}
	chain, err := invite.Issue(host, nil, invite.Invite{Room: roomID(1), Role: invite.Speaker, Invitee: peer(1), Quota: 3, NotAfter: 1})
	if err != nil {
		t.Fatal(err)
	}
	link := invite.Link{Room: roomID(1), Title: "Roots", Chain: chain, Hidden: true}
	answer := s.do(t, "POST", "/inspect", `{"link":"`+link.String()+`"}`)
	got := body[node.Inspection](t, answer)
	if answer.StatusCode != 200 || got.Title != "Roots" || !got.Hidden || got.Host != host.ID() || !strings.Contains(got.Trouble, "expired") {
		t.Errorf("status %d, %+v", answer.StatusCode, got)
	}
	if len(got.Invites) != 1 || got.Invites[0].Invitee != peer(1) || got.Invites[0].Quota != 3 || got.Invites[0].Role != "speaker" {
		t.Errorf("invites %+v", got.Invites)
	}
}

// TestInspectAnOpenLink has the list of invites be empty, not missing: the page counts them.
func TestInspectAnOpenLink(t *testing.T) {
	s := testServer(t, newFake())
	link := invite.Link{Room: roomID(1), Title: "Roots"}
	answer := s.do(t, "POST", "/inspect", `{"link":"`+link.String()+`"}`)
	got := body[map[string]any](t, answer)
	if list, is := got["invites"].([]any); answer.StatusCode != 200 || !is || len(list) > 0 {
		t.Errorf("status %d, %+v", answer.StatusCode, got)
	}
}

func TestForeignFormsAreRefused(t *testing.T) {
	s := testServer(t, newFake())
	for _, kind := range []string{"", "text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"} {
		r := s.ask(t, "PUT", "/api/v1/self", `{"name":"Eve"}`, "Authorization", "Bearer token", "Content-Type", kind)
		if r.StatusCode != http.StatusUnsupportedMediaType {
			t.Errorf("Content-Type %q: %d, want 415", kind, r.StatusCode)
		}
	}
}

func TestWhatTheNodeRefuses(t *testing.T) {
	tests := []struct {
		err    error
		status int
		words  string
	}{
		{errors.New("the link has expired; ask for a new one"), 409, "The link has expired; ask for a new one."},
		{context.DeadlineExceeded, 504, "longer than 45s"},
		{context.Canceled, 503, "canceled"},
	}
	for _, tt := range tests {
		f := newFake()
		f.inRoom(roomID(1), true, 0)
		f.err = tt.err
		s := testServer(t, f)
		for path, b := range map[string]string{
			"/join":  `{"link":"banyan:a"}`,
			"/rooms": `{"title":"Roots","kind":"open"}`,
			"/rooms/" + roomID(1).String() + "/commands": `{"do":"raise-hand"}`,
			"/rooms/" + roomID(1).String() + "/invite":   `{}`,
		} {
			r := s.do(t, "POST", path, b)
			if got := body[refusal](t, r).Error; r.StatusCode != tt.status || !strings.Contains(got, tt.words) {
				t.Errorf("%s: %d %q, want %d %q", path, r.StatusCode, got, tt.status, tt.words)
			}
		}
	}
}

// A visit from the first request to the last, as a script would make it.
func TestVisit(t *testing.T) {
	f := newFake()
	s := testServer(t, f)
	want := func(status int, r *http.Response) *http.Response {
		t.Helper()
		if r.StatusCode != status {
			b, _ := io.ReadAll(r.Body)
			t.Fatalf("%d %s, want %d", r.StatusCode, b, status)
		}
		return r
	}
	state := func() State {
		t.Helper()
		return body[State](t, want(200, s.do(t, "GET", "/state", "")))
	}
	want(204, s.do(t, "PUT", "/self", `{"name":"Linh"}`))
	if st := state(); st.Self.Name != "Linh" || st.Version != "test" || st.Lobby == nil || st.Rooms == nil {
		t.Errorf("state %+v", st)
	}
	id := body[struct{ ID identity.RoomID }](t, want(201, s.do(t, "POST", "/join", `{"link":"banyan:abc"}`))).ID
	room := "/rooms/" + id.String()
	want(204, s.do(t, "POST", room+"/commands", `{"do":"raise-hand"}`))
	r := state().Rooms[0]
	if r.ID != id || r.People[0].Hand != 1 || !slices.Equal(r.Hands, []identity.ID{peer(1)}) {
		t.Errorf("hand is not raised: %+v", r)
	}
	if r.Slots[0] != peer(2) {
		t.Errorf("slots %v, want the speaker in the first", r.Slots)
	}
	want(204, s.do(t, "PUT", "/blocked/"+peer(2).String(), ""))
	if p := state().Rooms[0].People[1]; p.ID != peer(2) || !p.Blocked {
		t.Errorf("blocked is %+v", p)
	}
	want(204, s.do(t, "DELETE", "/blocked/"+peer(2).String(), ""))
	if state().Rooms[0].People[1].Blocked {
		t.Error("blocked for ever")
	}
	want(404, s.do(t, "PUT", "/blocked/nobody", ""))
	inv := body[Invitation](t, want(201, s.do(t, "POST", room+"/invite", `{"role":"speaker","uses":3,"expires":"2h"}`)))
	options := node.InviteOptions{Bearer: true, Role: invite.Speaker, Uses: 3, Expires: 2 * time.Hour}
	if f.invited[0] != options {
		t.Errorf("invited with %+v, want %+v", f.invited[0], options)
	}
	if link, err := invite.ParseLink(inv.URI); err != nil || link.Room != id || !strings.HasPrefix(inv.Link, "https://rooms.example/#") {
		t.Errorf("invitation %+v: %v", inv, err)
	}
	want(201, s.do(t, "POST", "/join", `{"room":"`+roomID(7).String()+`"}`))
	want(201, s.do(t, "POST", "/rooms", `{"title":"Mine","kind":"invite"}`))
	if n := len(state().Rooms); n != 3 || f.hearing() != 3 {
		t.Errorf("in %d rooms and hearing %d, want 3", n, f.hearing())
	}
	want(204, s.do(t, "POST", room+"/commands", `{"do":"leave"}`))
	s.hub.tidy() // what the hub's own goroutine does once it runs
	if n := len(state().Rooms); n != 2 || f.hearing() != 2 {
		t.Errorf("in %d rooms and hearing %d after leaving one, want 2", n, f.hearing())
	}
	url := body[struct{ URL string }](t, want(201, s.do(t, "POST", "/links", ""))).URL
	if got := s.ask(t, "GET", strings.TrimPrefix(url, s.Address()), ""); got.StatusCode != http.StatusSeeOther {
		t.Errorf("a new link: %d, want 303", got.StatusCode)
	}
}

// JSON has no null where a page expects a list.
func TestNoNulls(t *testing.T) {
	f := newFake()
	f.inRoom(roomID(1), false, 0)
	s := testServer(t, f)
	b, err := io.ReadAll(s.do(t, "GET", "/state", "").Body)
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(string(b), "null") {
		t.Errorf("state has a null: %s", b)
	}
}
