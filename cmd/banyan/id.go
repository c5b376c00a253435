package main

import (
	"errors"
	"fmt"

	"github.com/spf13/cobra"

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
		RunE: func(cmd *cobra.Command, _ []string) (err error) {
			s, err := store.Open(data)
			if err != nil {
				return err
			}
			defer func() { err = errors.Join(err, s.Close()) }()
			_, err = fmt.Fprintln(cmd.OutOrStdout(), s.Key().ID())
			return err
		},
	}
	addData(cmd, &data)
	return cmd
}
