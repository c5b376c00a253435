// Package rtc opens links with pion/webrtc: ICE finds a way, DTLS agrees on keys,
// SRTP carries frames.
//
// # A link
//
// A link is one peer connection between two peers for one room, with one audio
// track each way (payload type 96, "banyan/48000") whose RTP payloads are the
// datagrams. No interceptors: no receiver reports, no retransmission, no pacing.
// All links of a node share one UDP port; a second link that this node dials to
// the same peer, for another room, uses another.
//
// # Signalling
//
// The peer that dials sends one request on /banyan/signal/1.0.0 over libp2p and
// gets one answer. Both are CBOR; candidates are gathered before the description
// is sent, nothing trickles.
//
//	offer  {1: room, 32 bytes; 2: SDP offer, text of at most 16 KiB; 3: dial number}
//	answer {1: SDP answer, text; 2: true if the answerer's own dial goes first}
//
// The descriptions carry the fingerprints of the DTLS certificates. The libp2p
// stream that carried them is authenticated, so the link is with the peer whose
// identity the stream had.
//
// Two peers have at most one link in a room. When both dial at once, the dial of
// the lower ID goes through: it answers the other's offer with field 2, and the
// other waits for the link that is coming. An offer from a peer that this side
// still has a link with means that the peer has lost it: the new link takes the
// old one's place, which ends at once. Dial numbers rise (they are Unix times in
// nanoseconds, or one more than the last), so that an offer which was given up and
// comes late does no harm.
//
// # Goroutines
//
// One writes to the socket and one, pion's, reads from it; each link has pion's
// own (about 15) and one that reads RTCP and throws it away; a link that is
// opening or closing has one that waits for it. [Links.Close] waits for all.
package rtc
