package sframe

import (
	"bytes"
	"errors"
	"testing"

	"pgregory.net/rapid"
)

// The frame of these tests: 20 ms of Opus at 32 kbit/s with the node's nine bytes
// before it, and the two bytes that travel in clear beside it.
var (
	frame20ms = bytes.Repeat([]byte{0x5a}, 89)
	level     = []byte{1, 40}
)

func keyOf(tb testing.TB, s Suite, kid uint64, base string) *Key {
	tb.Helper()
	k, err := NewKey(s, kid, []byte(base))
	if err != nil {
		tb.Fatal(err)
	}
	return k
}

func TestSealAndOpen(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		kid, ctr := drawNumber(rt, "kid"), drawNumber(rt, "ctr")
		suite := rapid.SampledFrom([]Suite{AES128GCM, AES256GCM}).Draw(rt, "suite")
		bytesOf := func(name string) []byte { return rapid.SliceOfN(rapid.Byte(), 0, 200).Draw(rt, name) }
		metadata, plaintext, before := bytesOf("metadata"), bytesOf("plaintext"), bytesOf("before")

		k := keyOf(t, suite, kid, "secret")
		out := k.AppendSeal(bytes.Clone(before), ctr, metadata, plaintext)
		sealed, ok := bytes.CutPrefix(out, before)
		if !ok || len(sealed) > len(plaintext)+Overhead {
			rt.Fatalf("sealed %d bytes after %x into %x", len(plaintext), before, out)
		}
		got, h, err := keyOf(t, suite, kid, "secret").AppendOpen(bytes.Clone(before), metadata, sealed)
		if err != nil || h != (Header{kid, ctr}) || !bytes.Equal(got, append(before, plaintext...)) {
			rt.Errorf("opened %x with %+v, %v; want %x%x", got, h, err, before, plaintext)
		}
	})
}

// drawNumber draws numbers of all lengths, not only long ones.
func drawNumber(rt *rapid.T, name string) uint64 {
	return rapid.Uint64().Draw(rt, name) >> rapid.IntRange(0, 63).Draw(rt, name+" shift")
}

func TestEveryChangedBitIsRefused(t *testing.T) {
	k := keyOf(t, AES128GCM, 0x123, "secret")
	good := k.AppendSeal(nil, 0x4567, level, frame20ms)
	for i := range good {
		for bit := range 8 {
			changed := bytes.Clone(good)
			changed[i] ^= 1 << bit
			got, _, err := k.AppendOpen(nil, level, changed)
			if !errors.Is(err, ErrOpen) && !errors.Is(err, ErrMalformed) || got != nil {
				t.Errorf("byte %d, bit %d changed: got %x, %v", i, bit, got, err)
			}
		}
	}
}

func TestOpenRefuses(t *testing.T) {
	k := keyOf(t, AES128GCM, 0x123, "secret")
	good := k.AppendSeal(nil, 7, level, frame20ms)
	tests := []struct {
		name     string
		key      *Key
		metadata []byte
		frame    []byte
		want     error
	}{
		{"another secret", keyOf(t, AES128GCM, 0x123, "other"), level, good, ErrOpen},
		{"another speaker", keyOf(t, AES128GCM, 0x124, "secret"), level, good, ErrOpen},
		{"another suite", keyOf(t, AES256GCM, 0x123, "secret"), level, good, ErrOpen},
		{"another level", k, []byte{1, 41}, good, ErrOpen},
		{"no level", k, nil, good, ErrOpen},
		{"a level that took a byte of the header", k, good[2:3], good, ErrOpen},
		{"nothing", k, level, nil, ErrMalformed},
		{"half a header", k, level, good[:2], ErrMalformed},
		{"a header alone", k, level, good[:3], ErrOpen},
		{"half a tag", k, level, good[:3+tagSize/2], ErrOpen},
		{"a cut", k, level, good[:len(good)-1], ErrOpen},
		{"more than there was", k, level, append(bytes.Clone(good), 0), ErrOpen},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got, _, err := tt.key.AppendOpen(nil, tt.metadata, tt.frame); !errors.Is(err, tt.want) || got != nil {
				t.Errorf("got %x, %v; want %v", got, err, tt.want)
			}
		})
	}
}

