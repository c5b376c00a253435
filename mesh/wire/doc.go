// Package wire turns what mesh peers tell each other into bytes and back.
//
// # Datagrams
//
// Datagrams travel on the links of the tree; they may be lost, doubled or overtaken.
//
//	kind  [1]byte  1 media, 2 beacon
//	body
//
// The body of a media datagram is one or more times
//
//	length  uvarint  of the frame
//	frame
//
// and a frame is
//
//	version  [1]byte  0; a reader drops what it does not know
//	hops     [1]byte  how often the frame may still be forwarded
//	level    [1]byte  how loud it is: -dBov, 0 loudest, 127 silence (RFC 6464)
//	sealed            an SFrame (RFC 9605): its key ID names the stream, its counter
//	                  the place in it; version and level are its metadata
//
// The body of a beacon is the canonical CBOR of [Beacon].
//
// # Control messages
//
// Control messages travel on a reliable, ordered stream between two peers:
//
//	kind  [1]byte  which message follows, in the order of [Message]'s list
//	body           its canonical CBOR
//
// Every message starts with its version, field 1. Unknown fields are ignored; a
// version that is not known is refused.
package wire
