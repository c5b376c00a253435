package plumtree

import (
	"encoding/binary"

	"github.com/banyan-rooms/banyan/mesh/sim/baseline/hyparview"
	"github.com/banyan-rooms/banyan/mesh/sim/baseline/member"
)

// The messages beside the overlay's, by their first byte.
const (
	kindPrune = hyparview.Kinds + 1 + iota
	kindGraft
)

// kindIHave is the datagram that tells of payloads.
const kindIHave = 2

func nameOf(onLink bool, kind byte) string {
	switch {
	case onLink:
		return "ihave"
	case kind == kindPrune:
		return "prune"
	case kind == kindGraft:
		return "graft"
	}
	return hyparview.NameOf(kind)
}

// payload names one: a frame of a stream.
type payload struct{ kid, ctr uint64 }

// maxWord is how many payloads a datagram tells of at most.
const maxWord = 64

// word is what is to be told to a lazy neighbour.
type word struct {
	payload payload
	round   uint8
}

func appendPayload(b []byte, p payload) []byte {
	return binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint64(b, p.kid), uint32(p.ctr))
}

func readPayload(r *member.Reader) payload {
	return payload{r.Uint64(), uint64(r.Uint32())}
}

func ihave(words []word) []byte {
	b := make([]byte, 1, 1+13*len(words))
	b[0] = kindIHave
	for _, w := range words {
		b = appendPayload(append(b, w.round), w.payload)
	}
	return b
}

func graft(payloads ...payload) []byte {
	b := []byte{kindGraft}
	for _, p := range payloads {
		b = appendPayload(b, p)
	}
	return b
}