func TestUnknownSuites(t *testing.T) {
	for _, s := range []Suite{0, 1, 2, 3, 6, 0xffff} {
		if k, err := NewKey(s, 1, []byte("secret")); err == nil {
			t.Errorf("suite %d gave %v", s, k)
		}
	}
}

func TestKeysDiffer(t *testing.T) {
	one := keyOf(t, AES128GCM, 1, "secret")
	if one.KID() != 1 {
		t.Errorf("key ID %d, want 1", one.KID())
	}
	a := one.AppendSeal(nil, 5, nil, frame20ms)
	for name, other := range map[string][]byte{
		"key ID":  keyOf(t, AES128GCM, 2, "secret").AppendSeal(nil, 5, nil, frame20ms),
		"secret":  keyOf(t, AES128GCM, 1, "other").AppendSeal(nil, 5, nil, frame20ms),
		"suite":   keyOf(t, AES256GCM, 1, "secret").AppendSeal(nil, 5, nil, frame20ms),
		"counter": one.AppendSeal(nil, 6, nil, frame20ms),
	} {
		if bytes.Equal(a[1:10], other[1:10]) { // behind the header of one byte
			t.Errorf("another %s gives the same key stream", name)
		}
	}
}

func TestNoAllocations(t *testing.T) {
	k := keyOf(t, AES128GCM, 1<<63, "secret")
	dst := make([]byte, 0, len(frame20ms)+Overhead)
	sealed := k.AppendSeal(nil, 1<<63, level, frame20ms)
	ctr := uint64(1 << 63)
	if n := testing.AllocsPerRun(100, func() {
		ctr++
		k.AppendSeal(dst, ctr, level, frame20ms)
	}); n != 0 {
		t.Errorf("AppendSeal allocates %v times", n)
	}
	if n := testing.AllocsPerRun(100, func() {
		if _, _, err := k.AppendOpen(dst, level, sealed); err != nil {
			t.Error(err)
		}
	}); n != 0 {
		t.Errorf("AppendOpen allocates %v times", n)
	}
	if n := testing.AllocsPerRun(100, func() {
		if _, _, err := ParseHeader(sealed); err != nil {
			t.Error(err)
		}
	}); n != 0 {
		t.Errorf("ParseHeader allocates %v times", n)
	}
}

func BenchmarkSeal(b *testing.B) {
	b.Run("20ms", func(b *testing.B) {
		k := keyOf(b, AES128GCM, 1<<40, "secret")
		dst := make([]byte, 0, len(frame20ms)+Overhead)
		b.ReportAllocs()
		b.SetBytes(int64(len(frame20ms)))
		for ctr := uint64(0); b.Loop(); ctr++ {
			k.AppendSeal(dst, ctr, level, frame20ms)
		}
	})
}

func BenchmarkOpen(b *testing.B) {
	b.Run("20ms", func(b *testing.B) {
		k := keyOf(b, AES128GCM, 1<<40, "secret")
		sealed := k.AppendSeal(nil, 1<<20, level, frame20ms)
		dst := make([]byte, 0, len(frame20ms)+Overhead)
		b.ReportAllocs()
		b.SetBytes(int64(len(frame20ms)))
		for b.Loop() {
			if _, _, err := k.AppendOpen(dst, level, sealed); err != nil {
				b.Fatal(err)
			}
		}
	})
}

func FuzzAppendOpen(f *testing.F) {
	good := keyOf(f, AES128GCM, 0x123, "secret").AppendSeal(nil, 0x4567, level, frame20ms)
	f.Add(level, good)
	f.Add([]byte(nil), good[:20])
	f.Fuzz(func(t *testing.T, metadata, frame []byte) {
		before := []byte("before")
		got, h, err := keyOf(t, AES128GCM, 0x123, "secret").AppendOpen(before, metadata, frame)
		if err != nil {
			return
		}
		if !bytes.Equal(frame, good) || !bytes.Equal(metadata, level) {
			t.Errorf("%x with %x opens as %+v %x, though nobody sealed it", frame, metadata, h, got)
		}
	})
}
