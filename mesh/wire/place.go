package wire

import (
	"encoding/hex"
	"fmt"
	"slices"

	"github.com/banyan-rooms/banyan/crypto/identity"
)

// MaxTrees is how many trees a room has at most.
const MaxTrees = 2

// shortSize is how many bytes of an ID a path has of each peer. Two peers of a room
// share so many by chance once in 2^48; somebody who takes the pains to find an ID that
// begins like another's makes that one refuse them as a parent.
const shortSize = 6

// Short is the beginning of an ID: enough to know a peer by among those of a room.
type Short [shortSize]byte

// ShortOf returns the beginning of an ID.
func ShortOf(id identity.ID) Short { return Short(id[:shortSize]) }

// String is in hex.
func (s Short) String() string { return hex.EncodeToString(s[:]) }

// Path leads from a root down to somebody, both included. On the wire it is one string
// of bytes.
type Path []Short

// MarshalBinary implements [encoding.BinaryMarshaler].
func (p Path) MarshalBinary() ([]byte, error) {
	b := make([]byte, 0, len(p)*shortSize)
	for _, s := range p {
		b = append(b, s[:]...)
	}
	return b, nil
}

// UnmarshalBinary implements [encoding.BinaryUnmarshaler].
func (p *Path) UnmarshalBinary(b []byte) error {
	if len(b)%shortSize != 0 || len(b) > MaxPath*shortSize {
		return fmt.Errorf("%w: a path of %d bytes, want %d for each of at most %d peers", ErrMalformed, len(b), shortSize, MaxPath)
	}
	*p = slices.Grow(Path(nil), len(b)/shortSize)
	for ; len(b) > 0; b = b[shortSize:] {
		*p = append(*p, Short(b))
	}
	return nil
}

// Has tells whether somebody is on the path.
func (p Path) Has(id identity.ID) bool { return slices.Contains(p, ShortOf(id)) }

// Place is where somebody stands in one of the room's trees.
type Place struct {
	Epoch    uint32      `cbor:"1,keyasint"`            // of the root
	Path     Path        `cbor:"2,keyasint,omitempty"`  // from the root down to the sender, both included
	Attached bool        `cbor:"3,keyasint,omitempty"`  // sound reaches the sender: it is the root or has a parent
	Seq      uint32      `cbor:"4,keyasint,omitempty"`  // how new this is: the root counts, those below pass it on
	Frames   uint64      `cbor:"5,keyasint,omitempty"`  // of this tree that the root had had then, in all
	Root     identity.ID `cbor:"6,keyasint,omitzero"`   // not in beacons, whose readers know it
	Count    uint32      `cbor:"8,keyasint,omitempty"`  // peers in the tree, as far as the root knew then
	Open     uint8       `cbor:"9,keyasint,omitempty"`  // how far below the root the first place is that is free, as far as it knew then; 0 if there is none
	Delay    uint16      `cbor:"10,keyasint,omitempty"` // milliseconds that a frame takes from the root, as far as round trips tell
	Trees    uint8       `cbor:"7,keyasint,omitempty"`  // that the room has, as the first one's root decided; 0 from those who do not know
}

// Top is the first of the path: the root, or whoever heads the part of the tree that
// has lost its root. It is zero when the path is empty.
func (p Place) Top() Short {
	if len(p.Path) == 0 {
		return Short{}
	}
	return p.Path[0]
}

// Depth is how many hops the place is below the top.
func (p Place) Depth() int { return max(0, len(p.Path)-1) }

// IsOf tells whether a peer may say that this is its place: the path ends with it, and
// begins with the root that is named.
func (p Place) IsOf(id identity.ID) bool {
	return len(p.Path) > 0 && p.Path[len(p.Path)-1] == ShortOf(id) && (p.Root.IsZero() || ShortOf(p.Root) == p.Path[0])
}

func (p Place) check() error {
	if p.Trees > MaxTrees {
		return fmt.Errorf("%w: %d trees, at most %d", ErrMalformed, p.Trees, MaxTrees)
	}
	if err := atMost("peers in a path", len(p.Path), MaxPath); err != nil {
		return err
	}
	for i, s := range p.Path {
		if slices.Contains(p.Path[:i], s) {
			return fmt.Errorf("%w: a path that leads twice to %s", ErrMalformed, s)
		}
	}
	return nil
}
