// Package canon turns Go structs into canonical bytes and reads bytes from
// strangers within bounds.
//
// The encoding is CBOR (RFC 8949) under its core deterministic rules (section
// 4.2.1), straight from structs whose fields carry small integer keys:
//
//	type Title struct {
//		Text string `cbor:"1,keyasint"`
//	}
//
// A reader ignores fields that it does not know, so that a newer peer may add
// some, and refuses what a canonical writer would never have made: duplicate
// keys, indefinite lengths, tags, trailing bytes, deep nesting and items beyond
// the bounds below.
package canon

import (
	"fmt"

	"github.com/fxamacker/cbor/v2"
)

// Bounds on what [Unmarshal] accepts. The largest thing that Banyan sends as one
// item is a sync answer with a room's log.
const (
	MaxSize   = 4 << 20 // bytes of one message
	maxNested = 8       // levels; the deepest struct of ours has five
	maxItems  = 1 << 16 // elements of an array, pairs of a map
)

var (
	enc = must(cbor.CoreDetEncOptions().EncMode())
	dec = must(cbor.DecOptions{
		DupMapKey:        cbor.DupMapKeyEnforcedAPF,
		IndefLength:      cbor.IndefLengthForbidden,
		TagsMd:           cbor.TagsForbidden,
		MaxNestedLevels:  maxNested,
		MaxArrayElements: maxItems,
		MaxMapPairs:      maxItems,
	}.DecMode())
)

// Marshal returns the canonical encoding of v. It fails only for types that CBOR
// cannot carry, which is a fault of the caller.
func Marshal(v any) ([]byte, error) {
	b, err := enc.Marshal(v)
	if err != nil {
		return nil, fmt.Errorf("encode %T: %w", v, err)
	}
	return b, nil
}

// Unmarshal reads one encoded item, all of b, into v.
func Unmarshal(b []byte, v any) error {
	if len(b) > MaxSize {
		return fmt.Errorf("decode %T: %d bytes, want at most %d", v, len(b), MaxSize)
	}
	if err := dec.Unmarshal(b, v); err != nil {
		return fmt.Errorf("decode %T: %w", v, err)
	}
	return nil
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}
