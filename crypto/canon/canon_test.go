package canon

import (
	"bytes"
	"encoding/hex"
	"errors"
	"reflect"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// person and room have every kind of field that Banyan signs.
type person struct {
	Name string   `cbor:"1,keyasint,omitempty"`
	Key  [4]byte  `cbor:"2,keyasint,omitzero"`
	Age  int64    `cbor:"3,keyasint,omitempty"`
	Nice bool     `cbor:"4,keyasint,omitempty"`
	Tags []string `cbor:"5,keyasint,omitempty"`
}

type room struct {
	Version uint8     `cbor:"1,keyasint"`
	People  []person  `cbor:"2,keyasint,omitempty"`
	Host    *person   `cbor:"3,keyasint,omitempty"`
	Blobs   [][]byte  `cbor:"4,keyasint,omitempty"`
	Hashes  [][4]byte `cbor:"5,keyasint,omitempty"`
	Small   uint8     `cbor:"30,keyasint,omitempty"`
	Pair    [2]uint16 `cbor:"300,keyasint,omitzero"`
}

func unhex(tb testing.TB, s string) []byte {
	tb.Helper()
	b, err := hex.DecodeString(strings.ReplaceAll(s, " ", ""))
	if err != nil {
		tb.Fatal(err)
	}
	return b
}

func TestGolden(t *testing.T) {
	tests := []struct {
		name string
		v    room
		hex  string
	}{
		{"nothing but the version", room{Version: 1}, "a1 01 01"},
		{"keys in order of their bytes", room{Version: 24, Small: 23, Pair: [2]uint16{1, 256}}, "a3 01 1818 181e 17 19012c 82 01 190100"},
		{
			"all kinds of fields",
			room{
				Version: 1, People: []person{{Name: "ä", Key: [4]byte{1, 2, 3, 4}, Age: -500, Nice: true, Tags: []string{"x", ""}}},
				Host: &person{}, Blobs: [][]byte{{9}, {}}, Hashes: [][4]byte{{1}},
			},
			"a5 01 01  02 81 a5 01 62c3a4 02 4401020304 03 3901f3 04 f5 05 82 6178 60  03 a0  04 82 4109 40  05 81 4401000000",
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			b, err := Marshal(tt.v)
			if want := unhex(t, tt.hex); err != nil || !bytes.Equal(b, want) {
				t.Fatalf("got %x, %v; want %x", b, err, want)
			}
			var got room
			if err := Unmarshal(b, &got); err != nil || !reflect.DeepEqual(got, tt.v) {
				t.Errorf("got %+v, %v; want %+v", got, err, tt.v)
			}
		})
	}
}

