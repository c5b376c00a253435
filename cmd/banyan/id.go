package main

import (
	"errors"
	"fmt"
	"io/fs"

	"github.com/spf13/cobra"

	"github.com/banyan-rooms/banyan/cmd/internal/program"
	"github.com/banyan-rooms/banyan/crypto/identity"
	"github.com/banyan-rooms/banyan/node/store"
)

func newID() *cobra.Command {
	var data string
	cmd := &cobra.Command{
		Use:   "id",
		Short: "Print your peer ID",
		Long: `Print your peer ID: the name by which others can invite you. Your identity is made
at the first use, and kept in the data directory; whoever has that file is you. Lock it
with a passphrase (banyan id lock), and write it down as words (banyan id export): there
is nobody who could give you another copy.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			id, err := whoIs(data)
			if err != nil {
				return err
			}
			_, err = fmt.Fprintln(cmd.OutOrStdout(), id)
			return err
		},
	}
	addData(cmd, &data)
	cmd.AddCommand(newCompare(), newExport(), newImport(), newLock(), newUnlock())
	return cmd
}

func newCompare() *cobra.Command {
	var data string
	cmd := &cobra.Command{
		Use:   "compare PEER-ID",
		Short: "Print the safety number that you and somebody share",
		Long: `Print the sixty digits that you and somebody share: read them to each other over a
channel where you know each other, such as the phone or a table. If they are the same,
each of you has the other's true peer ID, and nobody in between.`,
		Example: "  banyan id compare 12D3KooW...",
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			other, err := identity.ParseID(args[0])
			if err != nil {
				return errPeerID(args[0])
			}
			own, err := whoIs(data)
			if err != nil {
				return err
			}
			if own == other {
				return program.Usage("%s is your own peer ID: compare with somebody else's", args[0])
			}
			_, err = fmt.Fprintln(cmd.OutOrStdout(), identity.SafetyNumber(own, other))
			return err
		},
	}
	addData(cmd, &data)
	return cmd
}

// errPeerID says what a peer ID looks like.
func errPeerID(text string) error {
	return program.Usage("%q is nobody's peer ID: those begin with 12D3KooW, and banyan id prints one's own", text)
}

// whoIs reads the identity of a data directory, which a node may have open, or makes it.
func whoIs(data string) (identity.ID, error) {
	id, err := store.ReadID(data)
	if !errors.Is(err, fs.ErrNotExist) {
		return id, err
	}
	s, err := store.Open(data, nil)
	if err != nil {
		return id, err
	}
	return s.Key().ID(), s.Close()
}
