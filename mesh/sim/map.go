package sim

import "time"

// Place is where a peer lives, for those who lay out a real network as a simulated
// one is laid out: what is measured in both can then be compared.
type Place struct{ at place }

// PlaceOf draws where a peer lives, by its number in the world that a seed names. A
// server lives in a data centre.
func (g *Geography) PlaceOf(seed uint64, peer int, server bool) Place {
	r := stream(seed, peer, forPlace)
	if !server {
		r.Uint64() // decides in a world whether the peer is willing to forward
	}
	return Place{g.settle(r, server)}
}

// Way is how long the emptiest packet takes from one place to another, and the mean of
// the exponential delay that each packet has on top.
func (g *Geography) Way(a, b Place) (latency, jitter time.Duration) {
	return g.latency(a.at, b.at), meanJitter(&peer{place: a.at}, &peer{place: b.at})
}
