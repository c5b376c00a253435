package scenarios

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/banyan-rooms/banyan/mesh/sim"
)

// never is the stop of a run that nobody ends.
func never() error { return nil }

func TestCalm(t *testing.T) {
	const rough = "{peers: 20, community: 0, relays: 100%, children: 6, slack: 1s, loss: 5%, churn: 100%, arrivals: 2s}"
	tests := []struct {
		name, world, faults string
		want                error
		judged              bool
	}{
		{"a rough room that gets calm", rough, "{at: 6s, what: kill-root}", nil, true},
		{"a split that does not end", rough, "{at: 8s, what: split, share: 50%, for: 10m}", ErrUnsettled, true},
		{"nobody passes sound on, after calm", rough, "{at: 13s, what: drop, share: 100%}", ErrDeaf, true},
		{"nobody passes sound on, before it", rough, "{at: 8s, what: drop, share: 100%}", nil, true},
		{"nobody can feed others", "{peers: 20, community: 0, relays: 0%}", "{at: 6s, what: kill-root}", nil, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s, err := Parse([]byte("calm: 12s\nduration: 40s\nworld: " + tt.world + "\nfaults: [" + tt.faults + "]\n"))
			if err != nil {
				t.Fatal(err)
			}
			if errors.Is(tt.want, ErrDeaf) {
				s.Duration = s.Calm + settledEvery + listening // before the tree has got round them
			}
			r, err := Run(s, 3, never)
			if !errors.Is(err, tt.want) || r.Judged != tt.judged {
				t.Errorf("judged %t: %v; want %t: %v", r.Judged, err, tt.judged, tt.want)
			}
			if err != nil && !strings.Contains(err.Error(), "seed 3 at ") {
				t.Errorf("%v: of which seed, and when?", err)
			}
			if r.Report.TraceHash == "" || r.Report.Events == 0 || tt.want == nil && tt.judged && r.Report.DurationSeconds >= 40 {
				t.Errorf("it came to %+v", r.Report)
			}
		})
	}
}

func TestRoomy(t *testing.T) {
	tests := []struct {
		name string
		has  sim.Supply
		want bool
	}{
		{"places to spare", sim.Supply{Peers: 20, Places: 30, Depth: 4}, true},
		{"short of places", sim.Supply{Peers: 20, Places: 29, Depth: 2}, false},
		{"a chain", sim.Supply{Peers: 20, Places: 400, Depth: 5}, false},
		{"not all fit", sim.Supply{Peers: 20, Places: 400, Depth: -1}, false},
	}
	for _, tt := range tests {
		if got := roomy(tt.has); got != tt.want {
			t.Errorf("%s: roomy %t, want %t", tt.name, got, tt.want)
		}
	}
}

func TestARunCanBeStopped(t *testing.T) {
	s, err := Parse([]byte("calm: 5s\nduration: 40s\nworld: {peers: 5}\n"))
	if err != nil {
		t.Fatal(err)
	}
	enough := errors.New("enough")
	for _, at := range []int{3, 55} { // looks: before it is calm, and after
		looks := 0
		r, err := Run(s, 1, func() error {
			if looks++; looks >= at {
				return enough
			}
			return nil
		})
		if !errors.Is(err, enough) || r.Report.DurationSeconds > float64(at)*slice.Seconds() || r.Judged {
			t.Errorf("stopped at look %d: %v, after %v s", at, err, r.Report.DurationSeconds)
		}
	}
	if slice > time.Second {
		t.Errorf("a look each %v is too seldom", slice)
	}
}
