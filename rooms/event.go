package rooms

import (
	"github.com/banyan-rooms/banyan/crypto/epoch"
	"github.com/banyan-rooms/banyan/crypto/identity"
	"github.com/banyan-rooms/banyan/crypto/invite"
)

// Event is something that happens to a room.
//
//sumtype:decl
type Event interface{ isEvent() }

// Received is an item that came by gossip or sync.
type Received struct{ Item Item }

// Command is something that the owner of this node wants. One that cannot be done is
// answered by [Refused].
//
//sumtype:decl
type Command interface {
	Event
	isCommand()
}

// The commands.
type (
	// RaiseHand asks for the stage.
	RaiseHand struct{}
	// LowerHand takes a hand down: one's own when Who is zero, else somebody's.
	LowerHand struct{ Who identity.ID }
	// InviteUp invites somebody to the stage.
	InviteUp struct{ Who identity.ID }
	// AcceptStage accepts the invitation to the stage.
	AcceptStage struct{}
	// DeclineStage declines it.
	DeclineStage struct{}
	// SetMuted says whether one's own microphone is muted.
	SetMuted struct{ Muted bool }
	// MoveDown moves somebody back to the audience: oneself when Who is zero.
	MoveDown struct{ Who identity.ID }
	// Grant makes somebody a moderator, or a speaker again.
	Grant struct {
		Who  identity.ID
		Role invite.Role
	}
	// Ban removes somebody for good; with Branch also all who came by their invites.
	Ban struct {
		Who    identity.ID
		Branch bool
	}
	// Unban lets somebody come back.
	Unban struct{ Who identity.ID }
	// MuteOther keeps somebody from being heard: until they make an end of it, or, if
	// Locked, until a moderator does.
	MuteOther struct {
		Who    identity.ID
		Locked bool
	}
	// UnmuteOther lets somebody be heard again.
	UnmuteOther struct{ Who identity.ID }
	// Set switches something of the room on or off.
	Set struct {
		What Setting
		On   bool
	}
	// SetTitle names the room.
	SetTitle struct{ Title string }
	// SetName names oneself.
	SetName struct{ Name string }
	// RevokeInvite takes an invite back.
	RevokeInvite struct{ Invite Hash }
	// NewEpoch begins the epoch after the one in force.
	NewEpoch struct {
		Epoch      uint32
		Commitment epoch.Commitment
	}
	// HandOver makes somebody the host, for good, and oneself a moderator.
	HandOver struct{ Who identity.ID }
	// NameSuccessor says who may take the room over while the host is away; nobody when
	// Who is zero.
	NameSuccessor struct{ Who identity.ID }
	// TakeOver makes oneself the host: as the successor, or again.
	TakeOver struct{}
	// Leave leaves the room.
	Leave struct{}
	// Close closes the room for everyone.
	Close struct{}
)

func (Received) isEvent()      {}
func (RaiseHand) isEvent()     {}
func (LowerHand) isEvent()     {}
func (InviteUp) isEvent()      {}
func (AcceptStage) isEvent()   {}
func (DeclineStage) isEvent()  {}
func (SetMuted) isEvent()      {}
func (MoveDown) isEvent()      {}
func (Grant) isEvent()         {}
func (Ban) isEvent()           {}
func (Unban) isEvent()         {}
func (MuteOther) isEvent()     {}
func (UnmuteOther) isEvent()   {}
func (Set) isEvent()           {}
func (SetTitle) isEvent()      {}
func (SetName) isEvent()       {}
func (RevokeInvite) isEvent()  {}
func (NewEpoch) isEvent()      {}
func (HandOver) isEvent()      {}
func (NameSuccessor) isEvent() {}
func (TakeOver) isEvent()      {}
func (Leave) isEvent()         {}
func (Close) isEvent()         {}

func (RaiseHand) isCommand()     {}
func (LowerHand) isCommand()     {}
func (InviteUp) isCommand()      {}
func (AcceptStage) isCommand()   {}
func (DeclineStage) isCommand()  {}
func (SetMuted) isCommand()      {}
func (MoveDown) isCommand()      {}
func (Grant) isCommand()         {}
func (Ban) isCommand()           {}
func (Unban) isCommand()         {}
func (MuteOther) isCommand()     {}
func (UnmuteOther) isCommand()   {}
func (Set) isCommand()           {}
func (SetTitle) isCommand()      {}
func (SetName) isCommand()       {}
func (RevokeInvite) isCommand()  {}
func (NewEpoch) isCommand()      {}
func (HandOver) isCommand()      {}
func (NameSuccessor) isCommand() {}
func (TakeOver) isCommand()      {}
func (Leave) isCommand()         {}
func (Close) isCommand()         {}

// Effect is something that a room asks its driver to do.
//
//sumtype:decl
type Effect interface{ isEffect() }

// The effects, in the order in which they are to be carried out.
type (
	// Store asks to keep an item (an op or a fraud), durably, before anything else is
	// done about it: a [Broadcast] of the same op follows, if it is one's own. Data is
	// the item's bytes.
	Store struct {
		Data []byte
		Item Item
	}
	// Broadcast asks to send an item to everyone in the room.
	Broadcast struct{ Data []byte }
	// Changed says that the [View] is another one now.
	Changed struct{}
	// Refused answers a command that cannot be done; Err is a sentence for people.
	Refused struct {
		Command Command
		Err     error
	}
)

func (Store) isEffect()     {}
func (Broadcast) isEffect() {}
func (Changed) isEffect()   {}
func (Refused) isEffect()   {}
