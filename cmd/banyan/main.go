// Command banyan is the desktop node: live audio rooms that belong to nobody.
package main

import (
	"os"

	"github.com/spf13/cobra"

	"github.com/banyan-rooms/banyan/cmd/internal/program"
)

// version is set by the linker (see the Makefile).
var version = "dev"

func main() { os.Exit(program.Main(newRoot(), version)) }

func newRoot() *cobra.Command {
	var f nodeFlags
	var page string
	var open bool
	root := &cobra.Command{
		Use:   "banyan",
		Short: "Live audio rooms that belong to nobody",
		Long: `Live audio rooms that belong to nobody: peer-to-peer and end-to-end encrypted.

Without a subcommand, banyan runs your node and opens its page in the browser:
make a room there, send the invite link to a friend, talk. The node stops with
Ctrl-C; rooms that others are in live on without you.

The subcommands do the same without a browser, for terminals and scripts.`,
		Example: `  banyan                                     your node, with its page
  banyan demo                                a live room on this machine
  banyan room create --title "Friday talk"   a room without a browser
  banyan join 'banyan:...' --record talk/    listen, and keep what is said`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return runPage(cmd, f, page, open) },
	}
	f.add(root)
	root.Flags().StringVar(&page, "page", "127.0.0.1:0", "where the page listens; only this machine can reach it (port 0: any free one)")
	root.Flags().BoolVar(&open, "open", true, "open the page in the browser")
	root.AddCommand(newRoom(), newJoin(), newInvite(), newID(), newDemo())
	return root
}
