package sim

import (
	"testing"
	"time"
)

// What is laid out by a Place is what a world has.
func TestPlacesAreThoseOfTheWorld(t *testing.T) {
	w, err := New(Config{Seed: 7, Peers: 4})
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Run(10 * time.Second); err != nil {
		t.Fatal(err)
	}
	g := Continent()
	server, home := g.PlaceOf(7, 0, true), g.PlaceOf(7, 3, false)
	p, q := w.peers[0], w.peers[3]
	if server.at != p.place || home.at != q.place {
		t.Fatalf("got %v and %v, want %v and %v", server, home, p.place, q.place)
	}
	latency, jitter := g.Way(server, home)
	if want := g.latency(p.place, q.place); latency != want || jitter != meanJitter(p, q) {
		t.Errorf("%v and %v, want %v and %v", latency, jitter, want, meanJitter(p, q))
	}
}
