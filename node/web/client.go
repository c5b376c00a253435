package web

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"

	"github.com/banyan-rooms/banyan/crypto/identity"
	"github.com/banyan-rooms/banyan/node"
)

// ErrSilent says that no server answered where one was said to be.
var ErrSilent = errors.New("the node that runs on this data directory does not answer")

// maxAnswer bounds what a server may answer: the state of 16 rooms of thousands.
const maxAnswer = 16 << 20

// Client asks a [Server] of the same person, on the same machine. What the server
// refuses is an error in its words.
type Client struct {
	Address string // as [Server.Address] gives it
	Token   string
}

// State is how things stand at the node.
func (c Client) State(ctx context.Context) (State, error) {
	return request[State](ctx, c, http.MethodGet, "/state", nil)
}

// Enter enters a room by its ID, which does nothing where the node is in it.
func (c Client) Enter(ctx context.Context, room identity.RoomID) error {
	_, err := request[struct{}](ctx, c, http.MethodPost, "/join", map[string]identity.RoomID{"room": room})
	return err
}

// Invite makes a link to a room that the node is in.
func (c Client) Invite(ctx context.Context, room identity.RoomID, i NewInvite) (Invitation, error) {
	return request[Invitation](ctx, c, http.MethodPost, "/rooms/"+room.String()+"/invite", i)
}

// Invites are those that this person made into a room.
func (c Client) Invites(ctx context.Context, room identity.RoomID) (node.IssuedList, error) {
	return request[node.IssuedList](ctx, c, http.MethodGet, "/rooms/"+room.String()+"/invites", nil)
}

// Revoke takes an invite back, by its ID in hex.
func (c Client) Revoke(ctx context.Context, room identity.RoomID, invite string) error {
	_, err := request[struct{}](ctx, c, http.MethodDelete, "/rooms/"+room.String()+"/invites/"+url.PathEscape(invite), nil)
	return err
}

// Page makes a link to the page that works once.
func (c Client) Page(ctx context.Context) (url string, err error) {
	a, err := request[struct {
		URL string `json:"url"`
	}](ctx, c, http.MethodPost, "/links", nil)
	return a.URL, err
}

// request makes one call. A body of nil is none.
func request[T any](ctx context.Context, c Client, method, path string, body any) (answer T, err error) {
	ctx, cancel := context.WithTimeout(ctx, actFor+writeFor)
	defer cancel()
	var content io.Reader
	if body != nil {
		content = bytes.NewReader(encode(body))
	}
	r, err := http.NewRequestWithContext(ctx, method, c.Address+"/api/v1"+path, content)
	if err != nil {
		return answer, fmt.Errorf("ask the node: %w", err)
	}
	r.Header.Set("Authorization", "Bearer "+c.Token)
	r.Header.Set("Content-Type", "application/json")
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		return answer, fmt.Errorf("%w (%w)", ErrSilent, err)
	}
	defer func() { _ = resp.Body.Close() }() // it was read, or is of no use
	text := json.NewDecoder(io.LimitReader(resp.Body, maxAnswer))
	if resp.StatusCode >= http.StatusBadRequest {
		var refusal struct {
			Error string `json:"error"`
		}
		if err := text.Decode(&refusal); err != nil || refusal.Error == "" {
			return answer, fmt.Errorf("the node answered %s", resp.Status)
		}
		return answer, errors.New(refusal.Error)
	}
	if resp.StatusCode == http.StatusNoContent {
		return answer, nil
	}
	if err := text.Decode(&answer); err != nil {
		return answer, fmt.Errorf("read what the node answered: %w", err)
	}
	return answer, nil
}
