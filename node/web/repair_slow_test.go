//go:build slow

package web

import (
	"slices"
	"strings"
	"testing"

	"github.com/banyan-rooms/banyan/node"
)

// TestSlowTrees has the made-up trees of a room fall apart and mend, and looks at the page.
func TestSlowTrees(t *testing.T) {
	f := newFake()
	f.change(func(s *node.Status) { *s = madeUp() })
	s := runServer(t, f)
	script := startScript(t, "trees.mjs", s.Address(), s.Token(), pictures(t))
	script.follow(t, f.repair)
}

// TestSlowRepair kills the relay that feeds a person in a room of three people and as many
// relays, all real processes: the page says by whom the sound comes now.
func TestSlowRepair(t *testing.T) {
	const listen = "/ip4/127.0.0.1/udp/0/quic-v1"
	var relays []*program
	var addrs, bootstrap []string
	for range 3 {
		r := startProgram(t, "banyan-relay", append([]string{"--data", t.TempDir(), "--json", "--listen", listen}, bootstrap...)...)
		found := r.await(t, "ready").Addrs
		relays, addrs = append(relays, r), append(addrs, found[0])
		bootstrap = append(bootstrap, "--bootstrap", found[0])
	}
	person := func(args ...string) *program {
		args = append(args, "--data", t.TempDir(), "--json", "--mdns=false", "--listen", listen)
		return startProgram(t, "banyan", append(args, bootstrap...)...)
	}
	link := person("--open=false").await(t, "page").Page
	script := startScript(t, "repair.mjs", link, spoken(t, 1), pictures(t))
	script.follow(t, func(what string) {
		verb, object, _ := strings.Cut(what, " ")
		switch verb {
		case "join":
			person("join", object, "--name", "Bob").drain()
			person("join", object, "--name", "Cat").drain()
		case "kill":
			at := slices.IndexFunc(addrs, func(a string) bool { return strings.HasSuffix(a, object) })
			if at < 0 {
				t.Fatalf("%s is none of the relays %v", object, addrs)
			}
			relays[at].kill(t)
		}
	})
}
