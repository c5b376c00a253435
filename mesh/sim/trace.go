package sim

import (
	"cmp"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"hash"
	"io"
	"slices"
	"time"
)

// trace is the fingerprint of what happens in a shard: SHA-256 over every event in the order
// in which it happened, each as
//
//	time, ns  [8]byte   little endian, as all numbers here
//	kind      [1]byte
//	to, from  [4]byte each, the numbers of the peers
//	length    [2]byte
//	payload   [length]byte: the message, or the beginning of the datagram, or which frame it
//	          was; none of gossip
//
// That of a world is the SHA-256 of its shards' ones. Two runs with the same hash have had
// the same events at the same times. For a listing, each event is a line of text as well.
type trace struct {
	sum   hash.Hash
	buf   []byte
	lists bool
	lines []line // since the world wrote them out
}

// line is one event in the listing.
type line struct {
	turn int // of the world, on which it happened
	at   time.Duration
	seq  uint64
	text string
}

// traceBuffer is large enough that hashing costs a call for some thousand events.
const traceBuffer = 64 << 10

func newTrace(lists bool) *trace {
	return &trace{sum: sha256.New(), buf: make([]byte, 0, traceBuffer), lists: lists}
}

// record takes an event in, before it happens.
func (t *trace) record(w *World, e *event) {
	if t.lists {
		t.lines = append(t.lines, line{w.turns, e.at, e.seq, w.list(e)})
	}
	switch c := e.cargo; {
	case c == nil || e.kind == gossips:
		t.add(e, nil)
	case c.said != nil:
		t.frame(e)
	case e.kind == datagrams:
		t.add(e, c.data[:min(len(c.data), datagramHead)])
	default:
		t.add(e, c.data)
	}
}

// datagramHead is how much of a datagram the trace takes in: of media which frame
// it is and with how many hops to go, of beacons the epoch and more.
const datagramHead = 32

// add takes one event in. Payloads are shorter than 64 KiB: what a control stream
// or a topic carries at most.
func (t *trace) add(e *event, payload []byte) {
	const head = 8 + 1 + 4 + 4 + 2
	if len(t.buf)+head+len(payload) > cap(t.buf) {
		t.sum.Write(t.buf)
		t.buf = t.buf[:0]
	}
	b := t.buf
	b = binary.LittleEndian.AppendUint64(b, uint64(e.at))
	b = append(b, byte(e.kind))
	b = binary.LittleEndian.AppendUint32(b, uint32(e.to))
	b = binary.LittleEndian.AppendUint32(b, uint32(e.from))
	b = binary.LittleEndian.AppendUint16(b, uint16(len(payload)))
	t.buf = append(b, payload...)
}

// frame takes in the event that a frame comes: which it is, with its number on the link
// and the hops that it has left.
func (t *trace) frame(e *event) {
	var head [datagramHead]byte
	binary.LittleEndian.PutUint16(head[:], e.frame)
	head[2] = e.hops
	n := 3 + copy(head[3:], e.cargo.data)
	t.add(e, head[:n])
}

// hash returns the fingerprint of all that was added so far.
func (t *trace) hash() []byte {
	t.sum.Write(t.buf)
	t.buf = t.buf[:0]
	return t.sum.Sum(nil)
}

// traceHash is the fingerprint of all that has happened.
func (w *World) traceHash() string {
	all := sha256.New()
	for _, s := range w.shards {
		all.Write(s.trace.hash())
	}
	return hex.EncodeToString(all.Sum(nil))
}

// writeListing writes out what the shards' events look like as text, in their order.
func (w *World) writeListing() {
	if w.cfg.Trace == nil || w.unwritten != nil {
		return
	}
	var lines []line
	for _, s := range w.shards {
		lines = append(lines, s.trace.lines...)
		s.trace.lines = s.trace.lines[:0]
	}
	slices.SortFunc(lines, func(a, b line) int {
		return cmp.Or(cmp.Compare(a.turn, b.turn), cmp.Compare(a.at, b.at), cmp.Compare(a.seq, b.seq))
	})
	for _, l := range lines {
		if _, err := io.WriteString(w.cfg.Trace, l.text); err != nil {
			w.unwritten = err
			return
		}
	}
}
