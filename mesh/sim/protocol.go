package sim

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/banyan-rooms/banyan/crypto/identity"
	"github.com/banyan-rooms/banyan/mesh"
	"github.com/banyan-rooms/banyan/mesh/wire"
)

// Protocol is one peer of a protocol that brings a room's sound to everybody, as the
// world drives it: by the contract of [mesh.Machine], which is one. Others are in
// mesh/sim/baseline, so that a table can say what Banyan's design buys.
//
// Media goes through Route, which may leave effects behind in protocols other than
// Banyan's: the deadline is then in the past, and the world steps at once.
type Protocol interface {
	// Step takes in an event, or none when only time has passed. Control messages come
	// as [mesh.Received] to Banyan's machines, as [Said] to others.
	Step(now time.Duration, ev mesh.Event)
	// Drain hands over all effects, in order. Banyan's machines ask to [mesh.Send],
	// others to [Say].
	Drain(do func(mesh.Effect))
	// Deadline is when Step wants to be called at the latest.
	Deadline() (time.Duration, bool)
	// Hastened tells whether Route may have brought the deadline nearer since it was
	// asked last.
	Hastened() bool
	// Route decides about one frame, from a neighbour or (zero) this peer's own.
	Route(now time.Duration, from identity.ID, f wire.Frame, raw []byte) (to []mesh.Hop, fresh bool)
	// Way says on which trees an own frame travels, and whether it carries the one before.
	Way(ctr uint64) (trees wire.Trees, cover bool)
	// Expects tells whether a peer may open a link.
	Expects(id identity.ID) bool
	// Check returns the first of the protocol's own invariants that is broken, or nil.
	Check() error
	Topology
}

// Topology is what a world may look at to measure a protocol. Who has no second tree
// answers for it with zeros.
type Topology interface {
	Trees() int                  // that the room has
	Parent(tree int) identity.ID // who feeds this peer; zero for a root and an orphan
	Backup(tree int) identity.ID // who would feed it at once; zero where there is no such thing
	IsRoot(tree int) bool        // this peer is where the sound comes from
	Attached(tree int) bool      // sound reaches this peer, as far as it knows
	Children(tree int) (fed int) // that this peer feeds
	MaxChildren() (allowed int)  // that it feeds at most
}

// Maker is how a world gets the peers of a protocol that is not Banyan's.
type Maker struct {
	Name string
	New  func(Start) Protocol
	// NameOf is what a control message, or a datagram on a link, is called whose first
	// byte is kind: below 24 for the one, below 7 for the other, and not
	// [wire.KindMedia], which all use for sound.
	NameOf func(onLink bool, kind byte) string
}

// Start is what a peer is told once.
type Start struct {
	mesh.Config
	// Known are the peers that an invite names: the community relays, or the room's
	// first peer where there are none.
	Known []identity.ID
}

// Say is an effect: it asks to send a control message of a protocol that is not
// Banyan's, reliably and in order. The set of effects is package mesh's and closed; to
// embed its interface is what lets one more be among them here, where the driver is ours.
type Say struct {
	mesh.Effect
	To   identity.ID
	Data []byte // not empty
}

// Said is the event that such a message came.
type Said struct {
	mesh.Event
	From identity.ID
	Data []byte
}

// errOwnIdea says that the world cannot tell whether a room of another protocol is whole.
var errOwnIdea = errors.New("what a settled room is, is known of Banyan's mesh only")

// banyan tells whether the world's peers are Banyan's own.
func (w *World) banyan() bool { return w.cfg.Protocol == nil }

// protocol is what the peers' protocol is called.
func (w *World) protocol() string {
	if w.banyan() {
		return "banyan"
	}
	return w.cfg.Protocol.Name
}

// newMachine makes what decides for a peer.
func (w *World) newMachine(p *peer) Protocol {
	c := w.machineConfig(p)
	if w.banyan() {
		return mesh.New(c)
	}
	s := Start{Config: c}
	for _, q := range w.peers[:max(1, w.cfg.Community)] {
		s.Known = append(s.Known, q.id)
	}
	return w.cfg.Protocol.New(s)
}

// say puts a control message of another protocol on its way.
func (s *shard) say(p *peer, to identity.ID, data []byte) {
	if len(data) == 0 || data[0] >= kindOnLinks {
		s.fail(p, fmt.Errorf("%s said %x, which names no kind below %d", s.w.cfg.Protocol.Name, data, kindOnLinks))
		return
	}
	s.carry(p, to, data)
}

// decode is the event that a control message came.
func (w *World) decode(from identity.ID, data []byte) (mesh.Event, error) {
	if !w.banyan() {
		return Said{From: from, Data: data}, nil
	}
	m, err := wire.Unmarshal(data)
	if err != nil {
		return nil, fmt.Errorf("machine sent %T that does not parse: %w", m, err)
	}
	return mesh.Received{From: from, Message: m}, nil
}

// nameOf is what a kind of traffic is called.
func (w *World) nameOf(kind int) string {
	switch {
	case kind == kindGossip:
		return "gossip"
	case !w.banyan() && kind >= kindOnLinks:
		return w.cfg.Protocol.NameOf(true, byte(kind-kindOnLinks))
	case !w.banyan():
		return w.cfg.Protocol.NameOf(false, byte(kind))
	case kind == kindOnLinks+wire.KindBeacon:
		return "beacon"
	case kind == kindOnLinks+wire.KindPull:
		return "pull"
	}
	return strings.ToLower(wire.NameOf(byte(kind)))
}

// otherInvariants are those that a run of another protocol is held to. That there is no
// loop at any instant is a promise of Banyan's, which others do not give.
func otherInvariants() []Invariant {
	return []Invariant{
		{Name: "as the protocol has them", Check: machine},
		{Name: "no frame played twice", Check: playedOnce},
		{Name: "links are bounded", Check: fewLinks},
	}
}
