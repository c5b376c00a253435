// Package memory is a network inside one process, for tests: peers that know
// nothing of each other but what a real network would tell them, on paths with
// delay, jitter and loss, which a test can cut.
//
//	w := memory.New(memory.Config{Seed: 1})
//	defer w.Close()
//	ann, bob := w.Add(annID), w.Add(bobID) // each a transport.Network and a transport.Links
//	w.SetPath(annID, bobID, memory.Path{Delay: 40 * time.Millisecond, Loss: 0.02})
//	w.Kill(bobID)
//
// All time comes from the time package, so that inside testing/synctest the
// network runs on the fake clock. Requests, control and gossip arrive, in order,
// or fail after [Config.Timeout]; datagrams get lost. Loss and jitter are drawn
// from one seeded stream for each direction of each pair.
//
// What a real network does and this one leaves out: bandwidth, NATs (but see
// [World.SetDialable]), gossip's score keeping and history, and a DHT's hops.
//
// Goroutines: one for each World, which carries everything and calls the
// handlers for control, gossip and datagrams one at a time; and one for each
// request being answered and each dial under way. Close waits for all of them.
package memory
