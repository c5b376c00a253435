package transport

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Refusal is what a peer said when it refused. It wraps [ErrRefused].
type Refusal struct{ Words string }

// Refused returns a refusal with a peer's words, made fit to be shown: one line
// of printable text within [MaxWords].
func Refused(words string) *Refusal { return &Refusal{Words: Words(words)} }

// Error is the sentence that a person reads.
func (r *Refusal) Error() string {
	if r.Words == "" {
		return ErrRefused.Error()
	}
	return fmt.Sprintf("%s: %s", ErrRefused, r.Words)
}

// Unwrap lets errors.Is see [ErrRefused].
func (r *Refusal) Unwrap() error { return ErrRefused }

// Words makes text that came from elsewhere, or goes there, fit for a refusal:
// control and other unprintable characters become spaces, runs of spaces become
// one, and the whole is cut to [MaxWords] bytes at a character's end.
func Words(text string) string {
	text = text[:min(len(text), 4*MaxWords)] // the rest could not be shown
	clean := strings.Map(func(r rune) rune {
		if r == utf8.RuneError || !unicode.IsPrint(r) {
			return ' '
		}
		return r
	}, text)
	clean = strings.Join(strings.Fields(clean), " ")
	if len(clean) <= MaxWords {
		return clean
	}
	end := MaxWords
	for !utf8.RuneStart(clean[end]) {
		end--
	}
	return clean[:end]
}
