package wire

import (
	"fmt"

	"github.com/banyan-rooms/banyan/crypto/canon"
	"github.com/banyan-rooms/banyan/crypto/identity"
)

// Bounds on what a message holds.
const (
	MaxPath    = 16 // peers from a root down
	MaxPeers   = 8  // peers that somebody is sent to
	MaxEdges   = 64 // sample of a tree that reports carry
	MaxStreams = 32 // streams in a digest
	maxMessage = 16 << 10
)

// messageVersion is the version of all messages.
const messageVersion = 1

// Message is one control message.
//
//sumtype:decl
type Message interface {
	kind() byte
	check() error
	stamp()
	about() uint8
	on(tree uint8)
}

// SeenBits is how many frames up to the newest a [Seen] tells of.
const SeenBits = 64

// Seen is which frames of a stream somebody has.
type Seen struct {
	KID  uint64 `cbor:"1,keyasint"`
	Top  uint64 `cbor:"2,keyasint"` // the highest counter
	Bits uint64 `cbor:"3,keyasint"` // bit i: has Top - i
}

// Has tells whether a frame is among those seen. What is older than the bits tell
// counts as seen: it could not be played any more.
func (s Seen) Has(ctr uint64) bool {
	return ctr <= s.Top && (s.Top-ctr >= SeenBits || s.Bits&(1<<(s.Top-ctr)) != 0)
}

// Edge says that From feeds To.
type Edge struct {
	From identity.ID `cbor:"1,keyasint"`
	To   identity.ID `cbor:"2,keyasint"`
}

// header is what all messages begin with: the version, and which tree they are about.
type header struct {
	Tree    uint8  `cbor:"0,keyasint,omitempty"`
	Version uint64 `cbor:"1,keyasint"`
}

func (h *header) stamp()        { h.Version = messageVersion }
func (h *header) about() uint8  { return h.Tree }
func (h *header) on(tree uint8) { h.Tree = tree }

// TreeOf is which tree a message is about.
func TreeOf(m Message) int { return int(m.about()) }

// On makes a message be about a tree, and returns it.
func On(tree int, m Message) Message {
	m.on(uint8(tree))
	return m
}

// The messages, in the order of their kinds, which begin at 1.
type (
	// Probe asks where the receiver stands; it answers with an Offer.
	Probe struct {
		header
		Nonce   uint32 `cbor:"2,keyasint"`
		Speaker bool   `cbor:"3,keyasint,omitempty"` // as in Join
		Slots   uint32 `cbor:"4,keyasint,omitempty"` // as in Join
		Parent  Short  `cbor:"5,keyasint,omitzero"`  // as in Join
		Backup  bool   `cbor:"6,keyasint,omitempty"` // as in Join
		Need    bool   `cbor:"7,keyasint,omitempty"` // the sender hears nothing, and found no place before
	}
	// Offer answers a probe.
	Offer struct {
		header
		Nonce  uint32        `cbor:"2,keyasint"`
		Place  Place         `cbor:"3,keyasint"`
		Free   uint32        `cbor:"4,keyasint"`           // places for a child like the one that asks
		Spare  uint32        `cbor:"5,keyasint"`           // places for those who want a backup
		Others []identity.ID `cbor:"6,keyasint,omitempty"` // who may have places, when this one has none
	}
	// Join asks to be fed: now, or (Backup) when the sender asks again with a
	// Switch. It is answered by an Accept or a Redirect.
	Join struct {
		header
		Backup  bool   `cbor:"2,keyasint,omitempty"`
		Switch  bool   `cbor:"3,keyasint,omitempty"` // the link is open: replay what Seen lacks
		Speaker bool   `cbor:"4,keyasint,omitempty"` // the sender is on the stage
		Slots   uint32 `cbor:"5,keyasint,omitempty"` // children that the sender could feed
		Seen    []Seen `cbor:"6,keyasint,omitempty"`
		Parent  Short  `cbor:"7,keyasint,omitzero"` // of one who wants a backup: those with the same one come all at once
	}
	// Accept says yes to a Join. Seen lets the child replay upwards.
	Accept struct {
		header
		Backup bool   `cbor:"2,keyasint,omitempty"`
		Place  Place  `cbor:"3,keyasint"`
		Seen   []Seen `cbor:"4,keyasint,omitempty"`
	}
	// Redirect says no to a Join, and whom to ask instead.
	Redirect struct {
		header
		Backup bool          `cbor:"2,keyasint,omitempty"`
		To     []identity.ID `cbor:"3,keyasint,omitempty"`
	}
	// Leave ends a parent's and a child's (or a backup's) relation, from either side:
	// two peers may have one each way.
	Leave struct {
		header
		Up bool `cbor:"2,keyasint,omitempty"` // the sender was fed, or would have been
	}
	// Move asks a child to find another parent, one of To if it can; the sender
	// feeds it until it has.
	Move struct {
		header
		To []identity.ID `cbor:"2,keyasint,omitempty"`
	}
	// Reverse says to the sender's parent: I am your parent now, for a new root is
	// at Place.
	Reverse struct {
		header
		Place Place `cbor:"2,keyasint"`
	}
	// Handover asks the receiver to become the root, since the sender stops being it.
	Handover struct {
		header
		Epoch uint32 `cbor:"2,keyasint"` // of the sender's root lease
	}
	// Report tells a parent about the tree below its child.
	Report struct {
		header
		Count uint32 `cbor:"2,keyasint"` // peers, the sender included
		Edges []Edge `cbor:"3,keyasint,omitempty"`
		Free  uint32 `cbor:"4,keyasint,omitempty"` // places that the sender itself has
		// Offers are the places that all below the sender, and it itself, offer in each
		// tree, taken or not: what the number of trees follows from.
		Offers [MaxTrees]uint32 `cbor:"5,keyasint,omitzero"`
		Slots  uint32           `cbor:"6,keyasint,omitempty"` // as in Join, now
		Open   uint8            `cbor:"7,keyasint,omitempty"` // how far below the sender the first free place is; 0 if there is none
	}
	// Tree tells a child about the whole tree.
	Tree struct {
		header
		Count uint32 `cbor:"2,keyasint"`
		Edges []Edge `cbor:"3,keyasint,omitempty"`
	}
	// Renew asks for word of the root that is newer than what the sender last had. Who
	// has none asks its parent.
	Renew struct {
		header
		Epoch uint32 `cbor:"2,keyasint"` // of the root
		Seq   uint32 `cbor:"3,keyasint"` // as in Place
	}
)

