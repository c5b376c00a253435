package wire

import (
	"bytes"
	"encoding/hex"
	"errors"
	"reflect"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/banyan-rooms/banyan/crypto/canon"
	"github.com/banyan-rooms/banyan/crypto/identity"
)

var (
	ann   = identity.ID{0xa}
	bob   = identity.ID{0xb}
	v1    = header{Version: 1}
	place = Place{Epoch: 3, Path: Path{ShortOf(ann), ShortOf(bob)}, Attached: true}
)

// id is how an ID of one telling byte reads in hex.
func id(b string) string { return "5820" + b + strings.Repeat("00", 31) }

// short is how the beginning of such an ID reads.
func short(b string) string { return b + strings.Repeat("00", shortSize-1) }

// golden are messages and their bytes: what another implementation can check itself by.
var golden = []struct {
	name string
	m    Message
	hex  string
}{
	{"probe", &Probe{header: v1, Nonce: 7}, "01a201010207"},
	{"probe of a relay that speaks", &Probe{header: v1, Nonce: 7, Speaker: true, Slots: 4}, "01a40101020703f50404"},
	{"offer that names others", &Offer{header: v1, Others: []identity.ID{ann}}, "02a60101020003a10100040005000681" + id("0a")},
	{"offer", &Offer{header: v1, Nonce: 7, Place: place, Free: 2, Spare: 4}, "02a50101020703a30103024c" + short("0a") + short("0b") + "03f504020504"},
	{"join", &Join{header: v1, Switch: true, Slots: 4, Seen: []Seen{{KID: 1, Top: 9, Bits: 5}}}, "03a4010103f505040681a3010102090305"},
	{"accept", &Accept{header: v1, Backup: true, Place: Place{Epoch: 1}}, "04a3010102f503a10101"},
	{"redirect", &Redirect{header: v1, To: []identity.ID{bob}}, "05a201010381" + id("0b")},
	{"leave", &Leave{header: v1}, "06a10101"},
	{"leave of a child", &Leave{header: v1, Up: true}, "06a2010102f5"},
	{"move", &Move{header: v1, To: []identity.ID{ann}}, "07a201010281" + id("0a")},
	{"reverse", &Reverse{header: v1, Place: Place{Epoch: 4, Attached: true}}, "08a2010102a2010403f5"},
	{"handover", &Handover{header: v1, Epoch: 4}, "09a201010204"},
	{"report", &Report{header: v1, Count: 2, Edges: []Edge{{ann, bob}}}, "0aa3010102020381a201" + id("0a") + "02" + id("0b")},
	{"tree", &Tree{header: v1, Count: 9}, "0ba201010209"},
	{"renew", &Renew{header: v1, Epoch: 2, Seq: 9}, "0ca3010102020309"},
	{"accept with newer word", &Accept{header: v1, Place: Place{Epoch: 1, Seq: 9}}, "04a2010103a201010409"},
}

func TestGoldenMessages(t *testing.T) {
	for _, tt := range golden {
		t.Run(tt.name, func(t *testing.T) {
			got, err := Marshal(tt.m)
			if err != nil || hex.EncodeToString(got) != tt.hex {
				t.Fatalf("got %x, %v; want %s", got, err, tt.hex)
			}
			again, err := Unmarshal(got)
			if err != nil || !reflect.DeepEqual(again, tt.m) {
				t.Errorf("read back %+v, %v; want %+v", again, err, tt.m)
			}
		})
	}
}

// long reads a message's bytes without a plan.
func long(b []byte) (any, error) {
	for _, g := range golden {
		if g.m.kind() == b[0] {
			v := reflect.New(reflect.TypeOf(g.m).Elem()).Interface()
			return v, canon.UnmarshalVersion(b[1:], messageVersion, v)
		}
	}
	return nil, errors.New("no such message")
}

// sameWays fails when a message's bytes say something else with its plan than without.
func sameWays(tb rapid.TB, b []byte) {
	tb.Helper()
	want, wantErr := long(b)
	got, err := planOf(b[0]).UnmarshalVersion(b[1:], messageVersion)
	if wantErr != nil {
		if err == nil || err.Error() != wantErr.Error() {
			tb.Errorf("%x: got %+v, %v; want the error %v", b, got, err, wantErr)
		}
		return
	}
	if err != nil || !reflect.DeepEqual(got, want) {
		tb.Errorf("%x: got %+v, %v; want %+v", b, got, err, want)
	}
}

