package node

import "sync/atomic"

// Counters are what a node has done since it began, and what it is doing now. It is
// a copy, for metrics.
type Counters struct {
	Rooms int // now
	Links int // now, open
	Peers int // now, connected

	DatagramsIn  uint64
	DatagramsOut uint64
	BytesIn      uint64 // of datagrams
	BytesOut     uint64
	Frames       uint64 // that were new, and were sent on
	Duplicates   uint64 // frames that came again, or from who is no neighbour
	Unsent       uint64 // datagrams that a link did not take
	Refused      uint64 // frames and messages beyond what their sender may
	Malformed    uint64 // messages of others that could not be read
	Overflow     uint64 // what came while a room's loop was behind
	Unheard      uint64 // frames that a listener at this node was too slow for
	Served       uint64 // requests that were granted
	Denied       uint64 // requests that were not
	Gated        uint64 // peers that were not let connect any more for a while
}

// counters are Counters as they grow.
type counters struct {
	links atomic.Int64

	datagramsIn, datagramsOut, bytesIn, bytesOut atomic.Uint64
	frames, duplicates, unsent, refused          atomic.Uint64
	malformed, overflow, served, denied, unheard atomic.Uint64
	gated                                        atomic.Uint64
}

// Counters returns what the node has done.
func (n *Node) Counters() Counters {
	c := &n.counters
	n.mu.Lock()
	rooms := len(n.sessions)
	n.mu.Unlock()
	return Counters{
		Rooms: rooms, Links: int(c.links.Load()), Peers: len(n.cfg.Network.Peers()),
		DatagramsIn: c.datagramsIn.Load(), DatagramsOut: c.datagramsOut.Load(),
		BytesIn: c.bytesIn.Load(), BytesOut: c.bytesOut.Load(),
		Frames: c.frames.Load(), Duplicates: c.duplicates.Load(), Unsent: c.unsent.Load(),
		Refused: c.refused.Load(), Malformed: c.malformed.Load(), Overflow: c.overflow.Load(), Unheard: c.unheard.Load(),
		Served: c.served.Load(), Denied: c.denied.Load(), Gated: c.gated.Load(),
	}
}
