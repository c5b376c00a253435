package mesh

import (
	"time"

	"github.com/banyan-rooms/banyan/crypto/identity"
	"github.com/banyan-rooms/banyan/mesh/wire"
)

// Event is something that happens to a peer. nil is "only time has passed".
//
//sumtype:decl
type Event interface{ isEvent() }

// The events.
type (
	// Received is a control message of a peer.
	Received struct {
		From    identity.ID
		Message wire.Message
	}
	// Heard is a datagram that is not media, from a neighbour's link.
	Heard struct {
		From     identity.ID
		Datagram []byte
	}
	// LinkUp says that a link with Peer is open, whoever dialled it.
	LinkUp struct{ Peer identity.ID }
	// LinkDown says that the link with Peer is gone. It does not follow a [HangUp].
	LinkDown struct{ Peer identity.ID }
	// Failed says that a link could not be dialled, or a control message not be
	// delivered.
	Failed struct{ Peer identity.ID }
	// Candidates are peers that are in the room, as somebody says: from an invite,
	// the DHT, the room's roster.
	Candidates struct{ Peers []identity.ID }
	// RTT is a measured round trip to a peer.
	RTT struct {
		Peer identity.ID
		RTT  time.Duration
	}
	// Speaking says whether this peer is on the stage.
	Speaking struct{ On bool }
	// Reachable says whether others can dial this peer.
	Reachable struct{ Dialable bool }
	// Stop begins to leave: children are handed on, and [Stopped] follows.
	Stop struct{}
)

func (Received) isEvent()   {}
func (Heard) isEvent()      {}
func (LinkUp) isEvent()     {}
func (LinkDown) isEvent()   {}
func (Failed) isEvent()     {}
func (Candidates) isEvent() {}
func (RTT) isEvent()        {}
func (Speaking) isEvent()   {}
func (Reachable) isEvent()  {}
func (Stop) isEvent()       {}
func (*Gossip) isEvent()    {}

// Effect is something that the machine asks its driver to do.
//
//sumtype:decl
type Effect interface{ isEffect() }

// The effects, to be carried out in order.
type (
	// Send asks to send a control message, reliably and in order.
	Send struct {
		To      identity.ID
		Message wire.Message
	}
	// Transmit asks to send a datagram on the link with To; it may be lost.
	Transmit struct {
		To       identity.ID
		Datagram []byte
	}
	// Dial asks to open a link with Peer: [LinkUp] or [Failed] follows.
	Dial struct{ Peer identity.ID }
	// HangUp asks to close the link with Peer, if there is one.
	HangUp struct{ Peer identity.ID }
	// Spread asks to gossip Data to everyone on the room's topic.
	Spread struct{ Data []byte }
	// Changed says that the [View] has other neighbours or another place now. Its count, its
	// relays and its edges may change without.
	Changed struct{}
	// Stopped says that everything that [Stop] began is done.
	Stopped struct{}
)

func (Send) isEffect()     {}
func (Transmit) isEffect() {}
func (Dial) isEffect()     {}
func (HangUp) isEffect()   {}
func (Spread) isEffect()   {}
func (Changed) isEffect()  {}
func (Stopped) isEffect()  {}
