// Package ogg reads and writes Opus packets in Ogg files (RFC 3533, RFC 7845)
// without decoding them.
//
// It is our own because pion's oggreader gives pages where a speaker needs packets,
// and its oggwriter takes RTP and knows nothing of gaps. Here a packet is given with
// its place in time, and a gap is filled with packets that ask the player to conceal
// (RFC 7845 section 4.1), so that all files of one recording share one time axis.
//
// A page is:
//
//	capture   "OggS"
//	version   u8       0
//	flags     u8       1 begins inside a packet, 2 first page, 4 last page
//	granule   i64 LE   samples at 48 kHz to the end of the last packet that ends here
//	serial    u32 LE   which stream
//	sequence  u32 LE   pages from 0
//	crc       u32 LE   of the whole page with these four bytes zero
//	segments  u8       how many lengths follow
//	lengths   [n]u8    255 means that the packet goes on in the next segment
//	data
package ogg
