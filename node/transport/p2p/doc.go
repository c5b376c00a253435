// Package p2p finds peers, talks to them and gossips, with go-libp2p: QUIC and
// TCP, kad-dht under /banyan, GossipSub.
//
// # On the wire
//
// A request opens a stream of its protocol and sends one frame; the answer is a
// byte, 0 for an answer and 1 for a refusal, and one frame with the answer or with
// the refusal's words:
//
//	frame   uvarint length | that many bytes
//	request frame (at most 1 MiB)
//	answer  0 | frame (at most 1 MiB), or 1 | frame of words (at most 300 bytes)
//
// Control messages to a peer go one after the other, each a frame of at most
// 64 KiB, over one stream for each protocol and direction, which is opened when
// there is something to send and closed after five idle minutes. Nothing comes
// back on it.
//
// Whoever takes longer than ten seconds over a frame that it has begun, or
// announces one over its bound, is refused in words where the protocol has room
// for them, and its stream is reset.
//
// # Local networks and the world
//
// Addresses of local networks are published and dialled like any others, so that
// rooms in one house need nothing from outside. Loopback addresses are published
// only by who listens on nothing else or was told to listen on them.
//
// # Goroutines
//
// For the whole network: one that meets peers at the bootstrap and remembered
// addresses, one that watches what libp2p says about addresses, two that measure
// round trips, one that watches the DHT's table. One for each topic joined, each
// key provided, each peer and protocol with control messages of late; and those
// that libp2p calls our handlers from. [Network.Close] waits for all of these, and
// then closes libp2p, which has its own.
package p2p
