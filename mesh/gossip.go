package mesh

import (
	"fmt"
	"time"

	"github.com/banyan-rooms/banyan/crypto/canon"
	"github.com/banyan-rooms/banyan/crypto/identity"
)

// Purpose is what the envelopes of adverts and leases are signed for.
const Purpose identity.Purpose = "banyan/mesh/1"

// MaxGossip is how many bytes a gossip message of the mesh has at most.
const MaxGossip = 1024

const gossipVersion = 1

// Advert is a peer's offer to forward.
type Advert struct {
	Slots     uint32 `cbor:"1,keyasint"` // children it feeds at most
	Community bool   `cbor:"2,keyasint,omitempty"`
	Since     int64  `cbor:"3,keyasint"` // Unix seconds at which it came, by its own clock
	Gone      bool   `cbor:"4,keyasint,omitempty"`
}

// Lease is a root's claim to the tree, for [Timing.LeaseTTL] from its receipt.
type Lease struct {
	Epoch uint32 `cbor:"1,keyasint"`
	Gone  bool   `cbor:"2,keyasint,omitempty"` // the root has stopped
	Tree  uint8  `cbor:"3,keyasint,omitempty"` // whose root it is
}

// gossip is the payload: an advert and, from a root, its lease.
type gossip struct {
	Version uint64          `cbor:"1,keyasint"`
	Room    identity.RoomID `cbor:"2,keyasint"`
	Seq     uint64          `cbor:"3,keyasint"` // Unix milliseconds; rises with each message of a peer
	Advert  Advert          `cbor:"4,keyasint"`
	Lease   *Lease          `cbor:"5,keyasint,omitempty"`
}

// Gossip is a verified gossip message, and the event that it came. Machines keep it: who
// has several may hand the same one to all, and nobody may change it afterwards.
type Gossip struct {
	From   identity.ID
	Seq    uint64
	Advert Advert
	Lease  *Lease // nil from a peer that is not a root
	hash   uint64 // rendezvous of the sender and the room, for ties in rank
}

// OpenGossip verifies a gossip message: its size, its signature, its form, and that it
// is about the room.
func OpenGossip(room identity.RoomID, data []byte) (*Gossip, error) {
	if len(data) > MaxGossip {
		return nil, fmt.Errorf("mesh gossip: %d bytes, at most %d", len(data), MaxGossip)
	}
	from, payload, err := identity.Open(Purpose, data)
	if err != nil {
		return nil, fmt.Errorf("mesh gossip: %w", err)
	}
	var g gossip
	if err := canon.UnmarshalVersion(payload, gossipVersion, &g); err != nil {
		return nil, fmt.Errorf("mesh gossip: %w", err)
	}
	if g.Room != room {
		return nil, fmt.Errorf("mesh gossip: about another room")
	}
	return &Gossip{From: from, Seq: g.Seq, Advert: g.Advert, Lease: g.Lease, hash: rendezvous(room, from)}, nil
}

// spread signs and gossips this peer's advert and, if it is the root, its lease.
func (m *Machine) spread(now time.Duration, gone bool) {
	m.seq = max(m.seq+1, seqAt(m.start.Add(now)))
	g := gossip{Version: gossipVersion, Room: m.room, Seq: m.seq, Advert: m.ownAdvert()}
	g.Advert.Gone = gone
	rooted := m.rooted()
	if rooted != nil {
		g.Lease = &Lease{Epoch: rooted.epoch, Gone: gone, Tree: uint8(rooted.index)}
	}
	payload, err := canon.Marshal(g)
	if err != nil {
		panic(fmt.Sprintf("encode own advert: %v", err)) // plain fields of our own
	}
	data, err := m.key.Seal(Purpose, payload)
	if err != nil {
		panic(fmt.Sprintf("sign own advert: %v", err)) // our own key
	}
	m.emit(Spread{data})
	m.spreadAt = now
	m.advertAt = now + m.timing.Advert
	if rooted != nil {
		m.advertAt = now + m.timing.Lease
	}
}

// seqAt is the number of a message that is sent at some time.
func seqAt(t time.Time) uint64 { return uint64(max(0, t.UnixMilli())) }

// advertise plans the first advert since this peer came, or could be dialled again: not at once, since by then this peer may have heard
// of enough others that are better ranked.
func (m *Machine) advertise(now time.Duration) {
	m.advertAt = never
	if m.willing() {
		m.advertAt = now + m.timing.Settle + m.jittered(m.timing.FirstAdvert)
	}
}

// herald gossips the advert, or a root's lease, when it is time. Only the best ranked
// do: in a large room nobody could bear the adverts of all, nor needs them.
func (m *Machine) herald(now time.Duration) {
	if now < m.advertAt {
		return
	}
	if m.rooted() == nil {
		better := m.outranked(now, identity.ID{})
		if better >= heralds {
			m.advertAt = now + m.timing.Advert
			return
		}
		if better >= firstHeralds && !m.modest { // the others may not have come round to it since this peer came
			m.modest, m.advertAt = true, now+m.jittered(m.timing.Advert)
			return
		}
	}
	m.spread(now, false)
}

// ownAdvert is what this peer offers.
func (m *Machine) ownAdvert() Advert {
	return Advert{Slots: uint32(m.maxChildren), Community: m.community, Since: m.start.Unix()}
}

// willing tells whether this peer may forward for others at all.
func (m *Machine) willing() bool { return m.maxChildren > 0 && m.dialable && !m.leaving }

// rooted is the tree whose root this peer is, or nil. It is never the root of two.
func (m *Machine) rooted() *tree {
	for _, t := range m.both() {
		if t.isRoot {
			return t
		}
	}
	return nil
}
