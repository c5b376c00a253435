package rtc

import (
	"log/slog"
	"net/netip"
	"time"
)

// Protocol is the libp2p protocol of the signalling.
const Protocol = "/banyan/signal/1.0.0"

// Bounds. What a stranger can make grow is in maxHalfOpen*, maxSDP,
// maxCandidates and maxStreams.
const (
	maxHalfOpenPeer = 4       // links being opened with one peer: a dial each way in two rooms
	maxHalfOpen     = 64      // links being opened, all in all: each has some goroutines and a DTLS handshake
	maxQueued       = 1024    // datagrams that wait for the socket; a desktop's 24 children at 50/s take 20 ms
	socketBuffer    = 1 << 20 // bytes that the kernel is asked to keep each way
	maxStreams      = 16      // SRTP and SRTCP streams of one link; ours have four
	replayWindow    = 1024    // packets: 20 s of one speaker, whatever the path reorders
)

// Timing.
const (
	openTimeout   = 10 * time.Second       // from the answer to an open link: ICE and DTLS on a path of 1 s
	answerTimeout = 15 * time.Second       // for the whole of a dial
	gatherTimeout = 2 * time.Second        // only interfaces are asked
	disconnected  = 2 * time.Second        // of silence: pion calls the link disconnected
	failed        = 3 * time.Second        // more of it: the link has failed, 5 s in all
	keepAlive     = 800 * time.Millisecond // when nothing else is sent; two may be lost
	dtlsInterval  = 250 * time.Millisecond // to the first repetition of a lost handshake message
)

// Config is all that links can be told.
type Config struct {
	// Listen is the UDP address of all links, "" for any address and port,
	// ":4002" for a port of choice, "127.0.0.1:0" for this machine alone.
	Listen string
	// Loopback offers this machine's loopback addresses to other peers and takes
	// theirs: for several nodes on one machine. A loopback Listen implies it.
	Loopback bool
	// External are addresses by which others reach Listen's port though no
	// interface has them: those of a 1:1 NAT. It is asked for each link; nil
	// means none.
	External func() []netip.Addr
	// MaxLinks bounds the open links; 0 means 512.
	MaxLinks int
	// Log gets pion's messages, all at debug level; nil means none.
	Log *slog.Logger
}
