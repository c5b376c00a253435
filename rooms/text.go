package rooms

import (
	"errors"
	"fmt"
	"unicode"
	"unicode/utf8"
)

// joiner is the zero width joiner, without which many emoji fall apart.
const joiner = '\u200d'

// ErrText says that a name or title cannot be used.
var ErrText = errors.New("this text cannot be used")

// checkText refuses what cannot be shown on one line. Nothing is stripped: what was
// signed is what is shown.
func checkText(what, s string, limit int) error {
	if len(s) > limit {
		return fmt.Errorf("%w: the %s has %d bytes, at most %d fit", ErrText, what, len(s), limit)
	}
	if !utf8.ValidString(s) {
		return fmt.Errorf("%w: the %s is not UTF-8", ErrText, what)
	}
	seen := s == ""
	for _, r := range s {
		// Format characters are not graphic: among them are the marks of direction, which
		// could make a name read as another.
		if !unicode.IsGraphic(r) && r != joiner {
			return fmt.Errorf("%w: the %s holds a control character", ErrText, what)
		}
		seen = seen || r != joiner && !unicode.IsSpace(r)
	}
	if !seen {
		return fmt.Errorf("%w: the %s holds nothing that can be seen", ErrText, what)
	}
	return nil
}

// checkTitle is checkText for what a room is called.
func checkTitle(s string) error {
	if s == "" {
		return fmt.Errorf("%w: a room needs a title", ErrText)
	}
	return checkText("title", s, MaxTitle)
}