func (*Probe) kind() byte    { return 1 }
func (*Offer) kind() byte    { return 2 }
func (*Join) kind() byte     { return 3 }
func (*Accept) kind() byte   { return 4 }
func (*Redirect) kind() byte { return 5 }
func (*Leave) kind() byte    { return 6 }
func (*Move) kind() byte     { return 7 }
func (*Reverse) kind() byte  { return 8 }
func (*Handover) kind() byte { return 9 }
func (*Report) kind() byte   { return 10 }
func (*Tree) kind() byte     { return 11 }
func (*Renew) kind() byte    { return 12 }

// plans are of the messages, in the order of their kinds.
var plans = [...]*canon.Plan{
	canon.PlanOf(Probe{}), canon.PlanOf(Offer{}), canon.PlanOf(Join{}), canon.PlanOf(Accept{}), canon.PlanOf(Redirect{}), canon.PlanOf(Leave{}),
	canon.PlanOf(Move{}), canon.PlanOf(Reverse{}), canon.PlanOf(Handover{}), canon.PlanOf(Report{}), canon.PlanOf(Tree{}), canon.PlanOf(Renew{}),
}

// planOf returns the plan of a kind of messages, or nil if there is none of that kind.
func planOf(kind byte) *canon.Plan {
	if kind < 1 || int(kind) > len(plans) {
		return nil
	}
	return plans[kind-1]
}

// NameOf is what a kind of message is called, or "" if there is none of that kind.
func NameOf(kind byte) string {
	plan := planOf(kind)
	if plan == nil {
		return ""
	}
	return plan.String()
}

func (*Probe) check() error      { return nil }
func (m *Join) check() error     { return atMost("streams", len(m.Seen), MaxStreams) }
func (m *Redirect) check() error { return atMost("peers", len(m.To), MaxPeers) }
func (*Leave) check() error      { return nil }
func (m *Move) check() error     { return atMost("peers", len(m.To), MaxPeers) }
func (m *Reverse) check() error  { return m.Place.check() }
func (*Handover) check() error   { return nil }
func (*Renew) check() error      { return nil }
func (m *Report) check() error   { return atMost("edges", len(m.Edges), MaxEdges) }
func (m *Tree) check() error     { return atMost("edges", len(m.Edges), MaxEdges) }

func (m *Offer) check() error {
	if err := m.Place.check(); err != nil {
		return err
	}
	return atMost("peers", len(m.Others), MaxPeers)
}

func (m *Accept) check() error {
	if err := m.Place.check(); err != nil {
		return err
	}
	return atMost("streams", len(m.Seen), MaxStreams)
}

func atMost(what string, n, limit int) error {
	if n > limit {
		return fmt.Errorf("%w: %d %s, at most %d", ErrMalformed, n, what, limit)
	}
	return nil
}

// Marshal returns a message's bytes.
func Marshal(m Message) ([]byte, error) {
	m.stamp()
	return planOf(m.kind()).Marshal(m, m.kind())
}

// Unmarshal reads a message.
func Unmarshal(b []byte) (Message, error) {
	if len(b) == 0 || len(b) > maxMessage {
		return nil, fmt.Errorf("mesh message: %w: %d bytes, want 1 to %d", ErrMalformed, len(b), maxMessage)
	}
	plan := planOf(b[0])
	if plan == nil {
		return nil, fmt.Errorf("mesh message: %w: unknown kind %d", ErrMalformed, b[0])
	}
	v, err := plan.UnmarshalVersion(b[1:], messageVersion)
	if err != nil {
		return nil, fmt.Errorf("mesh message: %w", err)
	}
	m := v.(Message)
	if m.about() >= MaxTrees {
		return nil, fmt.Errorf("mesh message: %w: about tree %d of at most %d", ErrMalformed, m.about(), MaxTrees)
	}
	if err := m.check(); err != nil {
		return nil, fmt.Errorf("mesh message: %w", err)
	}
	return m, nil
}
