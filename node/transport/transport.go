// Package transport is the vocabulary between a node and whatever carries its
// bytes: libp2p and pion in the world, memory in tests.
//
// A [Network] finds peers and carries what must arrive: requests, control
// messages, gossip. A [Links] carries frames, which may be lost.
package transport

import (
	"context"
	"errors"
	"time"

	"github.com/banyan-rooms/banyan/crypto/identity"
)

// Bounds that every network holds its callers and its strangers to.
const (
	MaxRequest  = 1 << 20  // bytes of a request or an answer
	MaxControl  = 64 << 10 // bytes of a control message
	MaxGossip   = 64 << 10 // bytes of a gossip message
	MaxDatagram = 1200     // bytes of a datagram; fits any path's MTU with SRTP and UDP around it
	MaxEarly    = 64       // datagrams that a link keeps until someone receives: over a second of sound
	MaxWords    = 300      // bytes of a refusal's words
)

var (
	// ErrUnreachable says that a peer could not be dialled.
	ErrUnreachable = errors.New("peer cannot be reached")
	// ErrRefused says that the other side answered with a refusal; the error
	// that wraps it carries the other side's words.
	ErrRefused = errors.New("peer refused")
	// ErrTooLarge says that a message is over its bound.
	ErrTooLarge = errors.New("message too large")
	// ErrClosed says that a link, topic or network was closed before.
	ErrClosed = errors.New("closed")
	// ErrDuplicate says that a link with the peer in the room is open already, or
	// that the peer's own dial came first. That link is the one that counts: it
	// was or will be handed to the opened function of [Links].
	ErrDuplicate = errors.New("a link with this peer is open or opening already")
)

// Handler answers one request of a peer. An error is sent back as a refusal in
// its own words, so it must hold nothing secret.
type Handler func(ctx context.Context, from identity.ID, request []byte) ([]byte, error)

// Verdict is a validator's word on a gossip message.
type Verdict int

// The verdicts: pass it on, drop it in silence, drop it and hold it against the
// peer that passed it on.
const (
	Accept Verdict = iota
	Ignore
	Reject
)

// Gossip is one message on a topic. Relayer handed it on; who wrote it is for the
// signature inside to say.
type Gossip struct {
	Relayer identity.ID
	Data    []byte
}

// Network finds peers and carries what must arrive. It is safe for concurrent use.
type Network interface {
	// Self is the identity that other peers see.
	Self() identity.ID
	// Addrs are this peer's dialable multiaddrs, each ending in /p2p/<id>.
	Addrs() []string
	// Connect dials a peer at multiaddrs that end in /p2p/<id>, and returns who
	// answered. Already connected is success.
	Connect(ctx context.Context, addrs []string) (identity.ID, error)
	// Know keeps addresses (ending in /p2p/<id>) for later dialling.
	Know(addrs []string)
	// AddrsOf are the known addresses of a peer, each ending in /p2p/<id>.
	AddrsOf(id identity.ID) []string
	// Peers are the peers connected now, ordered by ID.
	Peers() []identity.ID

	// Handle answers requests on a protocol until the network closes.
	Handle(protocol string, h Handler)
	// Request asks a peer and waits for its answer; it dials if it must.
	Request(ctx context.Context, to identity.ID, protocol string, request []byte) ([]byte, error)
	// Speaks tells whether a connected peer supports a protocol.
	Speaks(id identity.ID, protocol string) bool

	// HandleControl receives control messages of a protocol, in the order in
	// which each peer sent them; different peers' at the same time. h owns the
	// message and must not block.
	HandleControl(protocol string, h func(from identity.ID, message []byte))
	// SendControl queues a message to a peer: reliable and in order while the
	// connection holds, dialling if it must. It does not block; failed is
	// called (from another goroutine) when the message could not be sent.
	SendControl(to identity.ID, protocol string, message []byte, failed func(error))

	// Join takes part in a topic. validate runs before a message is passed on,
	// from several goroutines; deliver runs for each accepted message of others, one
	// after the other; neither may block.
	Join(topic string, validate func(Gossip) Verdict, deliver func(Gossip)) (Topic, error)

	// Provide announces in the DHT that this peer has what key names, and
	// keeps the announcement fresh until ctx ends. It returns at once.
	Provide(ctx context.Context, key identity.RoomID)
	// Find returns up to limit peers that announced key; their addresses are known.
	Find(ctx context.Context, key identity.RoomID, limit int) ([]identity.ID, error)

	// Gate refuses (or, with false, allows again) all connections with a peer.
	Gate(id identity.ID, refuse bool)
	// RTT is the smoothed round trip to a connected peer, if known.
	RTT(id identity.ID) (rtt time.Duration, known bool)
	// Dialable tells whether strangers can dial this peer as far as others have
	// confirmed it. It changes while the network learns: ask again.
	Dialable() bool
}

// Topic is one joined topic.
type Topic interface {
	// Publish sends data to everyone on the topic.
	Publish(ctx context.Context, data []byte) error
	// Peers are the topic's peers that this one is connected to, ordered by ID.
	Peers() []identity.ID
	// Close leaves the topic. When it returns, deliver is called no more; so
	// deliver must not call it.
	Close() error
}

// Links opens the links that frames travel on: datagrams, unordered, not
// retransmitted, encrypted between the two peers. One Links serves all rooms.
type Links interface {
	// Accept asks allow about every link that a peer wants to open, then hands
	// it over to opened. It must be called once, before the first link.
	Accept(allow func(from identity.ID, room identity.RoomID) error, opened func(Link))
	// Dial opens a link to a peer for a room. Two peers have at most one link in
	// a room. When both dial at once, the dial of the lower ID goes through and
	// the other fails with [ErrDuplicate]; so does a dial when the link is there.
	// A peer that dials though this side still holds its link has lost that
	// link: the new one takes its place and the old one closes.
	Dial(ctx context.Context, to identity.ID, room identity.RoomID) (Link, error)
}

// Link is one open link with a neighbour in one room.
type Link interface {
	Peer() identity.ID
	Room() identity.RoomID
	// Send queues one datagram of at most [MaxDatagram] bytes. It does not
	// block and does not keep the slice.
	Send(datagram []byte) error
	// Receive has h called for each datagram until the link closes, one after
	// the other, and returns at once. h owns the slice and must not block. It is
	// called once; the last [MaxEarly] datagrams that came before are kept for it.
	Receive(h func(datagram []byte))
	// Done is closed when the link is closed by either side or has failed.
	Done() <-chan struct{}
	Close() error
}
