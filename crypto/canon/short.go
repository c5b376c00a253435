package canon

import (
	"bytes"
	"encoding/binary"
	"reflect"
)

// read reads an item into v, which is zero. It returns false for all that is not as
// append would have written it, except that a field may be there that could have been
// left out.
func (s *shape) read(r *reader, v reflect.Value) bool {
	major, n, err := r.head()
	if err != nil || major != majors[s.kind] {
		return false
	}
	switch s.kind {
	case kindUint:
		v.SetUint(n)
		return !v.OverflowUint(n)
	case kindBool:
		v.SetBool(n == simpleTrue)
		return n == simpleTrue || n == simpleFalse
	case kindBytes:
		return n == uint64(v.Len()) && copy(v.Bytes(), r.take(n)) == v.Len()
	case kindOwn:
		return readOwn(r.take(n), n, v)
	case kindArray:
		return n == uint64(v.Len()) && s.elem.readAll(r, v)
	case kindList:
		// Each item has a byte at least: nobody makes us reserve more than they sent.
		if n == 0 || n > maxItems || n > uint64(len(r.b)-r.at) {
			return false
		}
		v.Grow(int(n))
		v.SetLen(int(n))
		return s.elem.readAll(r, v)
	default:
		return s.readFields(r, n, v)
	}
}

// take passes over n bytes and returns them, or nothing if there are not as many.
func (r *reader) take(n uint64) []byte {
	if uint64(len(r.b)-r.at) < n {
		return nil
	}
	at := r.at
	r.at += int(n)
	return r.b[at:r.at]
}

// readOwn lets v read n bytes, and sees that it would write the same.
func readOwn(b []byte, n uint64, v reflect.Value) bool {
	own := v.Addr().Interface().(ownBytes)
	if uint64(len(b)) != n || own.UnmarshalBinary(b) != nil {
		return false
	}
	again, err := own.MarshalBinary()
	return err == nil && bytes.Equal(again, b)
}

// readAll reads as many items as v has elements.
func (s *shape) readAll(r *reader, v reflect.Value) bool {
	for i := range v.Len() {
		if !s.read(r, v.Index(i)) {
			return false
		}
	}
	return true
}

// readFields reads n pairs into the fields of v.
func (s *shape) readFields(r *reader, n uint64, v reflect.Value) bool {
	for i := range s.fields {
		f := &s.fields[i]
		switch {
		case n > 0 && r.at < len(r.b) && r.b[r.at] == f.key:
			r.at++
			n--
			if !f.shape.read(r, v.FieldByIndex(f.index)) {
				return false
			}
		case !f.omitempty && !f.omitzero:
			return false
		}
	}
	return n == 0 // else there is a key that we do not know, or out of order
}

// append appends the encoding of v, which has an address.
func (s *shape) append(dst []byte, v reflect.Value) (_ []byte, err error) {
	switch s.kind {
	case kindUint:
		return appendHead(dst, majorUint, v.Uint()), nil
	case kindBool:
		if v.Bool() {
			return appendHead(dst, majorSimple, simpleTrue), nil
		}
		return appendHead(dst, majorSimple, simpleFalse), nil
	case kindBytes:
		return appendBytes(dst, v.Bytes()), nil
	case kindOwn:
		b, err := v.Addr().Interface().(ownBytes).MarshalBinary()
		return appendBytes(dst, b), err
	case kindArray, kindList:
		dst = appendHead(dst, majorArray, uint64(v.Len()))
		for i := range v.Len() {
			if dst, err = s.elem.append(dst, v.Index(i)); err != nil {
				return nil, err
			}
		}
		return dst, nil
	default:
		return s.appendFields(dst, v)
	}
}

// appendFields appends those fields of v that are not left out.
func (s *shape) appendFields(dst []byte, v reflect.Value) (_ []byte, err error) {
	head := len(dst)
	dst = append(dst, majorMap<<5)
	for i := range s.fields {
		f, before := &s.fields[i], len(dst)
		fv := v.FieldByIndex(f.index)
		if f.omitzero && isZero(fv) {
			continue
		}
		if dst, err = f.shape.append(append(dst, f.key), fv); err != nil {
			return nil, err
		}
		if f.omitempty && dst[before+1] == empties[f.shape.kind] {
			dst = dst[:before]
			continue
		}
		dst[head]++
	}
	return dst, nil
}

// isZero tells whether "omitzero" leaves v out.
func isZero(v reflect.Value) bool {
	if z, ok := reflect.TypeAssert[interface{ IsZero() bool }](v.Addr()); ok {
		return z.IsZero()
	}
	return v.IsZero()
}

func appendBytes(dst, b []byte) []byte {
	return append(appendHead(dst, majorBytes, uint64(len(b))), b...)
}

// appendHead appends what reader.head reads.
func appendHead(dst []byte, major byte, n uint64) []byte {
	major <<= 5
	switch {
	case n < 24:
		return append(dst, major|byte(n))
	case n < 1<<8:
		return append(dst, major|24, byte(n))
	case n < 1<<16:
		return binary.BigEndian.AppendUint16(append(dst, major|25), uint16(n))
	case n < 1<<32:
		return binary.BigEndian.AppendUint32(append(dst, major|26), uint32(n))
	default:
		return binary.BigEndian.AppendUint64(append(dst, major|27), n)
	}
}
