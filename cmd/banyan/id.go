package main

import (
	"errors"
	"fmt"
	"io/fs"

	"github.com/spf13/cobra"

	"github.com/banyan-rooms/banyan/crypto/identity"
	"github.com/banyan-rooms/banyan/node/store"
)

func newID() *cobra.Command {
	var data string
	cmd := &cobra.Command{
		Use:   "id",
		Short: "Print your peer ID",
		Long: `Print your peer ID: the name by which others can invite you. Your identity is made
at the first use, and kept in the data directory; whoever has that file is you.`,
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
	return cmd
}

// whoIs reads the identity of a data directory, which a node may have open, or makes it.
func whoIs(data string) (identity.ID, error) {
	id, err := store.ReadID(data)
	if !errors.Is(err, fs.ErrNotExist) {
		return id, err
	}
	s, err := store.Open(data)
	if err != nil {
		return id, err
	}
	return s.Key().ID(), s.Close()
}