func TestUnmarshalRefuses(t *testing.T) {
	tests := []struct{ name, hex, words string }{
		{"nothing", "", "middle of an item"},
		{"a cut in a number", "a1 01 18", "middle of an item"},
		{"a cut in a text", "a1 01 6261", "middle of an item"},
		{"a cut in an array", "82 01", "middle of an item"},
		{"a cut before a key", "a2 01 01", "middle of an item"},
		{"a cut before a value", "a1 01", "middle of an item"},
		{"a text longer than memory", "7b ffffffffffffffff", "middle of an item"},
		{"bytes after the item", "a1 01 01 00", "1 bytes after"},
		{"a number that is too long by one byte", "a1 01 1817", "shortest form"},
		{"a number that is too long by two", "a1 01 1900ff", "shortest form"},
		{"a number that is too long by four", "a1 01 1a0000ffff", "shortest form"},
		{"a number that is too long by eight", "a1 01 1b00000000ffffffff", "shortest form"},
		{"a length that is too long", "a1 01 58 01 00", "shortest form"},
		{"keys out of order", "a2 02 80 01 01", "out of order"},
		{"keys sorted by length first", "a2 20 00 1818 00", "out of order"},
		{"a key twice", "a2 01 01 01 01", "out of order"},
		{"keys out of order in a field that we do not know", "a2 01 01 1863 a2 02 00 01 00", "out of order"},
		{"an indefinite array", "9f ff", "begins no canonical item"},
		{"a reserved length", "1c", "begins no canonical item"},
		{"a tag", "c1 01", "tags"},
		{"a float", "a1 01 f93c00", "floats"},
		{"undefined", "f7", "floats and unassigned simple values"},
		{"a long simple value", "f8 20", "floats and unassigned simple values"},
		{"nine levels", "818181818181818181 01", "nested deeper than 8"},
		{"nine levels of maps", "a101a101a101a101a101a101a101a101a101 01", "nested deeper than 8"},
		{"too many items", "9a 00010001", "65537 items"},
		{"too many pairs", "ba 00010001", "65537 items"},

		{"a hash too short", "a2 01 01 05 81 43010203", "does not fit its field"},
		{"a hash too long", "a2 01 01 05 81 450102030405", "does not fit its field"},
		{"an array too short", "a2 01 01 19012c 81 01", "does not fit its field"},
		{"an array too long", "a2 01 01 19012c 83 01 02 03", "does not fit its field"},
		{"null for a number", "a1 01 f6", "does not fit its field"},
		{"a number too large", "a1 01 190100", "cannot unmarshal"},
		{"a negative number", "a1 01 20", "cannot unmarshal"},
		{"a text for a number", "a1 01 6131", "cannot unmarshal"},
		{"bytes for a text", "a2 01 01 03 a1 01 4161", "cannot unmarshal"},
		{"a text that is not UTF-8", "a2 01 01 03 a1 01 61ff", "UTF-8"},
		{"an array for the struct", "81 01", "cannot unmarshal"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var got room
			err := Unmarshal(unhex(t, tt.hex), &got)
			if err == nil || !strings.Contains(err.Error(), tt.words) {
				t.Errorf("got %+v, %v; want an error about %q", got, err, tt.words)
			}
		})
	}
	if err := Unmarshal(make([]byte, MaxSize+1), &room{}); err == nil || !strings.Contains(err.Error(), "at most") {
		t.Errorf("too long: got %v", err)
	}
}

func TestUnmarshalIgnoresUnknownFields(t *testing.T) {
	tests := []struct{ name, hex string }{
		{"before", "a2 00 80 01 07"},
		{"after", "a2 01 07 1863 a1 01 00"},
		{"between", "a4 01 07 02 80 06 4100 181e 00"},
		{"inside another", "a2 01 07 03 a1 06 f6"},
		{"eight levels deep", "a2 01 07 1863 81818181818181 01"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var got room
			if err := Unmarshal(unhex(t, tt.hex), &got); err != nil || got.Version != 7 {
				t.Errorf("got %+v, %v; want version 7", got, err)
			}
		})
	}
}

func TestUnmarshalFillsInNothing(t *testing.T) {
	for name, s := range map[string]string{"all left out": "a0", "the first left out": "a1 04 81 40", "and one unknown": "a1 00 00"} {
		var got room
		if err := Unmarshal(unhex(t, s), &got); err != nil || got.Version != 0 {
			t.Errorf("%s: got %+v, %v; want version 0", name, got, err)
		}
	}
}

