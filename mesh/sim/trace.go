package sim

import (
	"bufio"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"hash"
	"io"
)

// trace is the fingerprint of a run: SHA-256 over every event in the order in
// which it happened, each as
//
//	time, ns  [8]byte   little endian, as all numbers here
//	kind      [1]byte
//	to, from  [4]byte each, the numbers of the peers
//	length    [2]byte
//	payload   [length]byte: the message, or which frame it was
//
// Two runs with the same hash have done the same things at the same times. With a
// writer, each event is a line of text as well.
type trace struct {
	sum hash.Hash
	buf []byte
	out *bufio.Writer // nil without a listing
}

// traceBuffer is large enough that hashing costs a call for some thousand events.
const traceBuffer = 64 << 10

func newTrace(w io.Writer) *trace {
	t := &trace{sum: sha256.New(), buf: make([]byte, 0, traceBuffer)}
	if w != nil {
		t.out = bufio.NewWriterSize(w, traceBuffer)
	}
	return t
}

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
func (t *trace) frame(e *event, c *parcel) {
	var head [datagramHead]byte
	binary.LittleEndian.PutUint16(head[:], c.link)
	head[2] = c.hops
	n := 3 + copy(head[3:], c.said.raw)
	t.add(e, head[:n])
}

// hash returns the fingerprint of all that was added so far.
func (t *trace) hash() string {
	t.sum.Write(t.buf)
	t.buf = t.buf[:0]
	return hex.EncodeToString(t.sum.Sum(nil))
}

// flush writes the listing out.
func (t *trace) flush() error {
	if t.out == nil {
		return nil
	}
	return t.out.Flush()
}
