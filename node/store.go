package node

import "github.com/banyan-rooms/banyan/crypto/identity"

// Store is what a node remembers; package store has the real one. What a method that
// writes has returned from without an error is durable. A store is safe for
// concurrent use.
type Store interface {
	// Name is the person's own name, empty until it was chosen.
	Name() (string, error)
	SetName(name string) error

	// Rooms are the rooms that are kept, in the order in which they came.
	Rooms() ([]identity.RoomID, error)
	// Genesis is a room's genesis, nil for a room that is not kept.
	Genesis(room identity.RoomID) ([]byte, error)
	// PutGenesis begins to keep a room; it comes before all else that is kept of it.
	PutGenesis(room identity.RoomID, genesis []byte) error

	// Items are a room's ops in the order in which they were put.
	Items(room identity.RoomID) ([][]byte, error)
	PutItem(room identity.RoomID, item []byte) error

	// Ticket is the chain of invites by which one is in a room, nil without one.
	Ticket(room identity.RoomID) ([][]byte, error)
	PutTicket(room identity.RoomID, chain [][]byte) error

	// Secret is the secret of a room's epoch, if it is kept.
	Secret(room identity.RoomID, epoch uint32) (secret [32]byte, known bool, err error)
	PutSecret(room identity.RoomID, epoch uint32, secret [32]byte) error

	// Reserve takes n numbers of a counter and returns the first; no number is
	// ever returned twice.
	Reserve(counter []byte, n uint64) (first uint64, err error)
	// Issued are the invites into a room that were made here, in order. PutIssued keeps
	// one, in place of what was kept of it before.
	Issued(room identity.RoomID) (records [][]byte, err error)
	// IssuedInvite is one of them, nil if it was not made here.
	IssuedInvite(room identity.RoomID, invite [32]byte) (record []byte, err error)
	PutIssued(room identity.RoomID, invite [32]byte, record []byte) error
	// Uses is how many people have redeemed an invite here.
	Uses(invite [32]byte) (n uint64, err error)
	// Redeem returns which use of an invite a holder's is: the same at each call,
	// else the next one. ok is false when limit (0 is none) people have used it.
	Redeem(invite [32]byte, holder identity.ID, limit uint32) (use uint32, ok bool, err error)

	// Blocked are the people whom this person does not want to hear.
	Blocked() ([]identity.ID, error)
	PutBlocked(who []identity.ID) error

	// Peers are the addresses, each ending in /p2p/<id>, of peers met before, the
	// latest first.
	Peers() ([]string, error)
	// PutPeers keeps the addresses of peers that were met just now.
	PutPeers(met map[identity.ID][]string) error
}
