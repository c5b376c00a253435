package rooms

import (
	"fmt"

	"github.com/banyan-rooms/banyan/crypto/identity"
)

// The kinds of item, the first byte of each.
const (
	itemOp       = 1
	itemPresence = 2
	itemFraud    = 3
)

// MaxItem is how many bytes an item has at most.
const MaxItem = max(maxPresence, maxOp+maxDeed) + 1

func item(kind byte, envelope []byte) []byte { return append([]byte{kind}, envelope...) }

// Item is one verified item of a room: an op, a presence or a fraud.
type Item struct {
	Op       *Op
	Presence *Presence
	Fraud    *Fraud
	raw      []byte
}

// IsFraud tells whether an item that checks is a fraud.
func IsFraud(data []byte) bool { return len(data) > 0 && data[0] == itemFraud }

// Author is who signed the item; nobody signs a fraud.
func (i Item) Author() identity.ID {
	switch {
	case i.Op != nil:
		return i.Op.Author
	case i.Presence != nil:
		return i.Presence.Author
	}
	return identity.ID{}
}

// Check verifies all of an item that can be verified without knowing the room's log:
// its size, its signature, its form and that it is about this room. The result can be
// given to [Received], so that nothing is verified twice; it keeps data.
func Check(room identity.RoomID, data []byte) (Item, error) {
	if len(data) == 0 {
		return Item{}, fmt.Errorf("item: %w: empty", ErrMalformed)
	}
	i := Item{raw: data}
	switch data[0] {
	case itemOp:
		o, err := OpenOp(data[1:])
		if err != nil {
			return Item{}, err
		}
		i.Op = &o
	case itemPresence:
		p, err := OpenPresence(data[1:])
		if err != nil {
			return Item{}, err
		}
		i.Presence = &p
	case itemFraud:
		f, err := openFraud(room, data[1:])
		if err != nil {
			return Item{}, fmt.Errorf("fraud: %w (%w)", ErrMalformed, err)
		}
		i.Fraud = &f
	default:
		return Item{}, fmt.Errorf("item of kind %d: %w", data[0], ErrLater)
	}
	if i.Fraud == nil && i.room() != room {
		return Item{}, ErrOtherRoom
	}
	return i, nil
}

func (i Item) room() identity.RoomID {
	if i.Op != nil {
		return i.Op.Room
	}
	return i.Presence.Room
}
