package sframe

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"os"
	"slices"
	"testing"
)

// vectors are the RFC's own (RFC 9605 appendix C), as published in its machine
// readable form; testdata holds the parts for our suites.
type vectors struct {
	Header []struct {
		KID     uint64 `json:"kid"`
		CTR     uint64 `json:"ctr"`
		Encoded hexed  `json:"encoded"`
	} `json:"header"`
	SFrame []struct {
		Suite    Suite  `json:"cipher_suite"`
		KID      uint64 `json:"kid"`
		CTR      uint64 `json:"ctr"`
		BaseKey  hexed  `json:"base_key"`
		Metadata hexed  `json:"metadata"`
		PT       hexed  `json:"pt"`
		CT       hexed  `json:"ct"`
	} `json:"sframe"`
}

type hexed []byte

func (h *hexed) UnmarshalText(text []byte) (err error) {
	*h, err = hex.DecodeString(string(text))
	return err
}

func rfc(tb testing.TB) vectors {
	tb.Helper()
	b, err := os.ReadFile("testdata/rfc9605.json")
	if err != nil {
		tb.Fatal(err)
	}
	var v vectors
	if err := json.Unmarshal(b, &v); err != nil {
		tb.Fatal(err)
	}
	return v
}

func TestRFCHeaders(t *testing.T) {
	v := rfc(t).Header
	if len(v) != 289 {
		t.Fatalf("%d vectors, want the RFC's 289", len(v))
	}
	for _, want := range v {
		h := Header{want.KID, want.CTR}
		if got := h.AppendTo(nil); !bytes.Equal(got, want.Encoded) {
			t.Errorf("%+v: got %x, want %x", h, got, want.Encoded)
		}
		got, n, err := ParseHeader(append(slices.Clip(want.Encoded), 0xff))
		if err != nil || got != h || n != len(want.Encoded) {
			t.Errorf("%x: got %+v in %d bytes, %v; want %+v", want.Encoded, got, n, err, h)
		}
	}
}

func TestRFCFrames(t *testing.T) {
	v := rfc(t).SFrame
	if len(v) != 2 {
		t.Fatalf("%d vectors, want those of suites 4 and 5", len(v))
	}
	for _, want := range v {
		k, err := NewKey(want.Suite, want.KID, want.BaseKey)
		if err != nil {
			t.Fatal(err)
		}
		if got := k.AppendSeal(nil, want.CTR, want.Metadata, want.PT); !bytes.Equal(got, want.CT) {
			t.Errorf("suite %d: sealed %x, want %x", want.Suite, got, want.CT)
		}
		got, h, err := k.AppendOpen(nil, want.Metadata, want.CT)
		if err != nil || !bytes.Equal(got, want.PT) || h != (Header{want.KID, want.CTR}) {
			t.Errorf("suite %d: opened %x with %+v, %v; want %x", want.Suite, got, h, err, want.PT)
		}
	}
}
