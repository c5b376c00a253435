package reactive

import (
	"github.com/banyan-rooms/banyan/crypto/identity"
	"github.com/banyan-rooms/banyan/mesh/sim/baseline/member"
	"github.com/banyan-rooms/banyan/mesh/wire"
)

// The control messages, by their first byte.
const (
	kindJoin = iota + 1
	kindAccept
	kindRefuse
	kindWay
	kindLeave
)

// beacon is the datagram that stands in for media.
const beacon = 2

// nameOf is what is sent beside sound.
func nameOf(onLink bool, kind byte) string {
	names := [...]string{kindJoin: "join", kindAccept: "accept", kindRefuse: "refuse", kindWay: "way", kindLeave: "leave"}
	switch {
	case onLink:
		return "beacon"
	case int(kind) < len(names):
		return names[kind]
	}
	return ""
}

// maxWay is how deep a tree gets at most: a join that would make it deeper is refused.
const maxWay = 64

// maxOthers is how many others a refusal names: as in Banyan.
const maxOthers = 8

func appendWay(b []byte, way []wire.Short) []byte {
	b = append(b, byte(len(way)))
	for _, s := range way {
		b = append(b, s[:]...)
	}
	return b
}

func readWay(r *member.Reader) (way []wire.Short) {
	n := int(r.Byte())
	if n > maxWay {
		r.Err = member.ErrShort
		return nil
	}
	for range n {
		var s wire.Short
		for i := range s {
			s[i] = r.Byte()
		}
		way = append(way, s)
	}
	return way
}

func refusal(others []identity.ID) []byte { return member.AppendIDs([]byte{kindRefuse}, others) }

func flag(on bool) byte {
	if on {
		return 1
	}
	return 0
}
