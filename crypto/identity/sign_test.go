package identity

import (
	"bytes"
	"encoding/hex"
	"testing"
)

func TestBareSignatures(t *testing.T) {
	key, err := Generate(bytes.NewReader(bytes.Repeat([]byte{7}, 32)))
	if err != nil {
		t.Fatal(err)
	}
	other, err := Generate(nil)
	if err != nil {
		t.Fatal(err)
	}
	const p Purpose = "test/1"
	sig, err := key.Sign(p, []byte("hello"))
	if err != nil {
		t.Fatal(err)
	}
	// Made with this program; RFC 8032 over 06 "test/1" "hello".
	const golden = "fc44bb723d2e721ac99891862505e50445c6b94fa7cf4e3e5095bae21f4af48cf5a2e87dad71047250af18a392ee453cd251c46048eaef2b4b12e104334d8d09"
	if hex.EncodeToString(sig) != golden {
		t.Errorf("the signature is %x", sig)
	}
	for _, tt := range []struct {
		name    string
		id      ID
		purpose Purpose
		message string
		sig     []byte
		want    bool
	}{
		{"the signature", key.ID(), p, "hello", sig, true},
		{"another signer", other.ID(), p, "hello", sig, false},
		{"nobody", ID{}, p, "hello", sig, false},
		{"another purpose", key.ID(), "test/2", "hello", sig, false},
		{"no purpose", key.ID(), "", "hello", sig, false},
		{"another message", key.ID(), p, "hell", sig, false},
		{"another split of purpose and message", key.ID(), "test/1h", "ello", sig, false},
		{"no signature", key.ID(), p, "hello", nil, false},
		{"one byte too many", key.ID(), p, "hello", append(bytes.Clone(sig), 0), false},
	} {
		if got := tt.id.Verify(tt.purpose, []byte(tt.message), tt.sig); got != tt.want {
			t.Errorf("%s: %v", tt.name, got)
		}
	}
	if _, err := (Key{}).Sign(p, nil); err == nil {
		t.Error("no key signs")
	}
	if _, err := key.Sign("", nil); err == nil {
		t.Error("signs for no purpose")
	}
}
