package main

import (
	"cmp"
	"os"
	"os/user"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/banyan-rooms/banyan/cmd/internal/ground"
	"github.com/banyan-rooms/banyan/cmd/internal/program"
)

// nodeFlags are the flags of every command that runs a node.
type nodeFlags struct {
	data        string
	passphrase  string // file
	listen      []string
	bootstrap   []string
	name        string
	maxChildren int
	mdns        bool
	json        bool
	page        string // where the page listens; empty is any free port

	asks bool // there is a page that asks people for their name
}

func (f *nodeFlags) add(cmd *cobra.Command) {
	flags := cmd.Flags()
	addData(cmd, &f.data)
	ground.AddPassphrase(cmd, &f.passphrase)
	flags.StringArrayVar(&f.listen, "listen", nil, "multiaddr to listen on (default: all interfaces, and a port that stays yours while it is free); may be repeated")
	flags.StringArrayVar(&f.bootstrap, "bootstrap", nil, "multiaddr of a peer or relay to meet others through; may be repeated")
	flags.StringVar(&f.name, "name", "", "the name that others see (default: the one you used last)")
	flags.IntVar(&f.maxChildren, "max-children", 0, "how many peers to forward sound to at most (0: decide by the machine)")
	flags.BoolVar(&f.mdns, "mdns", true, "find and be found by nodes on the local network")
	flags.BoolVar(&f.json, "json", false, "print one event a line, as JSON")
}

// check finds what no node can be run with.
func (f *nodeFlags) check() error {
	if f.maxChildren < 0 {
		return program.Usage("--max-children %d: want 0 or more", f.maxChildren)
	}
	return nil
}

func addData(cmd *cobra.Command, data *string) {
	cmd.Flags().StringVar(data, "data", defaultData(), "directory for your identity and your rooms")
}

// defaultData is where the XDG base directory specification puts what a program
// must keep.
func defaultData() string {
	if dir := os.Getenv("XDG_DATA_HOME"); dir != "" {
		return filepath.Join(dir, "banyan")
	}
	home, err := os.UserHomeDir()
	if err != nil {
		return "banyan-data"
	}
	return filepath.Join(home, ".local", "share", "banyan")
}

// loginName is what somebody is called who has not said otherwise.
func loginName() string {
	u, err := user.Current()
	if err != nil {
		return "Somebody"
	}
	return cmp.Or(u.Name, u.Username, "Somebody")
}
