package cycles

import "github.com/banyan-rooms/banyan/crypto/identity"

// Cycle is what one broadcast came to, in the measures of "Epidemic broadcast trees".
type Cycle struct {
	Alive    int            // at the end
	Reached  int            // that got the payload, the sender included
	Payloads int            // messages with it that arrived
	Control  map[string]int // messages of the other kinds that were sent, in the whole cycle
	LastHop  int            // hops from the sender to the last one that got it
}

// Reliability is the share of the living that got the payload.
func (c Cycle) Reliability() float64 { return float64(c.Reached) / float64(c.Alive) }

// Redundancy is the relative message redundancy: m/(n-1) - 1, for m messages with the
// payload and n peers that got it. A tree has 0.
func (c Cycle) Redundancy() float64 { return float64(c.Payloads)/float64(c.Reached-1) - 1 }

// Each is how many messages of some kinds there were for each peer that got the payload.
func (c Cycle) Each(kinds ...string) float64 {
	sum := 0
	for _, kind := range kinds {
		sum += c.Control[kind]
	}
	return float64(sum) / float64(c.Reached)
}

// Linked tells whether all of the living are one graph by the links that both ends have.
func (n *Network) Linked() bool {
	alive, seen := 0, make(map[identity.ID]bool)
	var queue []*Node
	for _, node := range n.Nodes {
		if node.Machine == nil {
			continue
		}
		if alive++; alive == 1 {
			queue = append(queue, node)
			seen[node.ID] = true
		}
	}
	for ; len(queue) > 0; queue = queue[1:] {
		for id := range queue[0].links { // in any order: only whether matters
			if other := n.known(id); other != nil && !seen[id] && other.links[queue[0].ID] {
				seen[id] = true
				queue = append(queue, other)
			}
		}
	}
	return len(seen) == alive
}