func TestUnmarshalVersion(t *testing.T) {
	tests := []struct {
		name, hex string
		met       uint64 // by the VersionError, if any
		ok        bool
	}{
		{"the one that is wanted", "a1 01 03", 0, true},
		{"a later one in which all is different", "a2 01 04 02 6131", 4, false},
		{"a very late one", "a1 01 1bffffffffffffffff", 1<<64 - 1, false},
		{"none", "a0", 0, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var got room
			err := UnmarshalVersion(unhex(t, tt.hex), 3, &got)
			if tt.ok {
				if err != nil || got.Version != 3 {
					t.Errorf("got %+v, %v", got, err)
				}
				return
			}
			if met, ok := errors.AsType[VersionError](err); !ok || met != (VersionError{Met: tt.met, Want: 3}) {
				t.Errorf("got %v, want version %d met", err, tt.met)
			}
		})
	}
	for _, bad := range []string{"", "a1 01 6131", "a1 01 1803", "80", "a2 01 03 02 00"} {
		err := UnmarshalVersion(unhex(t, bad), 3, &room{})
		if _, ok := errors.AsType[VersionError](err); err == nil || ok {
			t.Errorf("%s: got %v, want an error about the bytes", bad, err)
		}
	}
	if want := "version 2 met, this program reads version 1"; (VersionError{2, 1}).Error() != want {
		t.Errorf("got %q, want %q", VersionError{2, 1}, want)
	}
}

func TestWhatCannotTravel(t *testing.T) {
	if b, err := Marshal(make(chan int)); err == nil {
		t.Errorf("a channel became %x", b)
	}
	var out struct {
		Share float64 `cbor:"1,keyasint"`
	}
	if err := Unmarshal([]byte{0xa0}, &out); err == nil {
		t.Error("a struct with a float in it was read, although no float can be")
	}
	var ch chan int
	if err := Unmarshal([]byte{0xf6}, &ch); err == nil {
		t.Error("null became a channel")
	}
}

// drawRoom draws any value that a struct of ours may have.
func drawRoom(rt *rapid.T) room {
	person := func(rt *rapid.T) person {
		return person{
			Name: rapid.String().Draw(rt, "name"),
			Key:  [4]byte(rapid.SliceOfN(rapid.Byte(), 4, 4).Draw(rt, "key")),
			Age:  rapid.Int64().Draw(rt, "age"),
			Nice: rapid.Bool().Draw(rt, "nice"),
		}
	}
	r := room{Version: rapid.Uint8().Draw(rt, "version"), Small: rapid.Uint8().Draw(rt, "small")}
	for range rapid.IntRange(0, 30).Draw(rt, "people") {
		r.People = append(r.People, person(rt))
	}
	if rapid.Bool().Draw(rt, "has host") {
		host := person(rt)
		r.Host = &host
	}
	for range rapid.IntRange(0, 3).Draw(rt, "blobs") {
		r.Blobs = append(r.Blobs, rapid.SliceOf(rapid.Byte()).Draw(rt, "blob"))
	}
	return r
}

func TestRoundTrip(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		want := drawRoom(rt)
		b, err := Marshal(want)
		if err != nil {
			rt.Fatal(err)
		}
		var got room
		if err := Unmarshal(b, &got); err != nil || !reflect.DeepEqual(got, want) {
			rt.Errorf("%x: got %+v, %v; want %+v", b, got, err, want)
		}
	})
}

func FuzzUnmarshal(f *testing.F) {
	f.Add(unhex(f, "a5 01 01  02 81 a3 01 62c3a4 02 4401020304 05 82 6178 60  03 a0  04 82 4109 40  05 81 4401000000"))
	f.Add(unhex(f, "a2 01 07 1863 a1 01 00"))
	f.Add(unhex(f, "a5 01 0f 02 80 20 30 30 30 38 30"))
	f.Fuzz(func(t *testing.T, b []byte) {
		var first room
		if err := Unmarshal(b, &first); err != nil {
			return
		}
		again, err := Marshal(first)
		if err != nil {
			t.Fatalf("%x: %v", b, err)
		}
		if len(again) > len(b)+3 { // the version is written also when it was left out
			t.Errorf("%x: grew to %x", b, again)
		}
		var second room
		if err := Unmarshal(again, &second); err != nil {
			t.Fatalf("%x: %x: %v", b, again, err)
		}
		// Bytes are compared, since an empty list that was written out is left out.
		if third, err := Marshal(second); err != nil || !bytes.Equal(third, again) {
			t.Errorf("%x: again %x, %v; want %x", b, third, err, again)
		}
	})
}