// fill draws all that is in v.
func fill(rt *rapid.T, v reflect.Value) {
	switch v.Kind() {
	case reflect.Bool:
		v.SetBool(rapid.Bool().Draw(rt, "bool"))
	case reflect.Struct:
		for i := range v.NumField() {
			if v.Type().Field(i).IsExported() {
				fill(rt, v.Field(i))
			}
		}
	case reflect.Slice:
		for i := range rapid.IntRange(0, 3).Draw(rt, "length") {
			v.Grow(1)
			v.SetLen(i + 1)
			fill(rt, v.Index(i))
		}
	case reflect.Array:
		if rapid.Bool().Draw(rt, "left out") {
			return
		}
		for i := range v.Len() {
			fill(rt, v.Index(i))
		}
	default:
		v.SetUint(rapid.Uint64().Draw(rt, "number") >> rapid.SampledFrom([]int{0, 8, 32, 48, 56, 64}).Draw(rt, "shift"))
	}
}

// TestPlans holds messages with anything in them, and their bytes with one of them
// changed, against the long way.
func TestPlans(t *testing.T) {
	for _, g := range golden {
		t.Run(g.name, rapid.MakeCheck(func(rt *rapid.T) {
			m := reflect.New(reflect.TypeOf(g.m).Elem()).Interface().(Message)
			fill(rt, reflect.ValueOf(m).Elem())
			b, err := Marshal(On(rapid.IntRange(0, 255).Draw(rt, "tree"), m))
			if err != nil {
				rt.Fatal(err)
			}
			if want, err := canon.Marshal(m); err != nil || !bytes.Equal(b[1:], want) || b[0] != m.kind() {
				rt.Errorf("%+v: got %x; want %x, %v", m, b, want, err)
			}
			sameWays(rt, b)
			b[rapid.IntRange(1, len(b)-1).Draw(rt, "at")] = rapid.Byte().Draw(rt, "other")
			sameWays(rt, b)
		}))
	}
	t.Run("beacon", rapid.MakeCheck(func(rt *rapid.T) {
		beacon := Beacon{}
		fill(rt, reflect.ValueOf(&beacon).Elem())
		b, err := beacon.Datagram()
		if err != nil {
			rt.Fatal(err)
		}
		beacon.Version, beacon.Place.Root = messageVersion, identity.ID{}
		if want, err := canon.Marshal(beacon); err != nil || !bytes.Equal(b[1:], want) || b[0] != KindBeacon {
			rt.Errorf("%+v: got %x; want %x, %v", beacon, b, want, err)
		}
		if got, err := beaconPlan.UnmarshalVersion(b[1:], messageVersion); err != nil || !reflect.DeepEqual(*got.(*Beacon), beacon) {
			rt.Errorf("%x: got %+v, %v; want %+v", b, got, err, beacon)
		}
	}))
}

func TestUnmarshalRefuses(t *testing.T) {
	long, err := canon.Marshal(Tree{header: v1, Edges: make([]Edge, MaxEdges+1)})
	if err != nil {
		t.Fatal(err)
	}
	for name, b := range map[string][]byte{
		"nothing":        nil,
		"kind 0":         {0, 0xa0},
		"unknown kind":   {99, 0xa0},
		"no body":        {1},
		"trailing bytes": {6, 0xa1, 1, 1, 0},
		"too long":       make([]byte, maxMessage+1),
		"too many edges": append([]byte{11}, long...),
	} {
		if m, err := Unmarshal(b); err == nil {
			t.Errorf("%s: got %+v", name, m)
		}
	}
	var version canon.VersionError
	if _, err := Unmarshal([]byte{6, 0xa1, 1, 2}); !errors.As(err, &version) || version.Met != 2 {
		t.Errorf("version 2: got %v, want a version error that says 2", err)
	}
}

