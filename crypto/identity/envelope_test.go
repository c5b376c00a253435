package identity

import (
	"bytes"
	"crypto/ed25519"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"slices"
	"testing"

	"github.com/libp2p/go-libp2p/core/crypto"
	"github.com/libp2p/go-libp2p/core/record"
)

const purpose Purpose = "banyan/test/1"

func seal(tb testing.TB, payload []byte) []byte {
	tb.Helper()
	envelope, err := keyOf(tb, 1).Seal(purpose, payload)
	if err != nil {
		tb.Fatal(err)
	}
	return envelope
}

func TestSealAndOpen(t *testing.T) {
	for _, payload := range []string{"hello", "", "\x00"} {
		signer, got, err := Open(purpose, seal(t, []byte(payload)))
		if err != nil || signer != keyOf(t, 1).ID() || string(got) != payload {
			t.Errorf("%q: got %q by %v, %v", payload, got, signer, err)
		}
	}
}

// TestGoldenEnvelope lays an envelope out by hand: another implementation needs no
// protobuf to make one.
func TestGoldenEnvelope(t *testing.T) {
	seed := bytes.Repeat([]byte{1}, ed25519.SeedSize)
	private := ed25519.NewKeyFromSeed(seed)
	payload := []byte("hello")

	var signed []byte
	for _, part := range [][]byte{[]byte(purpose), {0x51}, payload} {
		signed = append(binary.AppendUvarint(signed, uint64(len(part))), part...)
	}
	want := append([]byte{0x0a, 36, 0x08, 1, 0x12, 32}, private.Public().(ed25519.PublicKey)...)
	want = append(want, 0x12, 1, 0x51, 0x1a, byte(len(payload)))
	want = append(want, payload...)
	want = append(want, 0x2a, 64)
	want = append(want, ed25519.Sign(private, signed)...)

	if got := seal(t, payload); !bytes.Equal(got, want) {
		t.Errorf("got  %x\nwant %x", got, want)
	}
	const golden = "0a24080112208a88e3dd7409f195fd52db2d3cba5d72ca6709bf1d94121bf3748801b40f6f5c1201511a0568656c6c6f2a40" +
		"74ea37505e2e4f7d39b45ea4ee0328812a5656029ac4cfaf5909b18293eae6d70b5ef2b23f2bb2f7e373ad607be7c5279b897dc9a84c8f4899f17ad7d376340e"
	if got := hex.EncodeToString(want); got != golden {
		t.Errorf("got  %s\nwant %s", got, golden)
	}
}

// TestOneFormOnly rewrites an envelope in all the ways that protobuf takes for the
// same message. The signature holds in each of them.
func TestOneFormOnly(t *testing.T) {
	good := seal(t, []byte("hello"))
	key, codecField, payload, signature := good[:38], good[38:41], good[41:48], good[48:]
	padded := append([]byte{key[0], key[1] | 0x80, 0}, key[2:]...) // a length in two bytes
	tests := []struct {
		name string
		b    []byte
	}{
		{"fields in another order", slices.Concat(codecField, key, payload, signature)},
		{"a field twice", slices.Concat(key, codecField, payload, payload, signature)},
		{"all fields twice", slices.Concat(good, good)},
		{"an unknown field", slices.Concat(good, []byte{0x7a, 1, 0})},
		{"an unknown field inside the key", slices.Concat([]byte{0x0a, key[1] + 2}, key[2:], []byte{0x18, 1}, codecField, payload, signature)},
		{"a length longer than need be", slices.Concat(padded, codecField, payload, signature)},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if _, err := record.ConsumeTypedEnvelope(tt.b, &sealed{purpose: purpose}); err != nil {
				t.Fatalf("not even libp2p takes it: %v", err)
			}
			if _, _, err := Open(purpose, tt.b); !errors.Is(err, errForm) || !errors.Is(err, ErrPurpose) {
				t.Errorf("got %v, want %v", err, errForm)
			}
		})
	}
}

