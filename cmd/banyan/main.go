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
	var p pageFlags
	root := &cobra.Command{
		Use:   "banyan",
		Short: "Live audio rooms that belong to nobody",
		Long: `Live audio rooms that belong to nobody: peer-to-peer and end-to-end encrypted.

Without a subcommand, banyan runs your node and opens its page in the browser:
make a room there, send the invite link to a friend, talk. The node stops with
Ctrl-C; rooms that others are in live on without you. While it runs, banyan in
another terminal opens its page again, and banyan invite and banyan room list ask it.

The subcommands do the same without a browser, for terminals and scripts.`,
		Example: `  banyan                                     your node, with its page
  banyan demo                                a live room on this machine
  banyan room create --title "Friday talk"   a room without a browser
  banyan join 'banyan:...' --record talk/    listen, and keep what is said`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return runPage(cmd, f, p) },
	}
	f.add(root)
	p.add(root, &f.page)
	root.AddCommand(newRoom(), newJoin(), newInvite(), newID(), newDemo())
	return root
}
