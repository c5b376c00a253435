// Package wire turns what mesh peers tell each other into bytes and back.
//
// # Datagrams
//
// Datagrams travel on the links of the tree; they may be lost, doubled or overtaken.
//
//	kind  [1]byte  1 media, 2 beacon, 3 pull
//	body
//
// The body of a media datagram is one or more times
//
//	length  uvarint  of the frame
//	link    [2]byte  the frame's number among those that the sender sends on this link,
//	                 big endian, one more each time
//	frame
//
// and a frame is
//
//	version  [1]byte  0; a reader drops what it does not know
//	way      [1]byte  bits 0 to 5: how often the frame may still be forwarded; bit 6: it
//	                  travels on the first tree; bit 7: on the second
//	level    [1]byte  how loud it is: -dBov, 0 loudest, 127 silence (RFC 6464)
//	sealed            an SFrame (RFC 9605): its key ID names the stream, its counter
//	                  the place in it; version and level are its metadata
//
// The body of a beacon is the canonical CBOR of [Beacon].
//
// The body of a pull asks for frames that the receiver sent and that did not come, by
// their numbers on the link (in the manner of the generic NACK of RFC 4585, section
// 6.2.1). It is one to eight times
//
//	first  [2]byte  big endian
//	after  [2]byte  big endian; bit i asks for number first + i + 1 as well
//
// # Control messages
//
// Control messages travel on a reliable, ordered stream between two peers:
//
//	kind  [1]byte  which message follows: 1 Probe, 2 Offer, 3 Join, 4 Accept, 5 Redirect,
//	               6 Leave, 7 Move, 8 Reverse, 9 Handover, 10 Report, 11 Tree, 12 Renew
//	body           its canonical CBOR
//
// Beacons and messages have their version in field 1, and before it, in field 0, the tree
// that they are about: 1 for the second, and left out for the first. Unknown fields are ignored; a
// version that is not known is refused.
package wire
