// Package cycles runs a protocol the way in which papers about gossip do: in cycles, with
// a broadcast in each, on a network that has no distances. All that is sent arrives one
// [Hop] later, nothing is lost, and who dies is missed at once.
//
// It drives the same machines as [sim.World], through the same interface. A world has the
// distances, losses and clocks that a room has; cycles have what is needed to set a figure
// beside a published one. So they vouch for a protocol's machine, not for the world.
package cycles

import (
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/banyan-rooms/banyan/crypto/identity"
	"github.com/banyan-rooms/banyan/crypto/sframe"
	"github.com/banyan-rooms/banyan/mesh"
	"github.com/banyan-rooms/banyan/mesh/sim"
	"github.com/banyan-rooms/banyan/mesh/sim/baseline/member"
	"github.com/banyan-rooms/banyan/mesh/wire"
)

const (
	// Hop is how long everything takes that is sent.
	Hop = time.Millisecond
	// Length is how long a cycle is: many times the way through the network, so that what
	// it begins is over when the next one begins.
	Length = time.Second
	// hops is how far a payload may go: as far as a frame can say.
	hops = 63
	// stream is the one that all payloads belong to.
	stream = 1
)

// Network is all peers. It has one owner.
type Network struct {
	Nodes []*Node
	maker *sim.Maker

	rand    *rand.Rand
	now     time.Duration
	coming  []parcel // one hop from now
	numbers map[identity.ID]int
	counter uint64
	cycle   Cycle
	acting  *Node
}

// Node is one peer.
type Node struct {
	ID      identity.ID
	Machine sim.Protocol // nil once it has crashed

	links    map[identity.ID]bool
	deadline time.Duration
}

// parcel is something on its way: a payload, a dial, or an event.
type parcel struct {
	from, to *Node
	event    mesh.Event
	dial     bool
	frame    wire.Frame
	raw      []byte
}

// New makes a network of nobody.
func New(seed uint64, maker *sim.Maker) *Network {
	return &Network{maker: maker, rand: rand.New(rand.NewPCG(seed, 1)), numbers: make(map[identity.ID]int)}
}

// reader lets a random stream be read, for making keys.
type reader struct{ r *rand.Rand }

func (r reader) Read(b []byte) (int, error) {
	for i := range b {
		b[i] = byte(r.r.Uint32())
	}
	return len(b), nil
}

// Add lets one more peer come, who knows one that is there.
func (n *Network) Add() error {
	key, err := identity.Generate(reader{n.rand})
	if err != nil {
		return fmt.Errorf("make a peer: %w", err)
	}
	s := sim.Start{Config: mesh.Config{Key: key, Rand: rand.New(rand.NewPCG(n.rand.Uint64(), 2)), Dialable: true}}
	if len(n.Nodes) > 0 {
		s.Known = []identity.ID{n.Anyone().ID}
	}
	node := &Node{ID: key.ID(), links: make(map[identity.ID]bool), Machine: n.maker.New(s)}
	n.numbers[node.ID] = len(n.Nodes)
	n.Nodes = append(n.Nodes, node)
	n.step(node, nil)
	return nil
}

// Anyone is one of the living, by chance.
func (n *Network) Anyone() *Node {
	for {
		if node := n.Nodes[n.rand.IntN(len(n.Nodes))]; node.Machine != nil {
			return node
		}
	}
}

// Crash takes so many of the living away, by chance, but not the first, who speaks.
func (n *Network) Crash(count int) {
	for range count {
		node := n.Anyone()
		for node == n.Nodes[0] {
			node = n.Anyone()
		}
		node.Machine = nil
		for _, other := range n.Nodes { // in their order, not in a map's
			if other.Machine != nil && other.links[node.ID] {
				n.unlink(other, node)
			}
		}
	}
}

// unlink has a node's link closed from the other side.
func (n *Network) unlink(node, by *Node) {
	delete(node.links, by.ID)
	n.send(by, node, mesh.LinkDown{Peer: by.ID})
}

// Run lets everything happen until the end of this cycle. source, unless it is nil,
// broadcasts a payload at its beginning.
func (n *Network) Run(source *Node) Cycle {
	n.cycle = Cycle{Control: make(map[string]int)}
	if source != nil {
		n.broadcast(source)
	}
	for end := n.now + Length; n.now < end; n.now += Hop {
		arrived := n.coming
		n.coming = nil
		for i := range arrived {
			n.arrive(&arrived[i])
		}
		for _, node := range n.Nodes {
			if node.Machine != nil && node.deadline <= n.now {
				n.step(node, nil)
			}
		}
	}
	for _, node := range n.Nodes {
		if node.Machine != nil {
			n.cycle.Alive++
		}
	}
	return n.cycle
}

