package sim

import (
	"testing"
	"time"
)

func TestTheFlattestTree(t *testing.T) {
	tests := []struct {
		name string
		fans []int
		want int
	}{
		{"one peer", []int{0}, 0},
		{"nobody feeds anybody", []int{0, 0}, -1},
		{"a star", []int{0, 0, 3, 0}, 1},
		{"a chain", []int{1, 1, 1, 1}, 3},
		{"who feeds most stands highest", []int{1, 0, 0, 2, 0}, -1},
		{"two levels", []int{2, 0, 2, 0, 0}, 2},
		{"one place short", []int{2, 1, 0, 0, 0}, -1},
	}
	for _, tt := range tests {
		if got := flattest(tt.fans); got != tt.want {
			t.Errorf("%s: depth %d, want %d", tt.name, got, tt.want)
		}
	}
}

func TestHealth(t *testing.T) {
	cfg := Config{Seed: 1, Peers: 30, Relays: 1, MaxChildren: 4}
	w, quiet := ran(t, cfg, 8*time.Second), ran(t, cfg, 8*time.Second)
	before := w.Hearing()
	if err := w.Run(12 * time.Second); err != nil {
		t.Fatal(err)
	}
	if err := quiet.Run(12 * time.Second); err != nil {
		t.Fatal(err)
	}
	for i, h := range w.Hearing() {
		if p := before[i]; h.Peer != p.Peer || h.Played-p.Played < 50 || h.Missed != p.Missed { // a speaker is silent for itself
			t.Errorf("in four seconds of a quiet room peer %d went from %+v to %+v", h.Peer, p, h)
		}
	}
	if got, want := w.Supply(), (Supply{Peers: 30, Places: 29*4 + 64, Depth: 1}); got != want {
		t.Errorf("supply %+v, want %+v", got, want)
	}
	if a, b := w.Report(), quiet.Report(); a.TraceHash != b.TraceHash || a.Delivered != b.Delivered {
		t.Errorf("who looks changes the run: %+v, %+v", a, b)
	}
}

func TestCalmEndsWhatPeersWithhold(t *testing.T) {
	w := ran(t, Config{Seed: 2, Peers: 20, Community: -1, Relays: 1, MaxChildren: 3, Faults: []Fault{{At: 8 * time.Second, Kind: Drop, Share: 1}}}, 12*time.Second)
	w.Calm()
	for _, p := range w.peers {
		if p.drops {
			t.Fatalf("peer %d passes no sound on in a calm room", p.number)
		}
	}
}
