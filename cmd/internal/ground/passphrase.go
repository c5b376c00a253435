package ground

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"unicode/utf8"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"github.com/banyan-rooms/banyan/cmd/internal/program"
	"github.com/banyan-rooms/banyan/crypto/identity"
	"github.com/banyan-rooms/banyan/node/store"
)

const (
	tries           = 3 // at a terminal
	leastPassphrase = 8 // characters of a new one
	mostPassphrase  = 1 << 10
)

var errNoTerminal = errors.New("there is no terminal to ask at")

// AddPassphrase adds the flag that names a file with the identity's passphrase.
func AddPassphrase(cmd *cobra.Command, file *string) {
	cmd.Flags().StringVar(file, "passphrase-file", "", "file whose first line is the passphrase of your identity, if it is locked (default: ask)")
}

// Ask asks for the passphrase of an identity: a file, if one is named, else the person at
// the terminal.
func Ask(cmd *cobra.Command, file string) store.Ask {
	return func(of identity.ID, wrong int) (string, error) {
		switch {
		case file != "" && wrong > 0:
			return "", fmt.Errorf("%s does not hold the passphrase of %s", file, of)
		case file != "":
			return firstLine(file)
		case wrong == tries:
			return "", fmt.Errorf("none of these is the passphrase of %s", of)
		case wrong > 0:
			fmt.Fprintln(cmd.ErrOrStderr(), "That is not it.")
		}
		text, err := secretly(cmd, fmt.Sprintf("Passphrase of %s: ", of))
		if errors.Is(err, errNoTerminal) {
			err = fmt.Errorf("%w: start this at a terminal, or name a file that holds it with --passphrase-file", store.ErrLocked)
		}
		return text, err
	}
}

// NewPassphrase asks for one that is to be used from now on: a file, if one is named, else
// the person at the terminal, twice.
func NewPassphrase(cmd *cobra.Command, file string) (text string, err error) {
	if file != "" {
		text, err = firstLine(file)
	} else {
		text, err = twice(cmd)
	}
	if err == nil && utf8.RuneCountInString(text) < leastPassphrase {
		err = program.Usage("a passphrase has %d characters at least: some words that nobody would put together", leastPassphrase)
	}
	return text, err
}

// twice asks for a new passphrase and has it repeated.
func twice(cmd *cobra.Command) (string, error) {
	text, err := secretly(cmd, "New passphrase: ")
	if err != nil {
		if errors.Is(err, errNoTerminal) {
			err = program.Usage("%w: name a file that holds the new passphrase with --new-passphrase-file", err)
		}
		return "", err
	}
	again, err := secretly(cmd, "The same again: ")
	if err == nil && again != text {
		err = errors.New("these are two different passphrases; nothing was changed")
	}
	return text, err
}

// secretly asks a person for something that is not shown while it is typed.
func secretly(cmd *cobra.Command, question string) (string, error) {
	in, ok := cmd.InOrStdin().(*os.File)
	if !ok || !term.IsTerminal(int(in.Fd())) {
		return "", errNoTerminal
	}
	fd := int(in.Fd())
	before, err := term.GetState(fd)
	if err != nil {
		return "", err
	}
	fmt.Fprint(cmd.ErrOrStderr(), question)
	defer fmt.Fprintln(cmd.ErrOrStderr()) // the person's own line break was not shown
	type answer struct {
		text []byte
		err  error
	}
	typed := make(chan answer, 1)
	go func() { // ends with the process at the latest
		text, err := term.ReadPassword(fd)
		typed <- answer{text, err}
	}()
	select {
	case a := <-typed:
		return string(a.text), a.err
	case <-cmd.Context().Done(): // Ctrl-C: what is typed is to be seen again
		return "", errors.Join(context.Cause(cmd.Context()), term.Restore(fd, before))
	}
}

// firstLine reads a passphrase from a file.
func firstLine(path string) (text string, err error) {
	f, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	lines := bufio.NewScanner(io.LimitReader(f, mostPassphrase))
	lines.Scan()
	if lines.Text() == "" && lines.Err() == nil {
		return "", fmt.Errorf("%s holds no passphrase in its first line", path)
	}
	return strings.TrimRight(lines.Text(), "\r"), lines.Err()
}
