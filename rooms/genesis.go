package rooms

import (
	"errors"
	"fmt"

	"github.com/banyan-rooms/banyan/crypto/canon"
	"github.com/banyan-rooms/banyan/crypto/epoch"
	"github.com/banyan-rooms/banyan/crypto/identity"
)

// What this package's envelopes are signed for.
const (
	GenesisPurpose  identity.Purpose = "banyan/genesis/1"
	OpPurpose       identity.Purpose = "banyan/op/1"
	PresencePurpose identity.Purpose = "banyan/presence/1"
)

// Version is the version of everything that this package signs.
const Version = 1

// Bounds on what people write.
const (
	MaxTitle    = 120      // bytes of a room's title: one line of a page
	MaxName     = 64       // bytes of a person's name
	MaxTopics   = 8        // of a room
	MaxStage    = 16       // people on the stage: what a tree carries at once
	maxTag      = 32       // bytes of a topic or language
	maxGenesis  = 4 << 10  // bytes; the largest honest one has under 1 KiB
	maxOp       = 4 << 10  // bytes; the largest honest one has under 1 KiB
	maxDeed     = 8 << 10  // bytes more of an op that hands a right to invite on
	maxPresence = 12 << 10 // bytes; a ticket has up to 8 KiB of them
)

// Kind is who may come into a room.
type Kind uint8

// The kinds of room.
const (
	Open       Kind = 1 // anyone; announced in the lobby
	InviteOnly Kind = 2 // with a ticket
	Secret     Kind = 3 // with a ticket, and nothing names the room in public
)

// String returns the kind's name.
func (k Kind) String() string {
	switch k {
	case Open:
		return "open"
	case InviteOnly:
		return "invite"
	case Secret:
		return "secret"
	default:
		return fmt.Sprintf("kind %d", uint8(k))
	}
}

// Policy is what the host decides about a room when making it.
type Policy struct {
	Kind      Kind     `cbor:"1,keyasint"`
	Title     string   `cbor:"2,keyasint"`
	Language  string   `cbor:"3,keyasint,omitempty"` // BCP 47
	Topics    []string `cbor:"4,keyasint,omitempty"`
	Capacity  uint32   `cbor:"5,keyasint,omitempty"` // people; 0 means no limit
	Stage     uint32   `cbor:"6,keyasint,omitempty"` // people on the stage; 0 means MaxStage
	Recording bool     `cbor:"7,keyasint,omitempty"` // members may record
}

// Genesis makes a room.
type Genesis struct {
	Version    uint64           `cbor:"1,keyasint"`
	Created    int64            `cbor:"2,keyasint"` // Unix seconds, by the host's clock
	Policy     Policy           `cbor:"3,keyasint"`
	Commitment epoch.Commitment `cbor:"4,keyasint"` // to the secret of epoch 0, for the zero room ID
	Nonce      [16]byte         `cbor:"5,keyasint"` // so that no two rooms are the same

	Host identity.ID `cbor:"-"` // who signed it
	// Meeting is the name under which the room's peers find each other: the room's
	// own or, of a secret room, one that only those can tell who have the genesis.
	Meeting identity.RoomID `cbor:"-"`
}

// meetingLabel goes before a secret room's genesis in the name of its meeting.
const meetingLabel = "banyan secret meeting 1\x00"

var (
	// ErrMalformed says that bytes are not what they should be.
	ErrMalformed = errors.New("malformed")
	// ErrLater says that bytes are of a kind that only a later version knows.
	ErrLater = errors.New("of a later version")
	// ErrOtherRoom says that something is about another room.
	ErrOtherRoom = errors.New("about another room")
)

// NewGenesis signs a genesis and returns its envelope and the room's name.
func NewGenesis(key identity.Key, g Genesis) ([]byte, identity.RoomID, error) {
	g.Version = Version
	if err := g.Policy.check(); err != nil {
		return nil, identity.RoomID{}, err
	}
	payload, err := canon.Marshal(g)
	if err != nil {
		return nil, identity.RoomID{}, err
	}
	envelope, err := key.Seal(GenesisPurpose, payload)
	if err != nil {
		return nil, identity.RoomID{}, err
	}
	return envelope, identity.RoomOf(envelope), nil
}

// OpenGenesis verifies a genesis and returns it with the room's name.
func OpenGenesis(envelope []byte) (Genesis, identity.RoomID, error) {
	if len(envelope) > maxGenesis {
		return Genesis{}, identity.RoomID{}, fmt.Errorf("genesis: %w: %d bytes, at most %d", ErrMalformed, len(envelope), maxGenesis)
	}
	host, payload, err := identity.Open(GenesisPurpose, envelope)
	if err != nil {
		return Genesis{}, identity.RoomID{}, fmt.Errorf("genesis: %w", err)
	}
	var g Genesis
	if err := canon.UnmarshalVersion(payload, Version, &g); err != nil {
		return Genesis{}, identity.RoomID{}, fmt.Errorf("genesis: %w", err)
	}
	if err := g.Policy.check(); err != nil {
		return Genesis{}, identity.RoomID{}, fmt.Errorf("genesis: %w", err)
	}
	g.Host, g.Meeting = host, identity.RoomOf(envelope)
	if g.Policy.Kind == Secret {
		g.Meeting = identity.RoomOf(append([]byte(meetingLabel), envelope...))
	}
	return g, identity.RoomOf(envelope), nil
}

func (p Policy) check() error {
	switch {
	case p.Kind < Open || p.Kind > Secret:
		return fmt.Errorf("%w: unknown kind of room %d", ErrMalformed, p.Kind)
	case len(p.Topics) > MaxTopics, p.Stage > MaxStage:
		return fmt.Errorf("%w: at most %d topics and %d on the stage", ErrMalformed, MaxTopics, MaxStage)
	}
	if err := checkTitle(p.Title); err != nil {
		return err
	}
	for _, tag := range append([]string{p.Language}, p.Topics...) {
		if err := checkText("language or topic", tag, maxTag); err != nil {
			return err
		}
	}
	return nil
}

// stage is how many people fit on the stage.
func (p Policy) stage() int {
	if p.Stage == 0 {
		return MaxStage
	}
	return int(p.Stage)
}
