package node

import (
	"errors"
	"fmt"

	"github.com/banyan-rooms/banyan/crypto/canon"
	"github.com/banyan-rooms/banyan/crypto/epoch"
	"github.com/banyan-rooms/banyan/crypto/identity"
	"github.com/banyan-rooms/banyan/crypto/invite"
	"github.com/banyan-rooms/banyan/rooms"
)

// The protocols of this package. All messages are canonical CBOR of the structs
// below, within the network's bounds (1 MiB a request, 64 KiB a control message).
const (
	AdmitProtocol = "/banyan/admit/1.0.0" // requests: sync, redeem, serve, lobby
	KeyProtocol   = "/banyan/key/1.0.0"   // requests: the epoch's secret
	MeshProtocol  = "/banyan/mesh/1.0.0"  // control messages between neighbours in a tree
)

// relayKey is what relays announce in the DHT.
var relayKey = identity.RoomOf([]byte("banyan relay 1"))

// admitKind is what a request of AdmitProtocol wants.
type admitKind uint8

const (
	admitSync   admitKind = 1
	admitRedeem admitKind = 2
	admitServe  admitKind = 3
	admitLobby  admitKind = 4
)

// syncRequest asks a member for what the asker lacks of a room.
type syncRequest struct {
	Kind   admitKind       `cbor:"1,keyasint"`
	Room   identity.RoomID `cbor:"2,keyasint"`
	Heads  []rooms.Hash    `cbor:"3,keyasint,omitempty"` // of the asker's log, at most 64
	Ticket invite.Chain    `cbor:"4,keyasint,omitempty"` // by what right, in a room that asks for one
}

// syncAnswer is what a member knows. Who may not enter gets the genesis alone, and
// why.
type syncAnswer struct {
	Genesis []byte   `cbor:"1,keyasint"`
	Items   [][]byte `cbor:"2,keyasint,omitempty"` // ops, parents first; then presences
	More    bool     `cbor:"3,keyasint,omitempty"` // there are more ops: ask again with new heads
	Refused string   `cbor:"4,keyasint,omitempty"` // why the items are only those that tell why
	Relay   bool     `cbor:"5,keyasint,omitempty"` // the one who answers forwards only, and knows no items
	Addrs   []string `cbor:"6,keyasint,omitempty"` // of others in the room, at most 16
}

// redeemRequest asks the issuer of a bearer invite for a ticket.
type redeemRequest struct {
	Kind   admitKind       `cbor:"1,keyasint"`
	Room   identity.RoomID `cbor:"2,keyasint"`
	Chain  invite.Chain    `cbor:"3,keyasint"`
	Bearer invite.Bearer   `cbor:"4,keyasint"`
}

// redeemAnswer is the ticket.
type redeemAnswer struct {
	Ticket invite.Chain `cbor:"1,keyasint"`
}

// serveRequest asks a relay to forward for a room.
type serveRequest struct {
	Kind    admitKind `cbor:"1,keyasint"`
	Genesis []byte    `cbor:"2,keyasint"`
	Addrs   []string  `cbor:"3,keyasint,omitempty"` // of peers in the room, at most 16
}

// serveAnswer says yes.
type serveAnswer struct {
	OK bool `cbor:"1,keyasint"`
}

// lobbyRequest asks for the cards of public rooms that the other has: a newcomer need
// not wait until each is announced again.
type lobbyRequest struct {
	Kind admitKind `cbor:"1,keyasint"`
}

// lobbyAnswer is as many of them as fit.
type lobbyAnswer struct {
	Cards [][]byte `cbor:"1,keyasint,omitempty"`
}

// keyRequest asks a member for an epoch's secret.
type keyRequest struct {
	Room   identity.RoomID `cbor:"1,keyasint"`
	Epoch  uint32          `cbor:"2,keyasint,omitempty"`
	Ticket invite.Chain    `cbor:"3,keyasint,omitempty"`
}

// keyAnswer is the secret.
type keyAnswer struct {
	Secret epoch.Secret `cbor:"1,keyasint"`
}

// envelope is a control message of one room's mesh.
type envelope struct {
	Room    identity.RoomID `cbor:"1,keyasint"`
	Message []byte          `cbor:"2,keyasint"`
}

// The kinds of message on a room's topic, the first byte of each.
const (
	gossipItem = 1 // of the room: an op or a presence
	gossipMesh = 2 // of its tree
)

var errAsked = errors.New("the request makes no sense here")

// parseAdmit reads a request of AdmitProtocol: a syncRequest, redeemRequest,
// serveRequest or lobbyRequest.
func parseAdmit(b []byte) (any, error) {
	var any struct {
		Kind admitKind `cbor:"1,keyasint"`
	}
	if err := canon.Unmarshal(b, &any); err != nil {
		return nil, errAsked
	}
	switch any.Kind {
	case admitSync:
		return parse[syncRequest](b, func(r *syncRequest) bool {
			return !r.Room.IsZero() && len(r.Heads) <= maxSyncHeads && len(r.Ticket) <= invite.MaxDepth
		})
	case admitRedeem:
		return parse[redeemRequest](b, func(r *redeemRequest) bool {
			return !r.Room.IsZero() && len(r.Chain) > 0 && len(r.Chain) <= invite.MaxDepth
		})
	case admitServe:
		return parse[serveRequest](b, func(r *serveRequest) bool {
			return len(r.Genesis) > 0 && len(r.Addrs) <= maxAddrs
		})
	case admitLobby:
		return parse[lobbyRequest](b, func(*lobbyRequest) bool { return true })
	default:
		return nil, fmt.Errorf("%w: kind %d, this program knows 1 to 4", errAsked, any.Kind)
	}
}

// parseKey reads a request of KeyProtocol.
func parseKey(b []byte) (keyRequest, error) {
	return parse[keyRequest](b, func(r *keyRequest) bool {
		return !r.Room.IsZero() && len(r.Ticket) <= invite.MaxDepth
	})
}

// parseEnvelope reads a control message of a mesh.
func parseEnvelope(b []byte) (envelope, error) {
	return parse[envelope](b, func(e *envelope) bool { return !e.Room.IsZero() && len(e.Message) > 0 })
}

// parseSyncAnswer reads the answer to a syncRequest.
func parseSyncAnswer(b []byte) (syncAnswer, error) {
	return parse[syncAnswer](b, func(a *syncAnswer) bool { return len(a.Addrs) <= maxAddrs })
}

// parseRedeemAnswer reads the answer to a redeemRequest.
func parseRedeemAnswer(b []byte) (redeemAnswer, error) {
	return parse[redeemAnswer](b, func(a *redeemAnswer) bool { return len(a.Ticket) > 0 && len(a.Ticket) <= invite.MaxDepth })
}

// parseLobbyAnswer reads the answer to a lobbyRequest.
func parseLobbyAnswer(b []byte) (lobbyAnswer, error) {
	return parse[lobbyAnswer](b, func(a *lobbyAnswer) bool { return len(a.Cards) <= maxLobby })
}

// parseKeyAnswer reads the answer to a keyRequest.
func parseKeyAnswer(b []byte) (keyAnswer, error) {
	return parse[keyAnswer](b, func(*keyAnswer) bool { return true })
}

// parse reads one message and checks its bounds.
func parse[T any](b []byte, sound func(*T) bool) (T, error) {
	var v T
	if err := canon.Unmarshal(b, &v); err != nil {
		var none T
		return none, fmt.Errorf("%w: %w", errAsked, err)
	}
	if !sound(&v) {
		var none T
		return none, fmt.Errorf("%w: a part of it is missing or too large", errAsked)
	}
	return v, nil
}
