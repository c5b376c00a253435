package identity

import (
	"bytes"
	"regexp"
	"testing"

	"pgregory.net/rapid"
)

// The number of two well-known identities, for other implementations.
func TestSafetyNumber(t *testing.T) {
	of := func(seed byte) ID {
		key, err := Generate(bytes.NewReader(bytes.Repeat([]byte{seed}, 64)))
		if err != nil {
			t.Fatal(err)
		}
		return key.ID()
	}
	const want = "57078 07575 52564 67062 62160 08639 59719 49645 91599 93288 66703 25761"
	if got := SafetyNumber(of(1), of(2)); got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestSafetyNumbersAreTheSameOnBothSidesAndOnNoOthers(t *testing.T) {
	form := regexp.MustCompile(`^(\d{5} ){11}\d{5}$`)
	id := rapid.Custom(func(t *rapid.T) ID { return ID(rapid.SliceOfN(rapid.Byte(), 32, 32).Draw(t, "id")) })
	rapid.Check(t, func(t *rapid.T) {
		a, b, c := id.Draw(t, "a"), id.Draw(t, "b"), id.Draw(t, "c")
		number := SafetyNumber(a, b)
		if !form.MatchString(number) || number != SafetyNumber(b, a) {
			t.Errorf("%q on one side, %q on the other", number, SafetyNumber(b, a))
		}
		if c != b && SafetyNumber(a, c) == number {
			t.Errorf("%v and %v have one number with %v", b, c, a)
		}
	})
}
