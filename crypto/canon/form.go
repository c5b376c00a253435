package canon

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
)

// The major types of CBOR (RFC 8949 section 3.1).
const (
	majorUint = iota
	majorNegative
	majorBytes
	majorText
	majorArray
	majorMap
	majorTag
	majorSimple
)

// The simple values that Banyan uses (RFC 8949 section 3.3).
const (
	simpleFalse = 20
	simpleTrue  = 21
	simpleNull  = 22
)

var errShort = errors.New("bytes end in the middle of an item")

// check tells whether b is exactly one item in canonical form and within bounds.
func check(b []byte) error {
	if len(b) > MaxSize {
		return fmt.Errorf("%d bytes, want at most %d", len(b), MaxSize)
	}
	r := reader{b: b}
	if err := r.skip(maxNested); err != nil {
		return err
	}
	if r.at != len(b) {
		return fmt.Errorf("%d bytes after the item", len(b)-r.at)
	}
	return nil
}

// reader walks over encoded items.
type reader struct {
	b  []byte
	at int
}

// head reads the start of an item: its major type and its number, which is a
// value, a length or a count. A number must have its shortest form.
func (r *reader) head() (major byte, n uint64, err error) {
	if r.at >= len(r.b) {
		return 0, 0, errShort
	}
	first := r.b[r.at]
	r.at++
	major, n = first>>5, uint64(first&31)
	if n < 24 {
		return major, n, nil
	}
	if n > 27 {
		return 0, 0, fmt.Errorf("byte %#x begins no canonical item", first)
	}
	size := 1 << (n - 24)
	rest := r.b[r.at:]
	if len(rest) < size {
		return 0, 0, errShort
	}
	r.at += size
	var least uint64
	switch size {
	case 1:
		n, least = uint64(rest[0]), 24
	case 2:
		n, least = uint64(binary.BigEndian.Uint16(rest)), 1<<8
	case 4:
		n, least = uint64(binary.BigEndian.Uint32(rest)), 1<<16
	default:
		n, least = binary.BigEndian.Uint64(rest), 1<<32
	}
	if n < least {
		return 0, 0, fmt.Errorf("number %d in %d bytes is not its shortest form", n, size)
	}
	return major, n, nil
}

// skip passes over one item with at most depth levels of arrays and maps.
func (r *reader) skip(depth int) error {
	major, n, err := r.head()
	if err != nil {
		return err
	}
	switch major {
	case majorUint, majorNegative:
		return nil
	case majorBytes, majorText:
		if uint64(len(r.b)-r.at) < n {
			return errShort
		}
		r.at += int(n)
		return nil
	case majorArray, majorMap:
		if depth == 0 {
			return fmt.Errorf("nested deeper than %d levels", maxNested)
		}
		if n > maxItems {
			return fmt.Errorf("%d items, want at most %d", n, maxItems)
		}
		if major == majorMap {
			return r.skipPairs(n, depth-1)
		}
		for range n {
			if err := r.skip(depth - 1); err != nil {
				return err
			}
		}
		return nil
	case majorSimple:
		if n == simpleFalse || n == simpleTrue || n == simpleNull {
			return nil
		}
		return errors.New("floats and unassigned simple values are not used here")
	default:
		return errors.New("tags are not used here")
	}
}

// skipPairs passes over the pairs of a map, whose keys must be in rising order of
// their bytes.
func (r *reader) skipPairs(n uint64, depth int) error {
	var last []byte
	for i := range n {
		at := r.at
		if err := r.skip(depth); err != nil {
			return err
		}
		key := r.b[at:r.at]
		if i > 0 && bytes.Compare(last, key) >= 0 {
			return fmt.Errorf("map key %x after %x is out of order", key, last)
		}
		last = key
		if err := r.skip(depth); err != nil {
			return err
		}
	}
	return nil
}

// item passes over one item that was checked before and returns its bytes.
func (r *reader) item() []byte {
	at := r.at
	if err := r.skip(maxNested); err != nil {
		panic(err) // the caller has checked both sides
	}
	return r.b[at:r.at]
}

// agree tells whether what was met and what was understood of it say the same. Map
// keys on one side only agree: met alone is a field that we do not know, understood
// alone is a field that was left out. Both sides were checked before.
func agree(met, understood *reader) bool {
	first, second := *met, *understood
	major, n, _ := first.head()
	major2, n2, _ := second.head()
	if major != major2 || (major != majorArray && major != majorMap) {
		return bytes.Equal(met.item(), understood.item())
	}
	*met, *understood = first, second
	if major == majorMap {
		return agreePairs(met, n, understood, n2)
	}
	if n != n2 {
		return false
	}
	for range n {
		if !agree(met, understood) {
			return false
		}
	}
	return true
}

// agreePairs merges the sorted keys of two maps and compares the values of those
// that both have.
func agreePairs(met *reader, n uint64, understood *reader, n2 uint64) bool {
	for n > 0 && n2 > 0 {
		a, b := *met, *understood
		switch bytes.Compare(a.item(), b.item()) {
		case -1:
			a.item()
			*met, n = a, n-1
		case 1:
			b.item()
			*understood, n2 = b, n2-1
		default:
			*met, *understood, n, n2 = a, b, n-1, n2-1
			if !agree(met, understood) {
				return false
			}
		}
	}
	for ; n > 0; n-- {
		met.item()
		met.item()
	}
	for ; n2 > 0; n2-- {
		understood.item()
		understood.item()
	}
	return true
}
