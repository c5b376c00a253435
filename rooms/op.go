package rooms

import (
	"bytes"
	"crypto/sha256"
	"fmt"

	"github.com/banyan-rooms/banyan/crypto/canon"
	"github.com/banyan-rooms/banyan/crypto/epoch"
	"github.com/banyan-rooms/banyan/crypto/identity"
	"github.com/banyan-rooms/banyan/crypto/invite"
)

// Hash names an op: the SHA-256 of its envelope. The room's genesis is the first.
type Hash [32]byte

// Compare orders hashes by their bytes.
func (h Hash) Compare(other Hash) int { return bytes.Compare(h[:], other[:]) }

// OpKind is what an op does.
type OpKind uint8

// The kinds of op. Subject is whom it is about. An op of a kind that is not among
// them is of a later version: it is kept and passed on, and changes nothing here.
const (
	OpGrant        OpKind = 1  // Subject has Role: speaker (an invitation to the stage) or moderator
	OpRevoke       OpKind = 2  // Subject is a listener again
	OpRelinquish   OpKind = 3  // the author is a listener again
	OpBan          OpKind = 4  // Subject may not be here
	OpUnban        OpKind = 5  // Subject may come back, as a listener
	OpTitle        OpKind = 6  // the room is called Text
	OpEpoch        OpKind = 7  // epoch Epoch begins, its secret opens Commitment
	OpRevokeInvite OpKind = 8  // the invite whose [invite.Chain.ID] is Invite lets nobody in any more
	OpLowerHand    OpKind = 9  // Subject's hand that was raised at Hand is lowered
	OpClose        OpKind = 10 // the room is over
	OpSetting      OpKind = 11 // Setting is On or not
	OpMute         OpKind = 12 // Subject is not heard; if On, until [OpUnmute], else until they lift it themselves
	OpUnmute       OpKind = 13 // Subject may be heard again
	OpHandOver     OpKind = 14 // Subject is the host, and the author a moderator
	OpSuccessor    OpKind = 15 // Subject, or nobody, may take hosting over
	OpTakeOver     OpKind = 16 // the author is the host, and Subject, who was, a moderator
)

// Setting is something of a room that a moderator switches on and off.
type Setting uint8

// The settings; all are off in a new room. One that is not among them is of a later
// version.
const (
	StageLocked Setting = 1 // nobody new comes onto the stage
	HandsOff    Setting = 2 // nobody's hand is up
)

// String returns the kind's name.
func (k OpKind) String() string {
	names := [...]string{"none", "grant", "revoke", "relinquish", "ban", "unban", "title", "epoch", "revoke-invite", "lower-hand", "close", "setting", "mute", "unmute", "hand-over", "successor", "take-over"}
	if int(k) < len(names) {
		return names[k]
	}
	return fmt.Sprintf("op %d", uint8(k))
}

// MaxParents is how many ops an op may follow at once; a peer that sees more heads
// names the first ones, and the next op ties up the rest.
const MaxParents = 16

// Op is one signed act. Its format is final; later versions add fields.
type Op struct {
	Version    uint64           `cbor:"1,keyasint"`
	Room       identity.RoomID  `cbor:"2,keyasint"`
	Parents    []Hash           `cbor:"3,keyasint"` // the log's heads as the author saw them, in rising order
	Time       int64            `cbor:"4,keyasint"` // Unix milliseconds by the author's clock; for people to read, nothing rests on it
	Kind       OpKind           `cbor:"5,keyasint"`
	Subject    identity.ID      `cbor:"6,keyasint,omitzero"`
	Role       invite.Role      `cbor:"7,keyasint,omitempty"`
	Text       string           `cbor:"8,keyasint,omitempty"`
	Epoch      uint32           `cbor:"9,keyasint,omitempty"`
	Commitment epoch.Commitment `cbor:"10,keyasint,omitzero"`
	Invite     Hash             `cbor:"11,keyasint,omitzero"`
	Hand       int64            `cbor:"12,keyasint,omitempty"` // [Presence.Hand]
	Setting    Setting          `cbor:"13,keyasint,omitempty"`
	On         bool             `cbor:"14,keyasint,omitempty"`
	Deed       invite.Chain     `cbor:"15,keyasint,omitempty"` // by which Subject lets people in who ask for a ticket

	Author identity.ID `cbor:"-"` // who signed it
	Hash   Hash        `cbor:"-"` // of the envelope
}

