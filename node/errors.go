package node

import (
	"errors"
	"fmt"
	"slices"

	"github.com/banyan-rooms/banyan/crypto/invite"
	"github.com/banyan-rooms/banyan/rooms"
)

// What a person is told. Refusals by other packages (an expired invite, a closed
// room, a name too long) come through in their own words.
var (
	// ErrStopped says that the node is ending or was never run.
	ErrStopped = errors.New("the node has stopped")
	// ErrRelay says that a relay was asked for what only a person's node does.
	ErrRelay = errors.New("this node is a relay: it forwards rooms and enters none")
	// ErrNoRoom says that this node is not in the room.
	ErrNoRoom = errors.New("you are not in this room; join it first")
	// ErrTooManyRooms says that one person is in enough rooms.
	ErrTooManyRooms = errors.New("you are in 16 rooms; leave one first")
	// ErrUnreachable says that nobody of a room answered.
	ErrUnreachable = errors.New("nobody of this room can be reached: check your connection, or ask for a new link from someone who is in the room now")
	// ErrNoRedeemer says that the one who has to let the guest in does not answer.
	ErrNoRedeemer = errors.New("this invite has to be redeemed by the person who made it, who cannot be reached now: try again when they are in the room, or ask for a new link")
	// ErrNoSecret says that no member handed out the room's key.
	ErrNoSecret = errors.New("nobody in the room could hand over its key: try again in a moment")
	// ErrNotOnStage says that somebody in the audience spoke.
	ErrNotOnStage = errors.New("you are in the audience: raise your hand to be invited up")
	// ErrMuted says that somebody spoke whose microphone is muted.
	ErrMuted = errors.New("your microphone is muted")
	// ErrBusy says that a frame came faster than it could be sent.
	ErrBusy = errors.New("frames come faster than they can be sent")
	// ErrMayNotInvite says that somebody invites who has no right to.
	ErrMayNotInvite = errors.New("you may not invite anyone into this room: ask the host")

	errEntering = errors.New("you are entering this room already")
)

// spoilt is what a new link helps against.
var spoilt = []error{
	invite.ErrMalformed, invite.ErrForged, invite.ErrExpired, invite.ErrRoom, invite.ErrChain, invite.ErrQuota,
	invite.ErrBearer, invite.ErrUsed,
}

// advised adds to what is wrong with an invite what its holder can do about it.
func advised(err error) error {
	switch {
	case errors.Is(err, invite.ErrHolder):
		return fmt.Errorf("%w; ask whoever invites you for one of your own", err)
	case errors.Is(err, rooms.ErrNoTicket):
		return fmt.Errorf("%w; ask somebody who is in it for a link", err)
	case errors.Is(err, invite.ErrVersion):
		return fmt.Errorf("%w; whoever has the older one should update", err)
	case slices.ContainsFunc(spoilt, func(e error) bool { return errors.Is(err, e) }):
		return fmt.Errorf("%w; ask for a new link", err)
	}
	return err
}
