// Package sim runs a whole room of mesh machines under a virtual clock: the code
// that ships, on a network that is made up. The same [Config] gives the same run,
// event for event, on any machine.
//
//	w, err := sim.New(sim.Config{Seed: 7, Peers: 1000})
//	if err != nil { ... }
//	if err := w.Run(time.Minute); err != nil { ... } // the first invariant that breaks
//	report := w.Report()
//
// # What happens in a world
//
// The earliest event is taken from a queue, the clock is set to its time, and it
// happens; that puts new events into the queue. An event is a message or a datagram
// that arrives, a link that opens or closes, a machine's deadline, a peer that arrives
// or dies, a frame that is captured.
//
// The peers of a large room are dealt out to shards, each with a queue of its own, which
// as many goroutines as there are cores run side by side (crew.go, shard.go, [World.Run]). What is
// more than one peer's, such as an arrival or a frame that is captured, is on the
// world's agenda, and happens while no shard runs.
//
// # What is modelled, and how
//
//   - Places and latencies: [Geography]. Every packet has a jitter of its own,
//     exponential, an eighth of the two last miles on average.
//
//   - Control messages arrive once and in order. One that is lost on the way
//     arrives a round trip and 25 ms later (QUIC's probe timeout), each further
//     time twice as much. The first message to a peer waits for a connection,
//     one and a half round trips more.
//
//   - Gossip reaches everybody after 40 to 250 ms; one delivery in fifty waits
//     for the next heartbeat, one in ten thousand never comes.
//
//   - A link is open for who dials, mostly the parent, three round trips after (the offer,
//     the answer, ICE and DTLS); the other end has it half a round trip later.
//
//   - A datagram may be lost ([Loss]) or overtaken. A peer that copies a frame
//     to several neighbours needs 10 µs for each (measured: a pion track without
//     interceptors) and sends them one after the other.
//
//   - A peer that is killed says nothing. Its neighbours' links report it after
//     five seconds, which is when ICE calls a path disconnected; the media has
//     to tell them earlier. A peer that leaves says goodbye in its protocol, and
//     its links close at once.
//
//   - A listener plays a frame that arrives within the slack after a packet straight from
//     the speaker could have come, so that a far country is nobody's fault.
//
//   - A home may have a narrow uplink ([Uplink]): packets wait for each other, and what
//     would wait too long is dropped. A peer feeds no more children than that carries.
//
//   - Strangers can dial those who are willing to forward, and no one else: who cannot be
//     dialled feeds nobody, so no two peers behind NATs need a link with each other, and
//     how often a hole can be punched does not matter.
//
// Of adversaries there are those who pass no sound on.
//
// # Determinism
//
// Events are ordered by time and, where times are equal, by whose doing they are and
// how many that peer has made before; what is on the agenda comes first. So each peer
// meets the same events in the same order on any number of cores, and in any number of
// shards. Every peer has one random stream for each purpose, so a draw for one thing
// moves no other. Nothing is decided by floating point, map order, the order in which
// goroutines run or the clock on the wall. The trace hash covers every event and, but for gossip
// and the ends of datagrams, what it brings (trace.go).
package sim