// broadcast sends a payload out.
func (n *Network) broadcast(source *Node) {
	sealed := sframe.Header{KID: stream, CTR: n.counter}.AppendTo(nil)
	n.counter++
	raw := wire.AppendFrame(nil, wire.Of(0), 0, append(sealed, make([]byte, 16)...))
	f, err := wire.ParseFrame(raw)
	if err != nil {
		panic(err) // it is our own
	}
	f.Hops = hops
	n.cycle.Reached++
	n.route(source, identity.ID{}, f, raw)
}

// arrive is something arriving.
func (n *Network) arrive(p *parcel) {
	node := p.to
	switch {
	case node.Machine == nil:
	case p.dial:
		if p.from.Machine == nil || !node.Machine.Expects(p.from.ID) {
			n.send(node, p.from, mesh.Failed{Peer: node.ID})
			return
		}
		node.links[p.from.ID], p.from.links[node.ID] = true, true
		n.send(node, p.from, mesh.LinkUp{Peer: node.ID})
		n.step(node, mesh.LinkUp{Peer: p.from.ID})
	case p.raw != nil:
		n.cycle.Payloads++
		n.route(node, p.from.ID, p.frame, p.raw)
	default:
		n.step(node, p.event)
	}
}

// route has a node decide about a payload, and sends it on.
func (n *Network) route(node *Node, from identity.ID, f wire.Frame, raw []byte) {
	to, fresh := node.Machine.Route(n.now, from, f, raw)
	if fresh && !from.IsZero() {
		n.cycle.Reached++
		n.cycle.LastHop = max(n.cycle.LastHop, hops-int(f.Hops))
	}
	f.Hops--
	for _, hop := range to {
		if other := n.known(hop.Peer); other != nil && node.links[hop.Peer] {
			n.coming = append(n.coming, parcel{from: node, to: other, frame: f, raw: raw})
		}
	}
	n.settle(node)
}

// step lets one thing happen to a node.
func (n *Network) step(node *Node, ev mesh.Event) {
	if node.Machine == nil {
		return
	}
	node.Machine.Step(n.now, ev)
	n.settle(node)
}

// settle does what a node asks for, and looks when it wants to be called.
func (n *Network) settle(node *Node) {
	n.acting = node
	node.Machine.Drain(n.do)
	var ok bool
	if node.deadline, ok = node.Machine.Deadline(); !ok {
		node.deadline = member.Never
	}
}

func (n *Network) send(from, to *Node, ev mesh.Event) {
	n.coming = append(n.coming, parcel{from: from, to: to, event: ev})
}

// known is a living node by its ID; nil if there is none.
func (n *Network) known(id identity.ID) *Node {
	if at, ok := n.numbers[id]; ok && n.Nodes[at].Machine != nil {
		return n.Nodes[at]
	}
	return nil
}

// do does one thing that the acting node asks for.
func (n *Network) do(e mesh.Effect) {
	node := n.acting
	switch e := e.(type) {
	case sim.Say:
		n.cycle.Control[n.maker.NameOf(false, e.Data[0])]++
		if other := n.known(e.To); other != nil {
			n.send(node, other, sim.Said{From: node.ID, Data: e.Data})
		} else {
			n.send(node, node, mesh.Failed{Peer: e.To})
		}
	case mesh.Transmit:
		n.transmit(node, e)
	case mesh.Dial:
		if other := n.known(e.Peer); other != nil {
			n.coming = append(n.coming, parcel{from: node, to: other, dial: true})
		} else {
			n.send(node, node, mesh.Failed(e)) // the same peer
		}
	case mesh.HangUp:
		delete(node.links, e.Peer)
		if other := n.known(e.Peer); other != nil && other.links[node.ID] {
			n.unlink(other, node)
		}
	default: // what a view is told of
	}
}

// transmit sends a datagram.
func (n *Network) transmit(node *Node, e mesh.Transmit) {
	other := n.known(e.To)
	if other == nil || !node.links[e.To] {
		return
	}
	if e.Datagram[0] != wire.KindMedia {
		n.cycle.Control[n.maker.NameOf(true, e.Datagram[0])]++
		n.send(node, other, mesh.Heard{From: node.ID, Datagram: e.Datagram})
		return
	}
	err := wire.Frames(e.Datagram[1:], func(f wire.Frame, raw []byte) {
		n.coming = append(n.coming, parcel{from: node, to: other, frame: f, raw: raw})
	})
	if err != nil {
		panic(err) // a machine made it
	}
}
