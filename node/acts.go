package node

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"time"

	"github.com/banyan-rooms/banyan/crypto/epoch"
	"github.com/banyan-rooms/banyan/crypto/identity"
	"github.com/banyan-rooms/banyan/crypto/invite"
	"github.com/banyan-rooms/banyan/rooms"
)

// Name is what others see.
func (n *Node) Name() string {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.name
}

// SetName changes what others see, in all rooms, and remembers it.
func (n *Node) SetName(ctx context.Context, name string) error {
	if clean := line(name, len(name)); clean == "" || len(name) > rooms.MaxName {
		return fmt.Errorf("a name has 1 to %d characters that can be seen", rooms.MaxName)
	}
	if err := n.cfg.Store.SetName(name); err != nil {
		return fmt.Errorf("keep your name: %w", err)
	}
	n.mu.Lock()
	n.name = name
	n.mu.Unlock()
	n.watchers.tell()
	for _, m := range n.membersNow() {
		if err := m.command(ctx, rooms.SetName{Name: name}); err != nil && !errors.Is(err, rooms.ErrClosed) {
			return err
		}
	}
	return nil
}

// Create makes a room and enters it. The room is kept durably before Create returns.
func (n *Node) Create(ctx context.Context, p rooms.Policy) (identity.RoomID, error) {
	if n.cfg.Community {
		return identity.RoomID{}, ErrRelay
	}
	secret, err := epoch.New(rand.Reader)
	if err != nil {
		return identity.RoomID{}, err
	}
	g := rooms.Genesis{Created: time.Now().Unix(), Policy: p, Commitment: secret.Commit(identity.RoomID{}, 0)}
	_, _ = rand.Read(g.Nonce[:]) // never fails
	genesis, id, err := rooms.NewGenesis(n.cfg.Key, g)
	if err != nil {
		return identity.RoomID{}, fmt.Errorf("make a room: %w", err)
	}
	if err := n.cfg.Store.PutGenesis(id, genesis); err != nil {
		return identity.RoomID{}, fmt.Errorf("keep the new room: %w", err)
	}
	if err := n.cfg.Store.PutSecret(id, 0, secret); err != nil {
		return identity.RoomID{}, fmt.Errorf("keep the new room: %w", err)
	}
	if err := n.enter(ctx, entry{genesis: genesis}); err != nil {
		return identity.RoomID{}, err
	}
	n.log.Info("made a room", "room", id.Short(), "title", p.Title, "kind", p.Kind.String())
	return id, nil
}

// Leave leaves a room: the others are told, and who was fed by this node finds
// another place first.
func (n *Node) Leave(ctx context.Context, room identity.RoomID) error {
	s := n.session(room)
	if s == nil {
		return ErrNoRoom
	}
	s.stop()
	select {
	case <-s.done:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// Do carries out a command in a room. It returns when what was decided is durable;
// a command that is refused is an error in words for people.
func (n *Node) Do(ctx context.Context, room identity.RoomID, c rooms.Command) error {
	if _, leave := c.(rooms.Leave); leave {
		return n.Leave(ctx, room)
	}
	m, err := n.member(room)
	if err != nil {
		return err
	}
	return m.command(ctx, c)
}

// InviteOptions is what an invite is made from. The zero value invites whoever has the
// link as a listener, for a day.
type InviteOptions struct {
	Bearer  bool          // for whoever has the link; so is any invite without Named
	Named   identity.ID   // for this peer alone
	Role    invite.Role   // what the guest becomes; 0 means listener
	Uses    uint32        // how many people may use a bearer invite; 0 is any number, which only the host may give
	Expires time.Duration // 0 means a day
	Quota   uint32        // further invites that the guest may make
}

// Invite makes a link to a room. In an open room it needs no right and holds none.
func (n *Node) Invite(ctx context.Context, room identity.RoomID, o InviteOptions) (invite.Link, error) {
	m, err := n.member(room)
	if err != nil {
		return invite.Link{}, err
	}
	return m.invite(ctx, o)
}
