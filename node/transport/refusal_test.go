package transport

import (
	"errors"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"
)

func TestWords(t *testing.T) {
	tests := []struct{ name, text, want string }{
		{"plain text stays", "the room is full", "the room is full"},
		{"a terminal is not commanded", "\x1b[31mred\x07", "[31mred"},
		{"lines become one", "a\r\n\tb", "a b"},
		{"direction marks go", "abc\u202edcba", "abc dcba"},
		{"other scripts stay", "комната полна", "комната полна"},
		{"broken UTF-8 goes", "a\xff\xfeb", "a b"},
		{"nothing stays nothing", " \n ", ""},
		{"long text is cut", strings.Repeat("x", 2*MaxWords), strings.Repeat("x", MaxWords)},
		{"and not within a character", strings.Repeat("я", MaxWords), strings.Repeat("я", MaxWords/2)},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := Words(tt.text); got != tt.want {
				t.Errorf("Words(%q) = %q, want %q", tt.text, got, tt.want)
			}
		})
	}
}

func TestRefused(t *testing.T) {
	err := error(Refused("no ticket"))
	if !errors.Is(err, ErrRefused) {
		t.Errorf("%v is not ErrRefused", err)
	}
	if got, want := err.Error(), "peer refused: no ticket"; got != want {
		t.Errorf("Error() = %q, want %q", got, want)
	}
	if got, want := Refused("").Error(), "peer refused"; got != want {
		t.Errorf("Error() = %q, want %q", got, want)
	}
}

func FuzzWords(f *testing.F) {
	f.Add("the room is full")
	f.Add(strings.Repeat("é", MaxWords))
	f.Fuzz(func(t *testing.T, text string) {
		got := Words(text)
		if len(got) > MaxWords || !utf8.ValidString(got) {
			t.Errorf("Words(%q) = %q: too long or not UTF-8", text, got)
		}
		if i := strings.IndexFunc(got, func(r rune) bool { return !unicode.IsPrint(r) }); i >= 0 {
			t.Errorf("Words(%q) = %q: unprintable at %d", text, got, i)
		}
	})
}
