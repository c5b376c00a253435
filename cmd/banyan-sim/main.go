// Command banyan-sim runs Banyan's mesh under virtual time: the protocol code of
// the real node, in a made-up network, the same seed giving the same run.
package main

import (
	"os"
	"runtime/debug"

	"github.com/spf13/cobra"

	"github.com/banyan-rooms/banyan/cmd/internal/program"
)

// version is set by the linker; see the Makefile.
var version = ""

func main() {
	os.Exit(program.Main(rootCommand(), versionOrBuild()))
}

func rootCommand() *cobra.Command {
	root := &cobra.Command{
		Use:   "banyan-sim",
		Short: "Run Banyan's mesh under virtual time",
		Long: `banyan-sim puts a whole room into one process: every peer is the mesh code that
the real node runs, and the network between them is made up, with distances,
jitter, loss, people who come and go and relays that die. A minute of a room of a
thousand takes some seconds. The same flags and seed give the same run, event for
event, which the trace hash at the end proves.`,
		Example: `  banyan-sim run --peers 1000 --seed 7 --duration 60s
  banyan-sim run --peers 300 --kill-relay 20s --loss 2% --churn 3%
  banyan-sim run --peers 300 --json | jq .delay_ms
  banyan-sim soak --for 10m`,
	}
	root.AddCommand(runCommand(), scenariosCommand(), soakCommand())
	return root
}

// versionOrBuild is the version, or what the Go tool noted when none was set.
func versionOrBuild() string {
	if version != "" {
		return version
	}
	if info, ok := debug.ReadBuildInfo(); ok && info.Main.Version != "" {
		return info.Main.Version
	}
	return "dev"
}
