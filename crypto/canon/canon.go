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
// Banyan uses no more of CBOR than integers, byte and text strings, arrays, maps,
// booleans and null. A reader ignores fields that it does not know, so that a newer
// peer may add some, and refuses what a canonical writer would never have made:
// numbers longer than they need be, keys out of order or twice, indefinite lengths,
// tags, floats, trailing bytes, and items beyond the bounds below.
package canon

import (
	"bytes"
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

// VersionError says that bytes are of a version that this program does not read.
type VersionError struct {
	Met, Want uint64
}

// Error names both versions.
func (e VersionError) Error() string {
	return fmt.Sprintf("version %d met, this program reads version %d", e.Met, e.Want)
}

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

// Unmarshal reads one encoded item, all of b, into v. What it took from b is what
// v says: a hash of 31 bytes, for one, is refused and not filled up with a zero.
func Unmarshal(b []byte, v any) error {
	if err := check(b); err != nil {
		return fmt.Errorf("decode %T: %w", v, err)
	}
	return unmarshal(b, v)
}

// UnmarshalVersion is Unmarshal for structs that carry their version under key 1.
// Any other version than the one that is wanted is a [VersionError], however
// different the rest may be.
func UnmarshalVersion(b []byte, want uint64, v any) error {
	var met struct {
		Version uint64 `cbor:"1,keyasint"`
	}
	if err := check(b); err != nil {
		return fmt.Errorf("decode %T: %w", v, err)
	}
	if err := dec.Unmarshal(b, &met); err != nil {
		return fmt.Errorf("decode version of %T: %w", v, err)
	}
	if met.Version != want {
		return fmt.Errorf("decode %T: %w", v, VersionError{Met: met.Version, Want: want})
	}
	return unmarshal(b, v)
}

// unmarshal is Unmarshal of bytes that were checked.
func unmarshal(b []byte, v any) error {
	if err := dec.Unmarshal(b, v); err != nil {
		return fmt.Errorf("decode %T: %w", v, err)
	}
	again, err := Marshal(v)
	if err == nil && bytes.Equal(again, b) {
		return nil // as nearly always: the checks below would say the same
	}
	if err == nil {
		err = check(again)
	}
	if err != nil {
		return fmt.Errorf("decode %T: %w", v, err)
	}
	if !agree(&reader{b: b}, &reader{b: again}) {
		return fmt.Errorf("decode %T: a value does not fit its field", v)
	}
	return nil
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}
