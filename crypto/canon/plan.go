package canon

import (
	"encoding"
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/fxamacker/cbor/v2"
)

// Plan is the short way to read and write a struct of which peers tell each other many
// a second. It writes the bytes of [Marshal], and reads what [UnmarshalVersion] reads:
// it goes by itself only through what a writer of the very same struct would have made,
// and leaves all else to the long way.
type Plan struct {
	typ     reflect.Type
	shape   *shape
	version []int // the field that carries the version
}

// ownBytes is a list that has a form of its own, as one string of bytes.
type ownBytes interface {
	encoding.BinaryMarshaler
	encoding.BinaryUnmarshaler
}

// shape is how a type is laid out.
type shape struct {
	kind   kind
	elem   *shape  // of arrays and lists
	fields []field // of structs, by rising key
	room   int     // bytes that a value seldom needs more than, beside what lists hold
}

// kind is one of the few kinds of types that plans know.
type kind byte

const (
	kindUint   kind = iota
	kindBool        // a boolean
	kindBytes       // an array of bytes
	kindOwn         // ownBytes
	kindArray       // an array of all else
	kindList        // a slice
	kindStruct      // by the keys of its fields
)

// majors are what values of the kinds begin with.
var majors = [...]byte{
	kindUint: majorUint, kindBool: majorSimple, kindBytes: majorBytes, kindOwn: majorBytes,
	kindArray: majorArray, kindList: majorArray, kindStruct: majorMap,
}

// empties are the first bytes of the values that "omitempty" leaves out, and of no others.
var empties = [...]byte{kindUint: majorUint << 5, kindBool: majorSimple<<5 | simpleFalse, kindOwn: majorBytes << 5, kindList: majorArray << 5}

// What values seldom need more room than.
const (
	headRoom = 3  // the head of bytes or elements
	ownRoom  = 64 // bytes of a form of their own
)

// maxKey is the highest key of a planned field: such a key, and the head of a map of
// such keys, is one byte.
const maxKey = 22

// field is one field of a struct.
type field struct {
	key       byte
	index     []int
	shape     *shape
	omitempty bool
	omitzero  bool
}

// PlanOf plans the type of v, a struct with its version under key 1. The fields may be
// unsigned numbers, booleans, arrays, and structs, of all these in turn; and slices of
// them, or that have a form of their own, if they are left out when empty. It panics
// when v has others.
func PlanOf(v any) *Plan {
	p := &Plan{typ: reflect.TypeOf(v)}
	p.shape = shapeOf(p.typ, maxNested)
	at := slices.IndexFunc(p.shape.fields, func(f field) bool { return f.key == 1 && f.shape.kind == kindUint })
	if at < 0 {
		panic(fmt.Sprintf("%T has no version", v))
	}
	p.version = p.shape.fields[at].index
	return p
}

// String is the name of the planned type.
func (p *Plan) String() string { return p.typ.Name() }

// UnmarshalVersion reads one encoded item, as the function of that name does, and
// returns a pointer to what it says.
func (p *Plan) UnmarshalVersion(b []byte, want uint64) (any, error) {
	r, v := reader{b: b}, reflect.New(p.typ)
	if len(b) <= MaxSize && p.shape.read(&r, v.Elem()) && r.at == len(b) && v.Elem().FieldByIndex(p.version).Uint() == want {
		return v.Interface(), nil
	}
	v = reflect.New(p.typ) // without what the short way left
	if err := UnmarshalVersion(b, want, v.Interface()); err != nil {
		return nil, err
	}
	return v.Interface(), nil
}

// Marshal returns some bytes that go before, and the canonical encoding of what v points
// to, which is of the planned type.
func (p *Plan) Marshal(v any, before ...byte) ([]byte, error) {
	rv := reflect.ValueOf(v).Elem()
	room := len(before) + p.shape.room
	for i := range p.shape.fields {
		if f := &p.shape.fields[i]; f.shape.kind == kindList {
			room += rv.FieldByIndex(f.index).Len() * f.shape.elem.room
		}
	}
	b, err := p.shape.append(append(make([]byte, 0, room), before...), rv)
	if err != nil {
		return nil, fmt.Errorf("encode %T: %w", v, err)
	}
	return b, nil
}

