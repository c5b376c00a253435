package canon

import (
	"bytes"
	"errors"
	"fmt"
	"math"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// planned has every kind of field that a plan knows.
type planned struct {
	head
	Small   uint8      `cbor:"2,keyasint,omitempty"`
	Wide    uint64     `cbor:"3,keyasint"`
	Yes     bool       `cbor:"4,keyasint"`
	Maybe   bool       `cbor:"5,keyasint,omitempty"`
	Key     [4]byte    `cbor:"6,keyasint"`
	Other   [4]byte    `cbor:"7,keyasint,omitzero"`
	Odd     odd        `cbor:"8,keyasint,omitzero"`
	Pair    [2]uint16  `cbor:"9,keyasint"`
	Spare   [2]uint32  `cbor:"10,keyasint,omitzero"`
	Inner   inner      `cbor:"11,keyasint"`
	Inners  []inner    `cbor:"12,keyasint,omitempty"`
	Numbers []uint16   `cbor:"13,keyasint,omitempty"`
	Keys    [][4]byte  `cbor:"14,keyasint,omitempty"`
	Letters letters    `cbor:"15,keyasint,omitempty"`
	Pairs   [2][1]bool `cbor:"16,keyasint,omitzero"`
	Last    inner      `cbor:"22,keyasint,omitzero"`
}

type head struct {
	Tree    uint8 `cbor:"0,keyasint,omitempty"`
	Version uint  `cbor:"1,keyasint"`
}

type inner struct {
	B [2]byte `cbor:"2,keyasint,omitzero"` // out of order
	A uint32  `cbor:"1,keyasint"`
}

// odd has its own mind about what is zero.
type odd [2]byte

func (o odd) IsZero() bool { return o[0] == 0 }

// letters have a form of their own, and some bytes they take but would not write.
type letters []uint16

func (l letters) MarshalBinary() ([]byte, error) {
	b := []byte{}
	for _, n := range l {
		if n > 255 {
			return nil, errors.New("no letter")
		}
		b = append(b, byte(n))
	}
	return b, nil
}

func (l *letters) UnmarshalBinary(b []byte) error {
	if len(b) > 3 {
		return errors.New("too long")
	}
	for _, n := range b {
		if n != 0 {
			*l = append(*l, uint16(n))
		}
	}
	return nil
}

var plan = PlanOf(planned{})

// sameWays fails when the short way and the long one do not say the same of some bytes.
func sameWays(tb rapid.TB, b []byte) {
	tb.Helper()
	long := &planned{}
	longErr := UnmarshalVersion(b, 1, long)
	short, err := plan.UnmarshalVersion(b, 1)
	switch {
	case longErr != nil:
		if err == nil || err.Error() != longErr.Error() {
			tb.Errorf("%x: got %+v, %v; want the error %v", b, short, err, longErr)
		}
	case err != nil || !reflect.DeepEqual(short, long):
		tb.Errorf("%x: got %+v, %v; want %+v", b, short, err, long)
	default:
		sameBytes(tb, long)
	}
}

// sameBytes fails when the short way and the long one write a value differently.
func sameBytes(tb rapid.TB, v *planned) {
	tb.Helper()
	want, err := Marshal(v)
	if err != nil {
		tb.Errorf("%+v: %v", v, err)
	}
	if got, err := plan.Marshal(v, 7, 8); err != nil || !bytes.Equal(got, append([]byte{7, 8}, want...)) {
		tb.Errorf("%+v: got %x, %v; want 0708 and %x", v, got, err, want)
	}
}

// drawPlanned draws any value.
func drawPlanned(rt *rapid.T) *planned {
	number := func(most uint64) uint64 {
		return rapid.SampledFrom([]uint64{0, 0, 1, 23, 24, 255, 256, 1 << 16, 1 << 32, 1 << 63}).Draw(rt, "number") % (most + 1)
	}
	octet := rapid.ByteMax(1)
	draw := func() inner {
		return inner{A: uint32(number(math.MaxUint32)), B: [2]byte{octet.Draw(rt, "first"), octet.Draw(rt, "second")}}
	}
	p := &planned{
		head: head{Tree: uint8(number(255)), Version: 1}, Small: uint8(number(255)), Wide: number(math.MaxUint64 - 1),
		Yes: rapid.Bool().Draw(rt, "yes"), Maybe: rapid.Bool().Draw(rt, "maybe"),
		Key: [4]byte{octet.Draw(rt, "key")}, Other: [4]byte{3: octet.Draw(rt, "other")},
		Odd: odd{octet.Draw(rt, "odd"), octet.Draw(rt, "odder")}, Pair: [2]uint16{uint16(number(1 << 15)), 1}, Spare: [2]uint32{0, uint32(number(1 << 31))},
		Inner: draw(), Last: draw(), Pairs: [2][1]bool{1: {rapid.Bool().Draw(rt, "pairs")}},
	}
	for range rapid.IntRange(0, 30).Draw(rt, "inners") {
		p.Inners = append(p.Inners, draw())
	}
	for range rapid.IntRange(0, 3).Draw(rt, "others") {
		p.Numbers = append(p.Numbers, uint16(number(1<<15)))
		p.Keys = append(p.Keys, [4]byte{octet.Draw(rt, "key")})
	}
	for range rapid.IntRange(0, 4).Draw(rt, "letters") {
		p.Letters = append(p.Letters, uint16(octet.Draw(rt, "letter")))
	}
	return p
}

func TestPlanWritesTheSame(t *testing.T) {
	sameBytes(t, &planned{})
	sameBytes(t, &planned{Letters: letters{}, Inners: []inner{}})
	sameBytes(t, &planned{Letters: make(letters, 70_000), Keys: make([][4]byte, 300)})
	rapid.Check(t, func(rt *rapid.T) {
		p := drawPlanned(rt)
		sameBytes(rt, p)
		b, err := Marshal(p)
		if err != nil {
			rt.Fatal(err)
		}
		sameWays(rt, b)
		if at := rapid.IntRange(0, len(b)-1).Draw(rt, "at"); rapid.Bool().Draw(rt, "cut") {
			sameWays(rt, b[:at])
		} else {
			b[at] = rapid.Byte().Draw(rt, "other")
			sameWays(rt, b)
		}
	})
}

// items are of all kinds, and not all are canonical.
var items = []string{
	"00", "01", "17", "1817", "1818", "18ff", "190100", "19ffff", "1a00010000", "1affffffff", "1b0000000100000000", "1bffffffffffffffff", "20", "390100",
	"f4", "f5", "f6", "f7", "e0", "f93c00", "c100", "9fff", "60", "6161", "61ff",
	"40", "4101", "4100", "420000", "420001", "420100", "42ff01", "43010203", "580101", "4400000000", "4401000000", "4401020304", "450102030405", "1c", "5bffffffffffffffff",
	"80", "8100", "820000", "8200f6", "82190100 01", "8219ffff 1a00010000", "821affffffff 1b0000000100000000", "83000000", "81f6", "8120", "8140", "814401020304", "82 4401000000 43010203",
	"8281f481f5", "8281f58100", "8281f5 80", "8281f5", "9affffffff", "8180", "81a0", "81a10100", "82a10100 a2011818 02420001", "81a2010002410a", "81a201000300", "81a1 02420001", "81a10161 61",
	"a0", "a10100", "a101f6", "a10118ff", "a1011b0000000100000000", "a201000242ff01", "a201000242 0000", "a20100 02f6", "a2010002 4100", "a20100 0300", "a102420001", "a2024200010100", "a1 6131 00", "b800",
}

// TestPlanReadsTheSame puts each item into each field, and beside all fields.
func TestPlanReadsTheSame(t *testing.T) {
	full := &planned{
		head: head{Tree: 1, Version: 1}, Small: 2, Wide: 1 << 40, Yes: true, Maybe: true, Key: [4]byte{6}, Other: [4]byte{7}, Odd: odd{8}, Pair: [2]uint16{9, 9},
		Spare: [2]uint32{0, 10}, Inner: inner{A: 11}, Inners: []inner{{A: 12}, {B: [2]byte{12}}}, Numbers: []uint16{13, 13, 13}, Keys: [][4]byte{{14}}, Letters: letters{15, 15},
		Pairs: [2][1]bool{{true}}, Last: inner{A: 22},
	}
	for _, base := range []*planned{full, {head: head{Version: 1}}, {head: head{Version: 1}, Letters: letters{15}}} {
		b, err := Marshal(base)
		if err != nil {
			t.Fatal(err)
		}
		for n := range b {
			sameWays(t, b[:n])
		}
		sameWays(t, append(slices.Clip(b), 0))
		fields := fieldsIn(b)
		for key := range byte(maxKey + 4) {
			sameWays(t, mapOf(fields, key, nil))
			for _, item := range items {
				sameWays(t, mapOf(fields, key, unhex(t, item)))
			}
		}
	}
}

// fieldsIn takes the encoding of a struct apart.
func fieldsIn(b []byte) map[byte][]byte {
	fields := map[byte][]byte{}
	r := reader{b: b}
	_, n, _ := r.head()
	for range n {
		key := r.item()
		fields[key[0]] = r.item()
	}
	return fields
}

// mapOf encodes fields, one of which is another or, if that is empty, left out.
func mapOf(fields map[byte][]byte, key byte, other []byte) []byte {
	n, b := uint64(0), []byte(nil)
	for k := range byte(maxKey + 4) {
		item := fields[k]
		if k == key {
			item = other
		}
		if len(item) > 0 {
			n, b = n+1, append(appendHead(b, majorUint, uint64(k)), item...)
		}
	}
	return append(appendHead(nil, majorMap, n), b...)
}

func TestPlanReads(t *testing.T) {
	b, err := Marshal(&planned{head: head{Version: 1}, Letters: letters{1, 2}, Inners: []inner{{A: 7}}})
	if err != nil {
		t.Fatal(err)
	}
	if got, err := plan.UnmarshalVersion(b, 2); !errors.Is(err, VersionError{Met: 1, Want: 2}) {
		t.Errorf("got %+v, %v; want a version error", got, err)
	}
	if n := testing.AllocsPerRun(10, func() {
		if _, err := plan.UnmarshalVersion(b, 1); err != nil {
			t.Fatal(err)
		}
	}); n > 6 { // what was read, two lists in three steps, and the letters again
		t.Errorf("%v allocations: not the short way", n)
	}
}

// TestPlanKeepsBounds is about those that are on what comes in, and on what would have
// to come out again.
func TestPlanKeepsBounds(t *testing.T) {
	type blob struct {
		B [100]byte `cbor:"1,keyasint"`
	}
	type bulk struct {
		Version uint8       `cbor:"1,keyasint"`
		Numbers []uint16    `cbor:"2,keyasint,omitempty"`
		Keys    [][100]byte `cbor:"3,keyasint,omitempty"`
		Blobs   []blob      `cbor:"4,keyasint,omitempty"`
	}
	keys, err := Marshal(bulk{Version: 1, Keys: make([][100]byte, maxItems)})
	if err != nil {
		t.Fatal(err)
	}
	start := func(hex string, item byte, n int) []byte {
		return append(unhex(t, hex), bytes.Repeat([]byte{item}, n)...)
	}
	for name, tt := range map[string]struct {
		b  []byte
		ok bool
	}{
		"as many as may be":            {start("a2 01 01 02 9a 00010000", 0, maxItems), true},
		"one too many":                 {start("a2 01 01 02 9a 00010001", 0, maxItems+1), false},
		"more than there are":          {start("a2 01 01 02 9a 00010000", 0, maxItems-1), false},
		"too long":                     {keys, false},
		"structs that lack much":       {start("a2 01 01 04 99 1000", 0xa0, 0x1000), true},
		"too long once it is complete": {start("a2 01 01 04 99 ffff", 0xa0, 0xffff), false},
	} {
		got, err := PlanOf(bulk{}).UnmarshalVersion(tt.b, 1)
		long := &bulk{}
		longErr := UnmarshalVersion(tt.b, 1, long)
		if (err == nil) != tt.ok || (longErr == nil) != tt.ok || tt.ok && !reflect.DeepEqual(got, long) {
			t.Errorf("%s: got %v, the long way %v; want ok: %v", name, err, longErr, tt.ok)
		}
	}
}

func TestPlanWritesNoHalves(t *testing.T) {
	if b, err := plan.Marshal(&planned{Letters: letters{256}}); err == nil {
		t.Errorf("got %x", b)
	}
	if got, want := plan.String(), "planned"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestPlanOfRefuses(t *testing.T) {
	type list []list
	type version struct {
		Version uint8 `cbor:"1,keyasint"`
	}
	PlanOf(struct { // as deep as may be
		version
		A [1][1][1][1][1][1][1]bool `cbor:"2,keyasint"`
	}{})
	for _, tt := range []struct {
		v     any
		words string
	}{
		{[3]uint16{}, "no version"},
		{struct{}{}, "no version"},
		{struct {
			Version bool `cbor:"1,keyasint"`
		}{}, "no version"},
		{struct{ Key uint8 }{}, "no plan for field Key"},
		{struct {
			Text uint8 `cbor:"1"`
		}{}, "no plan for field Text"},
		{struct {
			High uint8 `cbor:"23,keyasint"`
		}{}, "no plan for field High"},
		{struct {
			Option uint8 `cbor:"1,keyasint,toarray"`
		}{}, "no plan for field Option"},
		{struct {
			secret uint8 `cbor:"1,keyasint"`
		}{}, "no plan for field secret"},
		{struct {
			Always []uint16 `cbor:"1,keyasint"`
		}{}, "no plan for field Always"},
		{struct {
			Empty inner `cbor:"1,keyasint,omitempty"`
		}{}, "no plan for field Empty"},
		{struct {
			A, B uint8 `cbor:"1,keyasint"`
		}{}, "two fields 1"},
		{struct {
			Sum int `cbor:"1,keyasint"`
		}{}, "no plan for int"},
		{struct {
			Text string `cbor:"1,keyasint"`
		}{}, "no plan for string"},
		{struct {
			B []byte `cbor:"1,keyasint,omitempty"`
		}{}, "no plan for []uint8"},
		{struct {
			B [2]simple `cbor:"1,keyasint"`
		}{}, "no plan for [2]canon.simple"},
		{struct {
			S simple `cbor:"1,keyasint"`
		}{}, "no plan for canon.simple"},
		{struct {
			T time.Time `cbor:"1,keyasint"`
		}{}, "no plan for time.Time"},
		{struct {
			P *uint8 `cbor:"1,keyasint"`
		}{}, "no plan for *uint8"},
		{struct{ *head }{}, "no plan for *canon.head"},
		{struct {
			L [][]uint16 `cbor:"1,keyasint,omitempty"`
		}{}, "no plan for [][]uint16"},
		{struct {
			L []letters `cbor:"1,keyasint,omitempty"`
		}{}, "no plan for []canon.letters"},
		{struct {
			L list `cbor:"1,keyasint,omitempty"`
		}{}, "no plan for canon.list"},
		{struct {
			version
			A [1][1][1][1][1][1][1][1]bool `cbor:"2,keyasint"`
		}{}, "no plan for bool"},
	} {
		func() {
			defer func() {
				if got := recover(); !strings.Contains(fmt.Sprint(got), tt.words) {
					t.Errorf("%T: got %v, want %q", tt.v, got, tt.words)
				}
			}()
			PlanOf(tt.v)
		}()
	}
}

// simple says itself how it is encoded.
type simple uint8

func (simple) MarshalCBOR() ([]byte, error) { return []byte{0}, nil }

func FuzzPlan(f *testing.F) {
	for _, p := range []planned{{}, {head: head{Version: 1}, Letters: letters{1, 2}, Inners: []inner{{A: 7}}, Keys: [][4]byte{{1}}, Numbers: []uint16{300}}} {
		b, err := Marshal(p)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, b []byte) { sameWays(t, b) })
}
