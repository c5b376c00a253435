// Command banyan-relay lends bandwidth to rooms: it forwards sound that it cannot hear.
package main

import (
	"context"
	"errors"
	"net"
	"os"

	"github.com/spf13/cobra"
	"golang.org/x/sync/errgroup"

	"github.com/banyan-rooms/banyan/cmd/internal/events"
	"github.com/banyan-rooms/banyan/cmd/internal/ground"
	"github.com/banyan-rooms/banyan/cmd/internal/program"
	"github.com/banyan-rooms/banyan/node"
	"github.com/banyan-rooms/banyan/node/transport/p2p"
)

// version is set by the linker (see the Makefile).
var version = "dev"

func main() { os.Exit(program.Main(newRoot(), version)) }

// A relay is where newcomers meet others: it keeps more connections than a desktop.
const lowPeers, highPeers = 512, 1024

// flags are what an operator can say.
type flags struct {
	data        string
	passphrase  string // file
	listen      []string
	bootstrap   []string
	maxChildren int
	maxTrees    int
	maxRooms    int
	metrics     string
	json        bool
}

func newRoot() *cobra.Command {
	var f flags
	root := &cobra.Command{
		Use:   "banyan-relay",
		Short: "Lend bandwidth to live audio rooms",
		Long: `Forward the sound of live audio rooms. The relay serves rooms whose members ask it
to. It passes sealed frames on and holds no key that could open them; it knows who is
in a room, and nothing of what is said.

Open two UDP ports to the world: the one of --listen (peers, DHT) and the one after
it (sound). Members name the relay by one of the addresses that it prints:

  banyan --bootstrap /ip4/203.0.113.7/udp/4001/quic-v1/p2p/12D3KooW...`,
		Example: `  banyan-relay --data /var/lib/banyan-relay --listen /ip4/0.0.0.0/udp/4001/quic-v1 \
               --max-children 64 --metrics 127.0.0.1:9090`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return run(cmd, f) },
	}
	fs := root.Flags()
	fs.StringVar(&f.data, "data", "banyan-relay-data", "directory for the relay's identity and what it remembers")
	ground.AddPassphrase(root, &f.passphrase)
	fs.StringArrayVar(&f.listen, "listen", []string{"/ip4/0.0.0.0/udp/4001/quic-v1", "/ip4/0.0.0.0/tcp/4001"}, "multiaddr to listen on; may be repeated")
	fs.StringArrayVar(&f.bootstrap, "bootstrap", nil, "multiaddr of a peer or relay to meet others through; may be repeated")
	fs.IntVar(&f.maxChildren, "max-children", 64, "how many peers to feed in each room at most")
	fs.IntVar(&f.maxTrees, "max-trees", node.MaxTrees, "how many trees a room has at most while this relay is its root: two protect each other, one has warm backups")
	fs.IntVar(&f.maxRooms, "max-rooms", 256, "how many rooms to serve at once at most")
	fs.StringVar(&f.metrics, "metrics", "", "host:port to serve Prometheus metrics on (empty: none)")
	fs.BoolVar(&f.json, "json", false, "print one event a line, as JSON")
	return root
}

func (f flags) check() error {
	switch {
	case f.maxChildren < 1:
		return program.Usage("--max-children %d: a relay feeds 1 or more", f.maxChildren)
	case f.maxTrees < 1 || f.maxTrees > node.MaxTrees:
		return program.Usage("--max-trees %d: a room has 1 or %d", f.maxTrees, node.MaxTrees)
	case f.maxRooms < 1:
		return program.Usage("--max-rooms %d: a relay serves 1 or more", f.maxRooms)
	case len(f.listen) == 0:
		return program.Usage("--listen: a relay needs an address to listen on")
	}
	return nil
}

// run runs the relay until a signal ends it.
func run(cmd *cobra.Command, f flags) (err error) {
	if err := f.check(); err != nil {
		return err
	}
	log, err := program.Log(cmd)
	if err != nil {
		return err
	}
	g, err := ground.Open(ground.Config{
		Data: f.data, Ask: ground.Ask(cmd, f.passphrase), MaxLinks: f.maxRooms * f.maxChildren, Log: log,
		Network: p2p.Config{Listen: f.listen, Bootstrap: f.bootstrap, Server: true, LowPeers: lowPeers, HighPeers: highPeers},
	})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, g.Close()) }()
	relay, err := node.New(node.Config{
		Key: g.Store.Key(), Network: g.Network, Links: g.Links, Store: g.Store, Community: true, MaxChildren: f.maxChildren, MaxTrees: f.maxTrees,
		Bootstrap: f.bootstrap, Serve: node.ServePolicy{MaxRooms: f.maxRooms}, Log: log,
	})
	if err != nil {
		return err
	}
	return serve(cmd, f, relay)
}

// serve runs the node, and its metrics beside it.
func serve(cmd *cobra.Command, f flags, relay *node.Node) error {
	all, ctx := errgroup.WithContext(cmd.Context())
	if f.metrics != "" {
		door, err := (&net.ListenConfig{}).Listen(ctx, "tcp", f.metrics)
		if err != nil {
			return errors.New("serve metrics: " + err.Error() + ": is the port in use? choose another with --metrics")
		}
		all.Go(func() error { return serveMetrics(ctx, door, relay) })
	}
	all.Go(func() error { return relay.Run(ctx) })
	if err := announce(ctx, cmd, f, relay); err != nil {
		return errors.Join(err, all.Wait())
	}
	return all.Wait()
}

// announce says under which addresses the relay can be named.
func announce(_ context.Context, cmd *cobra.Command, f flags, relay *node.Node) error {
	self := relay.Status().Self
	if f.json {
		return events.Write(cmd.OutOrStdout(), events.Event{Event: events.Ready, ID: self.ID.String(), Addrs: self.Addrs})
	}
	cmd.Println("The relay runs. Members name it by one of:")
	for _, a := range self.Addrs {
		cmd.Println("  --bootstrap", a)
	}
	return nil
}