// shapeOf returns the shape of a type in which there are at most depth levels of arrays
// and maps.
func shapeOf(t reflect.Type, depth int) *shape {
	pointer := reflect.PointerTo(t)
	own := pointer.Implements(reflect.TypeFor[encoding.BinaryMarshaler]()) || pointer.Implements(reflect.TypeFor[encoding.BinaryUnmarshaler]())
	special := pointer.Implements(reflect.TypeFor[cbor.Marshaler]()) || pointer.Implements(reflect.TypeFor[cbor.Unmarshaler]())
	switch k := t.Kind(); {
	case special || depth < 0:
	case own:
		if k == reflect.Slice && pointer.Implements(reflect.TypeFor[ownBytes]()) {
			return &shape{kind: kindOwn, room: headRoom + ownRoom}
		}
	case k == reflect.Bool:
		return &shape{kind: kindBool, room: 1}
	case k >= reflect.Uint && k <= reflect.Uint64:
		return &shape{kind: kindUint, room: 1 + int(t.Size())}
	case k == reflect.Array && t.Elem() == reflect.TypeFor[byte]():
		return &shape{kind: kindBytes, room: headRoom + t.Len()}
	case k == reflect.Array && t.Elem().Kind() != reflect.Uint8 && t.Len() <= maxItems:
		elem := elemOf(t, depth)
		return &shape{kind: kindArray, elem: elem, room: headRoom + t.Len()*elem.room}
	case k == reflect.Slice && t.Elem().Kind() != reflect.Uint8:
		return &shape{kind: kindList, elem: elemOf(t, depth), room: headRoom}
	case k == reflect.Struct:
		s := &shape{kind: kindStruct, fields: fieldsOf(t, nil, depth-1), room: 1}
		slices.SortFunc(s.fields, func(a, b field) int { return int(a.key) - int(b.key) })
		for i, f := range s.fields {
			s.room += 1 + f.shape.room
			if i > 0 && f.key == s.fields[i-1].key {
				panic(fmt.Sprintf("%s has two fields %d", t, f.key))
			}
		}
		return s
	}
	panic(fmt.Sprintf("no plan for %s", t))
}

// elemOf returns the shape of an array's or a slice's elements, which cannot be left out.
func elemOf(t reflect.Type, depth int) *shape {
	elem := shapeOf(t.Elem(), depth-1)
	if elem.kind == kindList || elem.kind == kindOwn {
		panic(fmt.Sprintf("no plan for %s", t))
	}
	return elem
}

// fieldsOf returns the fields of a struct that is at index in another, those of embedded
// structs included.
func fieldsOf(t reflect.Type, index []int, depth int) []field {
	var fields []field
	for i := range t.NumField() {
		sf := t.Field(i)
		at := append(slices.Clone(index), i)
		if sf.Anonymous && sf.Tag == "" && sf.Type.Kind() == reflect.Struct {
			fields = append(fields, fieldsOf(sf.Type, at, depth)...)
			continue
		}
		f := field{index: at, shape: shapeOf(sf.Type, depth)}
		key, options, small := strings.Cut(sf.Tag.Get("cbor"), ",keyasint")
		n, err := strconv.ParseUint(key, 10, 8)
		f.key, f.omitempty, f.omitzero = byte(n), options == ",omitempty", options == ",omitzero"
		slice := f.shape.kind == kindList || f.shape.kind == kindOwn
		fits := options == "" && !slice || f.omitzero && !slice ||
			f.omitempty && (slice || f.shape.kind == kindUint || f.shape.kind == kindBool)
		if err != nil || n > maxKey || !small || !fits || !sf.IsExported() {
			panic(fmt.Sprintf("no plan for field %s of %s", sf.Name, t))
		}
		fields = append(fields, f)
	}
	return fields
}
