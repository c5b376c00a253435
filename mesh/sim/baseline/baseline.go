// Package baseline has the protocols that Banyan's mesh is compared with, each in a folder
// of its own, and finds them by name. They run in the same world as the mesh, on the same
// network, with the same peers who come, speak, go and crash at the same times, and are
// measured by the same ears: mesh/sim's package comment has the model.
//
//   - star: one server feeds all. What most rooms have today.
//   - reactive: one tree by chance, repaired after the fact. What a first design has.
//   - plumtree: Plumtree over HyParView. What the literature has.
//
// They are pure, as the mesh is: no clocks, no goroutines, nothing that follows map order.
package baseline

import (
	"fmt"
	"strings"

	"github.com/banyan-rooms/banyan/mesh/sim"
	"github.com/banyan-rooms/banyan/mesh/sim/baseline/plumtree"
	"github.com/banyan-rooms/banyan/mesh/sim/baseline/reactive"
	"github.com/banyan-rooms/banyan/mesh/sim/baseline/star"
)

// Banyan is the name of the mesh itself.
const Banyan = "banyan"

// Names are the protocols that [Named] knows.
func Names() []string { return []string{Banyan, "star", "reactive", "plumtree"} }

// Named returns what [sim.Config] needs to run a protocol: nil for the mesh itself, which
// the empty name is too.
func Named(name string) (*sim.Maker, error) {
	switch name {
	case "", Banyan:
		return nil, nil
	case "star":
		return star.Maker(), nil
	case "reactive":
		return reactive.Maker(), nil
	case "plumtree":
		return plumtree.Maker(), nil
	}
	return nil, fmt.Errorf("protocol %q: want one of %s", name, strings.Join(Names(), ", "))
}
