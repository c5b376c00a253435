package sim

import (
	"testing"
	"time"
)

func TestFaults(t *testing.T) {
	const sec = time.Second
	tests := []struct {
		name  string
		fault Fault
		check func(t *testing.T, w *World, r Report)
	}{
		{"a root dies", Fault{Kind: KillRoot}, func(t *testing.T, _ *World, r Report) {
			t.Helper()
			if r.NewRoot.Count != 1 || r.NewRoot.Max > 5*sec || r.Deaths != 1 {
				t.Errorf("a new root after %+v, %d deaths", r.NewRoot, r.Deaths)
			}
		}},
		{"half of the relays die", Fault{Kind: KillRelays, Share: 0.5}, func(t *testing.T, _ *World, r Report) {
			t.Helper()
			if r.Deaths < 2 || r.Gap.Count == 0 || r.GapOf != GapBelow || r.Restored.Count == 0 {
				t.Errorf("%d deaths, gaps %+v of %s, restored %+v", r.Deaths, r.Gap, r.GapOf, r.Restored)
			}
		}},
		{"the room splits", Fault{Kind: Split, Share: 0.5, For: 20 * sec}, func(t *testing.T, _ *World, r Report) {
			t.Helper()
			if r.Healed.Count != 1 || r.Delivered > 0.95 {
				t.Errorf("healed after %+v, delivered %v: nothing was cut", r.Healed, r.Delivered)
			}
		}},
		{"relays drop", Fault{Kind: Drop, Share: 0.3}, func(t *testing.T, w *World, r Report) {
			t.Helper()
			drops := 0
			for _, p := range w.peers {
				if p.drops {
					drops++
				}
			}
			if drops == 0 || r.Delivered > 0.9999 {
				t.Errorf("%d droppers, delivered %v", drops, r.Delivered)
			}
		}},
		{"a crowd comes", Fault{Kind: Crowd, Peers: 100, For: sec}, func(t *testing.T, w *World, r Report) {
			t.Helper()
			if len(w.present) != 200 || r.Join.Count < 190 || r.JoinInTime < 0.9 {
				t.Errorf("%d are there, joins %+v, in time %v", len(w.present), r.Join, r.JoinInTime)
			}
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			tt.fault.At = 12 * sec
			// A relay that feeds six, so that the tree has some depth.
			w := ran(t, Config{Seed: 3, Peers: 100, MaxChildren: 6, CommunityChildren: 8, Faults: []Fault{tt.fault}}, 60*sec)
			tt.check(t, w, w.Report())
			if err := settled(t, w); err != nil {
				t.Errorf("at the end: %v", err)
			}
		})
	}
}