func TestOpenRefuses(t *testing.T) {
	good := seal(t, []byte("hello"))
	sealAs := func(rec record.Record, key crypto.PrivKey) []byte {
		e, err := record.Seal(rec, key)
		if err != nil {
			t.Fatal(err)
		}
		b, err := e.Marshal()
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	secp, _, err := crypto.GenerateSecp256k1Key(bytes.NewReader(bytes.Repeat([]byte{1}, 64)))
	if err != nil {
		t.Fatal(err)
	}
	mine := &sealed{purpose: purpose, payload: []byte("hello")}
	tests := []struct {
		name string
		as   Purpose
		b    []byte
		want error
	}{
		{"nothing", purpose, nil, ErrPurpose},
		{"a cut", purpose, good[:len(good)-1], ErrPurpose},
		{"another purpose", "banyan/other/1", good, ErrPurpose},
		{"no purpose", "", good, errEmpty},
		{"too long", purpose, make([]byte, MaxEnvelope+1), errSize},
		{"another kind of payload", purpose, sealAs(foreign{mine}, keyOf(t, 1).LibP2P()), errCodec},
		{"another kind of key", purpose, sealAs(mine, secp), ErrNotEd25519},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			signer, payload, err := Open(tt.as, tt.b)
			if !errors.Is(err, ErrPurpose) || !errors.Is(err, tt.want) || !signer.IsZero() || payload != nil {
				t.Errorf("got %q by %v, %v; want %v", payload, signer, err, tt.want)
			}
		})
	}
}

// foreign is a record of ours that says it is of another kind.
type foreign struct{ *sealed }

func (foreign) Codec() []byte { return []byte{0x03, 0x01} }

func TestEveryChangedBitIsRefused(t *testing.T) {
	good := seal(t, []byte("hello"))
	for i := range good {
		for bit := range 8 {
			changed := bytes.Clone(good)
			changed[i] ^= 1 << bit
			if _, _, err := Open(purpose, changed); !errors.Is(err, ErrPurpose) {
				t.Errorf("byte %d, bit %d changed: got %v, want %v", i, bit, err, ErrPurpose)
			}
		}
	}
}

// TestNobodyCannotSign forges a signature of the zero key, which is a point of
// order four: the signature R = identity, S = 0 holds for every fourth message.
func TestNobodyCannotSign(t *testing.T) {
	signature := make([]byte, ed25519.SignatureSize)
	signature[0] = 1 // the identity point
	forged := 0
	for n := range byte(64) {
		payload := []byte{n}
		envelope := append([]byte{0x0a, 36, 0x08, 1, 0x12, 32}, make([]byte, 32)...)
		envelope = append(envelope, 0x12, 1, 0x51, 0x1a, 1, n, 0x2a, 64)
		envelope = append(envelope, signature...)
		if _, err := record.ConsumeTypedEnvelope(envelope, &sealed{purpose: purpose}); err != nil {
			continue
		}
		forged++
		if _, _, err := Open(purpose, envelope); !errors.Is(err, ErrNotEd25519) {
			t.Errorf("%x signed by nobody: got %v, want %v", payload, err, ErrNotEd25519)
		}
	}
	if forged == 0 {
		t.Error("no signature was forged: the test shows nothing")
	}
}

func TestSealRefuses(t *testing.T) {
	ann := keyOf(t, 1)
	if _, err := ann.Seal("", []byte("hello")); err == nil {
		t.Error("signed for no purpose")
	}
	if _, err := ann.Seal(purpose, make([]byte, MaxEnvelope)); !errors.Is(err, errSize) {
		t.Errorf("a payload too long: got %v, want %v", err, errSize)
	}
	if _, err := (Key{}).Seal(purpose, nil); !errors.Is(err, errNoKey) {
		t.Errorf("the zero key: got %v, want %v", err, errNoKey)
	}
}

func FuzzOpen(f *testing.F) {
	envelope := seal(f, []byte("hello"))
	f.Add(envelope)
	f.Add(seal(f, nil))
	f.Fuzz(func(t *testing.T, b []byte) {
		signer, payload, err := Open(purpose, b)
		if err != nil {
			return
		}
		if signer == keyOf(t, 1).ID() && !bytes.Equal(payload, []byte("hello")) && len(payload) != 0 {
			t.Errorf("%x opens, though its signer never sealed it", b)
		}
	})
}