func TestFrame(t *testing.T) {
	sealed := []byte{0x25, 1, 2, 3} // key ID 2, counter 5
	raw := AppendFrame(nil, Of(0), 30, sealed)
	if want := []byte{0, 1<<6 | MaxHops, 30, 0x25, 1, 2, 3}; !bytes.Equal(raw, want) {
		t.Fatalf("got %x, want %x", raw, want)
	}
	d := AppendNext(AppendMedia(nil, raw, 9, 258), raw, 4, 259) // two frames in one datagram
	var hops []uint8
	var links []uint16
	err := Frames(d[1:], func(f Frame, b []byte) {
		hops = append(hops, f.Hops)
		links = append(links, f.Link)
		if f.KID != 2 || f.CTR != 5 || f.Level != 30 || f.Trees != Of(0) || !bytes.Equal(f.Sealed, sealed) || len(b) != len(raw) {
			t.Errorf("got %+v", f)
		}
	})
	if err != nil || !bytes.Equal(hops, []byte{9, 4}) {
		t.Errorf("hops %v, %v; want 9 and 4", hops, err)
	}
	if want := []uint16{258, 259}; !slices.Equal(links, want) {
		t.Errorf("numbers %v, want %v", links, want)
	}
	for name, b := range map[string][]byte{
		"nothing": {}, "too short": {0, 1}, "version 1": {1, 1, 1, 0}, "no SFrame": {0, 1, 1}, "too long": make([]byte, MaxFrame+1),
	} {
		if _, err := ParseFrame(b); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}

func TestBeacon(t *testing.T) {
	b := Beacon{Version: 1, Place: place, Idle: true, Successor: bob}
	d, err := b.Datagram()
	if err != nil || d[0] != KindBeacon {
		t.Fatalf("got %x, %v", d, err)
	}
	if got, err := ParseBeacon(d[1:]); err != nil || !reflect.DeepEqual(got, b) {
		t.Errorf("got %+v, %v; want %+v", got, err, b)
	}
}

func TestPull(t *testing.T) {
	for _, tt := range []struct {
		missing []uint16
		hex     string
		want    []uint16
	}{
		{[]uint16{7}, "0300070000", []uint16{7}},
		{[]uint16{7, 8, 23, 24}, "030007800100180000", []uint16{7, 8, 23, 24}},
		{[]uint16{65535, 0, 1}, "03ffff0003", []uint16{65535, 0, 1}},
		{[]uint16{0, 100, 200, 300, 400, 500, 600, 700, 800}, "", []uint16{0, 100, 200, 300, 400, 500, 600, 700}},
	} {
		d := AppendPull(nil, tt.missing)
		if got := hex.EncodeToString(d); tt.hex != "" && got != tt.hex {
			t.Errorf("%v: got %s, want %s", tt.missing, got, tt.hex)
		}
		var got []uint16
		if err := Pulled(d[1:], func(n uint16) { got = append(got, n) }); err != nil || !slices.Equal(got, tt.want) {
			t.Errorf("%v: read back %v, %v; want %v", tt.missing, got, err, tt.want)
		}
	}
	if err := Pulled(make([]byte, 4*maxPull+4), func(uint16) {}); !errors.Is(err, ErrMalformed) {
		t.Errorf("too long: got %v", err)
	}
}

func TestSeen(t *testing.T) {
	s := Seen{Top: 100, Bits: 0b101}
	for ctr, want := range map[uint64]bool{101: false, 100: true, 99: false, 98: true, 37: false, 36: true, 0: true} {
		if got := s.Has(ctr); got != want {
			t.Errorf("has %d: got %v, want %v", ctr, got, want)
		}
	}
}

func FuzzUnmarshal(f *testing.F) {
	for _, g := range golden {
		b, err := hex.DecodeString(g.hex)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		if len(b) > 0 && planOf(b[0]) != nil {
			sameWays(t, b)
		}
		m, err := Unmarshal(b)
		if err != nil {
			return
		}
		out, err := Marshal(m)
		if err != nil {
			t.Fatal(err)
		}
		again, err := Unmarshal(out)
		if err != nil {
			t.Fatalf("%x comes out as %x, which does not come in: %v", b, out, err)
		}
		if same, err := Marshal(again); err != nil || !bytes.Equal(same, out) {
			t.Errorf("%x comes out as %x, then as %x, %v", b, out, same, err)
		}
	})
}

func FuzzDatagram(f *testing.F) {
	f.Add(AppendMedia(nil, AppendFrame(nil, Of(0), 30, []byte{0x25, 1, 2}), 3, 7))
	d, err := Beacon{Place: place}.Datagram()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(d)
	f.Fuzz(func(t *testing.T, b []byte) {
		if len(b) == 0 {
			return
		}
		var long Beacon
		longErr := canon.UnmarshalVersion(b[1:], messageVersion, &long)
		if got, err := beaconPlan.UnmarshalVersion(b[1:], messageVersion); (err == nil) != (longErr == nil) || err == nil && !reflect.DeepEqual(got, &long) {
			t.Errorf("%x: got %+v, %v; want %+v, %v", b, got, err, long, longErr)
		}
		_ = Frames(b[1:], func(Frame, []byte) {}) // must not panic; what it says of nonsense is no matter
		_, _ = ParseBeacon(b[1:])
		_ = Pulled(b[1:], func(uint16) {})
	})
}