// sign signs an op and returns its envelope.
func (o Op) sign(key identity.Key) ([]byte, error) {
	o.Version = Version
	payload, err := canon.Marshal(o)
	if err != nil {
		return nil, err
	}
	return key.Seal(OpPurpose, payload)
}

// OpenOp verifies an op's envelope and form. Whether the op counts is for the log.
func OpenOp(envelope []byte) (Op, error) {
	if len(envelope) > maxOp+maxDeed {
		return Op{}, fmt.Errorf("op: %w: %d bytes, at most %d", ErrMalformed, len(envelope), maxOp+maxDeed)
	}
	author, payload, err := identity.Open(OpPurpose, envelope)
	if err != nil {
		return Op{}, fmt.Errorf("op: %w", err)
	}
	var o Op
	if err := canon.UnmarshalVersion(payload, Version, &o); err != nil {
		return Op{}, fmt.Errorf("op: %w", err)
	}
	if err := o.check(); err != nil {
		return Op{}, err
	}
	if passes := o.Kind == OpHandOver || o.Kind == OpSuccessor; len(envelope) > maxOp && !passes {
		return Op{}, fmt.Errorf("op: %w: %d bytes, at most %d of this kind", ErrMalformed, len(envelope), maxOp)
	}
	o.Author, o.Hash = author, sha256.Sum256(envelope)
	return o, nil
}

func (o Op) check() error {
	if len(o.Parents) == 0 || len(o.Parents) > MaxParents {
		return fmt.Errorf("op: %w: %d parents, want 1 to %d", ErrMalformed, len(o.Parents), MaxParents)
	}
	for i := 1; i < len(o.Parents); i++ {
		if o.Parents[i-1].Compare(o.Parents[i]) >= 0 {
			return fmt.Errorf("op: %w: parents are not in rising order", ErrMalformed)
		}
	}
	about := !o.Subject.IsZero()
	var sound bool
	switch o.Kind {
	case OpGrant:
		sound = about && (o.Role == invite.Speaker || o.Role == invite.Moderator)
	case OpRevoke, OpBan, OpUnban, OpMute, OpUnmute, OpHandOver, OpTakeOver:
		sound = about
	case OpSetting:
		sound = o.Setting != 0
	case OpLowerHand:
		sound = about && o.Hand > 0
	case OpTitle:
		sound = o.Text != ""
	case OpEpoch:
		sound = o.Epoch > 0
	case OpRevokeInvite:
		sound = o.Invite != Hash{}
	default: // close, relinquish and successor need no more, and a later version knows what it needs
		sound = o.Kind != 0
	}
	if !sound {
		return fmt.Errorf("op: %w: %v does not say enough", ErrMalformed, o.Kind)
	}
	return checkText("op's text", o.Text, MaxTitle)
}

// role tells whose role or presence an op decides about, if it does.
func (o *Op) role() (who identity.ID, ok bool) {
	switch o.Kind {
	case OpGrant, OpRevoke, OpBan, OpUnban:
		return o.Subject, true
	case OpTakeOver: // leaves who was the host a moderator
		return o.Subject, true
	case OpRelinquish, OpHandOver:
		return o.Author, true
	default:
		return identity.ID{}, false
	}
}

// makesModerator tells whether an op makes a moderator of whom it is about: of a host
// who ceases to be it, too.
func (o *Op) makesModerator() bool { return o.roleGiven() == invite.Moderator }

// roleGiven is what an op about somebody's role makes them.
func (o *Op) roleGiven() invite.Role {
	switch o.Kind {
	case OpGrant:
		return o.Role
	case OpHandOver, OpTakeOver:
		return invite.Moderator
	default:
		return invite.Listener
	}
}

// begins is the number of the epoch that an op begins, else zero.
func (o *Op) begins() uint32 {
	if o.Kind != OpEpoch {
		return 0
	}
	return o.Epoch
}

// gives is 0 for an op that takes and 1 for one that gives.
func (o *Op) gives() int {
	switch o.Kind {
	case OpGrant, OpUnban, OpUnmute, OpHandOver, OpTakeOver:
		return 1
	case OpSetting:
		if !o.On {
			return 1
		}
	default: // it takes, or is of one kind only
	}
	return 0
}
