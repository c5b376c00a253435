package mesh

import (
	"github.com/banyan-rooms/banyan/crypto/identity"
	"github.com/banyan-rooms/banyan/mesh/wire"
)

// interior tells whether this peer may feed others in the tree. It does in one tree only,
// chosen by chance, so that a peer that dies is missed in one only; a root in its own.
func (t *tree) interior() bool {
	switch {
	case t.count == 1:
		return t.index == 0
	case t.isRoot:
		return true
	case t.other().isRoot:
		return false
	}
	return t.home
}

// native tells whether a peer that feeds others does so in this tree, by chance, and not in
// the other.
func (t *tree) native(id identity.ID) bool { return roleOf(t.room, id) == t.index }

// roleOf is the tree that a peer is interior in.
func roleOf(room identity.RoomID, id identity.ID) int {
	return int(room[len(room)-1]^id[len(id)-1]) % wire.MaxTrees
}

// offers tells whether this peer feeds others in this tree.
func (t *tree) offers() bool { return t.willing() && t.interior() && !t.saved() }

// saved tells whether this peer is kept for a second tree that there may be, whose begin
// would else take half of the first one apart: as long as the first one has places
// without it, and nobody has asked in vain.
func (t *tree) saved() bool {
	return t.count == 1 && t.maxTrees > 1 && !t.needed && !t.isRoot && !t.home && t.place.Attached && t.place.Open > 0 && t.fed() == 0
}
