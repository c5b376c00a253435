package web

import (
	"context"

	"github.com/banyan-rooms/banyan/crypto/identity"
	"github.com/banyan-rooms/banyan/crypto/invite"
	"github.com/banyan-rooms/banyan/node"
	"github.com/banyan-rooms/banyan/node/audio"
	"github.com/banyan-rooms/banyan/rooms"
)

// Node is the node behind the page: a [node.Node], or what a test puts in its place.
type Node interface {
	viewer
	actor
	sound
}

var _ Node = (*node.Node)(nil)

// viewer is what the page shows.
type viewer interface {
	Status() node.Status
	Watch() (changed <-chan struct{}, stop func())
}

// actor is what a person can do. Its errors are shown to that person.
type actor interface {
	SetName(ctx context.Context, name string) error
	Create(ctx context.Context, p rooms.Policy) (identity.RoomID, error)
	// Join takes an invite link or the ID of a room.
	Join(ctx context.Context, link string) (identity.RoomID, error)
	// Block has the person not hear somebody, in any room, or again.
	Block(ctx context.Context, who identity.ID, on bool) error
	Do(ctx context.Context, room identity.RoomID, c rooms.Command) error
	Invite(ctx context.Context, room identity.RoomID, o node.InviteOptions) (invite.Link, error)
	Invites(ctx context.Context, room identity.RoomID) (node.IssuedList, error)
	// Revoke takes an invite back by its ID in hex.
	Revoke(ctx context.Context, room identity.RoomID, invite string) error
}

// sound is the microphone's and the ears' side of a node.
type sound interface {
	Say(room identity.RoomID, f audio.Frame) error
	Hear(room identity.RoomID) (heard <-chan node.Heard, stop func(), err error)
	Levels(room identity.RoomID) map[identity.ID]uint8
}
