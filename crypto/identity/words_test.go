package identity

import (
	"bytes"
	"crypto/ed25519"
	"errors"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// The words of BIP-39's own vectors for 32 equal bytes, of which we take the seed.
// https://github.com/trezor/python-mnemonic/blob/master/vectors.json
var knownWords = map[byte]string{
	0x00: strings.Repeat("abandon ", 23) + "art",
	0x7f: "legal winner thank year wave sausage worth useful legal winner thank year wave sausage worth useful legal winner thank year wave sausage worth title",
	0x80: "letter advice cage absurd amount doctor acoustic avoid letter advice cage absurd amount doctor acoustic avoid letter advice cage absurd amount doctor acoustic bless",
	0xff: strings.Repeat("zoo ", 23) + "vote",
}

func TestWordsAreThoseOfTheStandard(t *testing.T) {
	for b, want := range knownWords {
		key, err := Generate(bytes.NewReader(bytes.Repeat([]byte{b}, ed25519.SeedSize)))
		if err != nil {
			t.Fatal(err)
		}
		if got, err := key.Words(); err != nil || got != want {
			t.Errorf("seed of %#x: got %q, %v; want %q", b, got, err, want)
		}
		if back, err := ParseWords("\n" + strings.ToUpper(strings.ReplaceAll(want, " ", "  \n"))); err != nil || back.ID() != key.ID() {
			t.Errorf("%q: got %v, %v; want %v", want, back, err, key)
		}
	}
	if words, err := (Key{}).Words(); err == nil {
		t.Errorf("nobody's words are %q", words)
	}
}

func TestWordsComeBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		seed := rapid.SliceOfN(rapid.Byte(), ed25519.SeedSize, ed25519.SeedSize).Draw(t, "seed")
		key, err := Generate(bytes.NewReader(seed))
		if err != nil {
			t.Fatal(err)
		}
		words, err := key.Words()
		if err != nil {
			t.Fatal(err)
		}
		back, err := ParseWords(words)
		if err != nil || back.ID() != key.ID() {
			t.Fatalf("%q: got %v, %v; want %v", words, back, err, key)
		}
		message := []byte("the same person")
		a, errA := key.Sign("banyan/test/1", message)
		b, errB := back.Sign("banyan/test/1", message)
		if err := errors.Join(errA, errB); err != nil || !bytes.Equal(a, b) {
			t.Fatalf("they sign differently, %v", err)
		}
	})
}

func TestWrongWordsAreRefused(t *testing.T) {
	good := strings.Fields(knownWords[0x80])
	with := func(n int, word string) string {
		words := append([]string(nil), good...)
		words[n] = word
		return strings.Join(words, " ")
	}
	tests := []struct{ name, words, says string }{
		{"nothing", "", "there are 0"},
		{"one too few", strings.Join(good[1:], " "), "there are 23"},
		{"one too many", strings.Join(append(good, "zoo"), " "), "there are 25"},
		{"no word", with(2, "banyan"), "number 3 "},
		{"another word", with(2, "zoo"), "another word"},
		{"swapped", strings.Join(append([]string{good[1], good[0]}, good[2:]...), " "), "changed places"},
	}
	for _, tt := range tests {
		key, err := ParseWords(tt.words)
		if !errors.Is(err, ErrWords) || !strings.Contains(err.Error(), tt.says) || !key.ID().IsZero() {
			t.Errorf("%s: got %v, %v; want an error that says %q", tt.name, key, err, tt.says)
		}
		if strings.Contains(err.Error(), "banyan") || strings.Contains(err.Error(), "zoo") {
			t.Errorf("%s: the error tells the words: %v", tt.name, err)
		}
	}
}

func FuzzParseWords(f *testing.F) {
	for _, words := range knownWords {
		f.Add(words)
	}
	f.Fuzz(func(t *testing.T, text string) {
		key, err := ParseWords(text)
		if err != nil {
			return
		}
		words, err := key.Words()
		if err != nil || words != strings.Join(strings.Fields(strings.ToLower(text)), " ") {
			t.Errorf("%q comes out as %q, %v", text, words, err)
		}
	})
}
