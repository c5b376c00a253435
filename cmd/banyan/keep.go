package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/banyan-rooms/banyan/cmd/internal/ground"
	"github.com/banyan-rooms/banyan/crypto/identity"
	"github.com/banyan-rooms/banyan/node/store"
)

// wordsInLine is how many words of an identity are printed in a line.
const wordsInLine = 6

func newExport() *cobra.Command {
	var data, passphrase string
	cmd := &cobra.Command{
		Use:   "export",
		Short: "Print your identity as 24 words, to be kept on paper",
		Long: `Print your identity as 24 words. Write them on paper and keep that where you keep what
matters: with them you are you again on another machine (banyan id import), and so is
whoever else reads them. They are you, not your rooms: what you were invited to and what
you moderated is known by the others there, by your peer ID.`,
		Example: "  banyan id export",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			key, err := store.ReadKey(data, ground.Ask(cmd, passphrase))
			if err != nil {
				return orNobody(err, data)
			}
			text, err := key.Words()
			if err != nil {
				return err
			}
			note(cmd, "These words are %s. Whoever reads them can be you, so keep them on paper.", key.ID())
			for line := range slices.Chunk(strings.Fields(text), wordsInLine) {
				if _, err := fmt.Fprintln(cmd.OutOrStdout(), strings.Join(line, " ")); err != nil {
					return err
				}
			}
			return nil
		},
	}
	addData(cmd, &data)
	ground.AddPassphrase(cmd, &passphrase)
	return cmd
}

func newImport() *cobra.Command {
	var data string
	cmd := &cobra.Command{
		Use:   "import",
		Short: "Be who you are on another machine, by your 24 words",
		Long: `Read 24 words that banyan id export printed, and be that person from now on. The words
are typed, or come by standard input, in as many lines as you like; not as arguments,
which other programs can see. A data directory that has an identity keeps it: import
into another one, with --data.

Do not run the same identity on two machines at once: others take them for one, and hear
neither well.`,
		Example: `  banyan id import
  banyan id import --data ~/other < words.txt`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			note(cmd, "Your %d words, and an empty line:", identity.WordCount)
			text, err := readWords(cmd.InOrStdin())
			if err != nil {
				return err
			}
			key, err := identity.ParseWords(text)
			if err != nil {
				return err
			}
			if err := store.Import(data, key); err != nil {
				return err
			}
			_, err = fmt.Fprintln(cmd.OutOrStdout(), key.ID())
			return err
		},
	}
	addData(cmd, &data)
	return cmd
}

// readWords reads lines until there are as many words as it takes, or an empty line.
func readWords(from io.Reader) (text string, err error) {
	lines := bufio.NewScanner(io.LimitReader(from, 4<<10))
	for lines.Scan() {
		if lines.Text() == "" && text != "" {
			break
		}
		if text += lines.Text() + "\n"; len(strings.Fields(text)) >= identity.WordCount {
			break
		}
	}
	return text, lines.Err()
}

func newLock() *cobra.Command {
	var data, passphrase, next string
	cmd := &cobra.Command{
		Use:   "lock",
		Short: "Lock your identity with a passphrase, or change it",
		Long: `Lock your identity with a passphrase, or change the passphrase. It is then asked for
whenever your node starts, and a copy of the file is of no use to anybody who does not
know it. A node that runs goes on running. There is no way around a passphrase that is
forgotten, except for the words of banyan id export.`,
		Example: "  banyan id lock",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			err := store.LockKey(data, ground.Ask(cmd, passphrase), func() (string, error) { return ground.NewPassphrase(cmd, next) })
			if err != nil {
				return orNobody(err, data)
			}
			note(cmd, "Your identity is locked. The passphrase is asked for whenever your node starts.")
			return nil
		},
	}
	addData(cmd, &data)
	ground.AddPassphrase(cmd, &passphrase)
	cmd.Flags().StringVar(&next, "new-passphrase-file", "", "file whose first line is the new passphrase (default: ask)")
	return cmd
}

func newUnlock() *cobra.Command {
	var data, passphrase string
	cmd := &cobra.Command{
		Use:   "unlock",
		Short: "Take the passphrase off your identity",
		Long: `Take the passphrase off your identity: it is not asked for any more, and whoever has
the file is you.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			err := store.LockKey(data, ground.Ask(cmd, passphrase), func() (string, error) { return "", nil })
			if err != nil {
				return orNobody(err, data)
			}
			note(cmd, "Your identity is no longer locked.")
			return nil
		},
	}
	addData(cmd, &data)
	ground.AddPassphrase(cmd, &passphrase)
	return cmd
}

// orNobody explains that a data directory has no identity yet.
func orNobody(err error, data string) error {
	if errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("%s has no identity yet: banyan makes one when it is started for the first time", data)
	}
	return err
}
