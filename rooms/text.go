package rooms

import (
	"fmt"
	"unicode"
	"unicode/utf8"
)

// joiner is the zero width joiner, without which many emoji fall apart.
const joiner = '\u200d'

// checkText refuses what cannot be shown on one line. Nothing is stripped: what was
// signed is what is shown.
func checkText(what, s string, limit int) error {
	if len(s) > limit {
		return fmt.Errorf("%w: %s of %d bytes, at most %d", ErrMalformed, what, len(s), limit)
	}
	if !utf8.ValidString(s) {
		return fmt.Errorf("%w: %s is not UTF-8", ErrMalformed, what)
	}
	seen := s == ""
	for _, r := range s {
		// Bidi controls could make a name read as another.
		if !unicode.IsGraphic(r) && r != joiner || unicode.Is(unicode.Bidi_Control, r) {
			return fmt.Errorf("%w: %s holds a control character", ErrMalformed, what)
		}
		seen = seen || r != joiner && !unicode.IsSpace(r)
	}
	if !seen {
		return fmt.Errorf("%w: %s holds nothing that can be seen", ErrMalformed, what)
	}
	return nil
}
