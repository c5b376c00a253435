package sframe

import (
	"bytes"
	"encoding/hex"
	"errors"
	"testing"
)

func TestParseHeaderRefuses(t *testing.T) {
	tests := []struct{ name, hex string }{
		{"nothing", ""},
		{"a key ID that is missing", "80"},
		{"a key ID that is cut", "9012"},
		{"a counter that is missing", "08"},
		{"a counter that is cut", "990123ff"},
		{"all of it cut at the last byte", "ffffffffffffffffffffffffffffffff"},
		{"a key ID that fits into the config byte", "8007"},
		{"a counter that fits into the config byte", "0807"},
		{"a key ID with a zero before it", "9000ff"},
		{"a counter with a zero before it", "0f00ffffffffffffff"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			b, err := hex.DecodeString(tt.hex)
			if err != nil {
				t.Fatal(err)
			}
			if h, n, err := ParseHeader(b); !errors.Is(err, ErrMalformed) || n != 0 || h != (Header{}) {
				t.Errorf("got %+v in %d bytes, %v; want %v", h, n, err, ErrMalformed)
			}
		})
	}
}

func TestHeaderIsAppended(t *testing.T) {
	if got := (Header{KID: 8, CTR: 7}).AppendTo([]byte{1, 2}); !bytes.Equal(got, []byte{1, 2, 0x87, 8}) {
		t.Errorf("got %x", got)
	}
}

func FuzzParseHeader(f *testing.F) {
	for _, v := range rfc(f).Header[:40] {
		f.Add([]byte(v.Encoded))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		h, n, err := ParseHeader(b)
		if err != nil {
			return
		}
		if got := h.AppendTo(nil); !bytes.Equal(got, b[:n]) || n > maxHeader {
			t.Errorf("%x: parsed to %+v, which is %x", b[:n], h, got)
		}
	})
}
