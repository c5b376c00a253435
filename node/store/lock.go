package store

import (
	"errors"
	"fmt"
	"io"
	"strings"

	"filippo.io/age"
	"filippo.io/age/armor"

	"github.com/banyan-rooms/banyan/crypto/identity"
)

// A locked identity is one line that says whose it is, and below it an armored file of
// age (https://age-encryption.org/v1) with a passphrase, by scrypt.
const lockedBy = "# identity, locked with a passphrase: "

// workFactor is the logarithm of scrypt's N, with r = 8: 256 MiB, about a second.
const workFactor = 18

// ErrLocked says that an identity is locked, and nobody was there to ask.
var ErrLocked = errors.New("your identity is locked with a passphrase")

// errAsk marks what [Ask] answered instead of a passphrase.
var errAsk = errors.New("no passphrase")

// Ask is asked for the passphrase of an identity, after so many wrong ones, until it is
// right or there is an error. A nil Ask answers [ErrLocked].
type Ask func(of identity.ID, wrong int) (passphrase string, err error)

// seal locks a text.
func seal(text string, of identity.ID, passphrase string) (string, error) {
	to, err := age.NewScryptRecipient(passphrase)
	if err != nil {
		return "", err
	}
	to.SetWorkFactor(workFactor)
	var out strings.Builder
	fmt.Fprintf(&out, "%s%s\n", lockedBy, of)
	envelope := armor.NewWriter(&out)
	w, err := age.Encrypt(envelope, to)
	if err != nil {
		return "", err
	}
	if _, err := io.WriteString(w, text); err != nil {
		return "", err
	}
	err = errors.Join(w.Close(), envelope.Close())
	return out.String(), err
}

// cutLocked takes a locked identity apart.
func cutLocked(text string) (whose, sealed string, locked bool) {
	head, sealed, _ := strings.Cut(text, "\n")
	whose, locked = strings.CutPrefix(strings.TrimSpace(head), strings.TrimSpace(lockedBy))
	return strings.TrimSpace(whose), sealed, locked
}

// unseal opens what was locked.
func unseal(sealed string, of identity.ID, ask Ask) (string, error) {
	if ask == nil {
		return "", ErrLocked
	}
	for wrong := 0; ; wrong++ {
		passphrase, err := ask(of, wrong)
		if err != nil {
			return "", fmt.Errorf("%w: %w", errAsk, err)
		}
		with, err := age.NewScryptIdentity(passphrase)
		if err != nil {
			continue // an empty one is not it
		}
		r, err := age.Decrypt(armor.NewReader(strings.NewReader(sealed)), with)
		if missing := (*age.NoIdentityMatchError)(nil); errors.As(err, &missing) {
			continue
		}
		if err != nil {
			return "", err
		}
		text, err := io.ReadAll(io.LimitReader(r, maxKeyFile))
		return string(text), err
	}
}
