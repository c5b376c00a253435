package identity

import (
	"bytes"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/libp2p/go-libp2p/core/crypto"
)

func keyOf(tb testing.TB, n byte) Key {
	tb.Helper()
	k, err := Generate(bytes.NewReader(bytes.Repeat([]byte{n}, 64)))
	if err != nil {
		tb.Fatal(err)
	}
	return k
}

func TestGenerateNeedsRandomness(t *testing.T) {
	if k, err := Generate(strings.NewReader("too few")); err == nil {
		t.Errorf("got %v from seven bytes", k)
	}
}

func TestKeySurvivesMarshal(t *testing.T) {
	ann := keyOf(t, 1)
	b, err := ann.Marshal()
	if err != nil {
		t.Fatal(err)
	}
	again, err := ParseKey(b)
	if err != nil || again.ID() != ann.ID() || !again.LibP2P().Equals(ann.LibP2P()) {
		t.Errorf("got %v, %v; want %v", again, err, ann)
	}
	const golden = "080112400101010101010101010101010101010101010101010101010101010101010101" +
		"8a88e3dd7409f195fd52db2d3cba5d72ca6709bf1d94121bf3748801b40f6f5c"
	if got := hex.EncodeToString(b); got != golden {
		t.Errorf("marshalled to %s, want %s", got, golden)
	}
	if _, err := (Key{}).Marshal(); !errors.Is(err, errNoKey) {
		t.Errorf("the zero key: got %v, want %v", err, errNoKey)
	}
}

func TestParseKeyRefuses(t *testing.T) {
	good, err := keyOf(t, 1).Marshal()
	if err != nil {
		t.Fatal(err)
	}
	other := keyOf(t, 2).ID()
	secp, _, err := crypto.GenerateSecp256k1Key(bytes.NewReader(bytes.Repeat([]byte{1}, 64)))
	if err != nil {
		t.Fatal(err)
	}
	foreign, err := crypto.MarshalPrivateKey(secp)
	if err != nil {
		t.Fatal(err)
	}
	for name, bad := range map[string][]byte{
		"nothing":                     nil,
		"a cut":                       good[:10],
		"another kind of key":         foreign,
		"halves that do not belong":   append(bytes.Clone(good[:36]), other[:]...),
		"no private half":             append(bytes.Clone(good[:4]), make([]byte, 64)...),
		"a public half of the zeroes": append(bytes.Clone(good[:36]), make([]byte, 32)...),
	} {
		if k, err := ParseKey(bad); err == nil {
			t.Errorf("%s: got %v", name, k)
		} else if strings.Contains(err.Error(), "0101") {
			t.Errorf("%s: the error tells the key: %v", name, err)
		}
	}
}

func TestKeyIsNotPrinted(t *testing.T) {
	ann := keyOf(t, 1)
	want := "key of " + ann.ID().String()
	for _, verb := range []string{"%v", "%+v", "%#v", "%s"} {
		if got := fmt.Sprintf(verb, ann); got != want {
			t.Errorf("%s prints %q, want %q", verb, got, want)
		}
	}
}

func FuzzParseKey(f *testing.F) {
	b, err := keyOf(f, 1).Marshal()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(b)
	f.Fuzz(func(t *testing.T, b []byte) {
		k, err := ParseKey(b)
		if err != nil {
			return
		}
		again, err := k.Marshal()
		if err != nil {
			t.Fatal(err)
		}
		if same, err := ParseKey(again); err != nil || same.ID() != k.ID() {
			t.Errorf("%x: again %v, %v; want %v", b, same, err, k)
		}
		envelope, err := k.Seal(purpose, []byte("hello"))
		if err != nil {
			t.Fatal(err)
		}
		if signer, _, err := Open(purpose, envelope); err != nil || signer != k.ID() {
			t.Errorf("%x: what it signs is by %v, %v", b, signer, err)
		}
	})
}
