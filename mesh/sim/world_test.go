package sim

import (
	"bytes"
	"fmt"
	"runtime"
	"strings"
	"testing"
	"time"
)

const ms = time.Millisecond

// ran runs a world to an end, and says how to see it again when an invariant breaks.
func ran(t testing.TB, cfg Config, until time.Duration) *World {
	t.Helper()
	w, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Run(until); err != nil {
		t.Fatalf("%v\nwith %+v", err, cfg)
	}
	return w
}

// rough is a room under churn, and 2 % of loss in bursts on every link.
func rough(seed uint64) Config {
	return Config{Seed: seed, Peers: 300, Loss: Bursts(0.02), Churn: Churn{Rate: 0.5, Graceful: 0.3}, Speech: Conversation, Speakers: 4}
}

func TestInvariantsHoldInARoughRoom(t *testing.T) {
	seeds := uint64(2)
	if testing.Short() {
		seeds = 1
	}
	for seed := range seeds {
		t.Run(fmt.Sprintf("seed=%d", seed), func(t *testing.T) {
			r := ran(t, rough(seed), 10*time.Second).Report()
			if r.PlayedTwice > 0 || r.Frames == 0 || r.Delay.Count == 0 {
				t.Errorf("%+v", r)
			}
		})
	}
}

func TestEveryFrameIsPlayedInAQuietRoom(t *testing.T) {
	w := ran(t, Config{Seed: 1, Peers: 200}, 20*time.Second)
	r := w.Report()
	if r.Delivered < 0.9999 || r.PlayedTwice > 0 {
		t.Errorf("delivered %v, %d played twice", r.Delivered, r.PlayedTwice)
	}
	if r.DepthMax > 6 || len(r.Depths[0])-1 > 4 || r.Roots != r.Trees || r.Orphans > 0 {
		t.Errorf("depth %d, at the end %v, %d roots, %d orphans", r.DepthMax, r.Depths, r.Roots, r.Orphans)
	}
	if err := w.Settled(); err != nil {
		t.Error(err)
	}
}

func TestTheRoomIsOneTreeAgainAfterTheFaults(t *testing.T) {
	for seed := range uint64(2) {
		cfg := Config{Seed: seed, Peers: 80, Loss: Bursts(0.02), Faults: []Fault{{At: 10 * time.Second, Kind: KillRoot}, {At: 11 * time.Second, Kind: KillRelay}}}
		if err := settled(t, ran(t, cfg, 35*time.Second)); err != nil {
			t.Error(err)
		}
	}
}

// settled says what keeps a room from being one tree, if that is so for ten seconds: where
// packets are lost, or relays drop, somebody may just have left a parent that it doubts.
func settled(t *testing.T, w *World) (err error) {
	t.Helper()
	for range 10 {
		if err = w.Settled(); err == nil {
			return nil
		}
		if err := w.Run(w.Now() + time.Second); err != nil {
			t.Fatal(err)
		}
	}
	return err
}

func TestAKilledRelayIsHardlyMissed(t *testing.T) {
	var h Histogram
	deaths := 0
	for seed := range uint64(5) {
		w := ran(t, Config{Seed: seed, Peers: 150, Faults: []Fault{{At: 12 * time.Second, Kind: KillRelay}}}, 18*time.Second)
		r := w.Report()
		deaths += r.Deaths
		if r.GapOf != GapBelow {
			t.Errorf("seed %d: nobody was below the relay that died", seed)
		}
		for i, n := range w.measured.clone().gaps.counts {
			for range n {
				h.Add(time.Duration(i) * step)
			}
		}
		for _, n := range w.present {
			if f := w.peers[n].ear.fault; f.open {
				h.Add(gap(f.worst))
			}
		}
	}
	q := h.Quantiles()
	t.Logf("gaps of %d listeners below %d relays: p50 %v p95 %v max %v", q.Count, deaths, q.P50, q.P95, q.Max)
	if q.P50 > 60*ms || q.P95 > 200*ms {
		t.Errorf("gap p50 %v p95 %v, want at most 60 ms and 200 ms", q.P50, q.P95)
	}
}

func TestTheSameSeedIsTheSameRun(t *testing.T) {
	type outcome struct {
		hash   string
		events uint64
	}
	const whole = 16 * time.Second // by then there are two trees
	once := func(procs int, slices time.Duration) outcome {
		defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(procs))
		cfg := rough(7)
		cfg.Peers = 60
		w, err := New(cfg)
		if err != nil {
			t.Fatal(err)
		}
		for at := slices; at <= whole; at += slices {
			if err := w.Run(at); err != nil {
				t.Fatal(err)
			}
		}
		r := w.Report()
		return outcome{r.TraceHash, r.Events}
	}
	want := once(1, whole)
	for _, procs := range []int{2, 8} {
		if got := once(procs, whole); got != want {
			t.Errorf("on %d processors %+v, on one %+v", procs, got, want)
		}
	}
	if got := once(2, 100*ms); got != want {
		t.Errorf("in slices %+v, in one go %+v", got, want)
	}
	other := ran(t, Config{Seed: 8, Peers: 100}, time.Second).Report()
	if other.TraceHash == want.hash {
		t.Error("another seed gives the same trace")
	}
}

func TestATraceListsEveryEvent(t *testing.T) {
	var out bytes.Buffer
	w := ran(t, Config{Seed: 1, Peers: 10, Trace: &out, Faults: []Fault{{At: 5 * time.Second, Kind: KillRoot}}, Churn: Churn{Rate: 10, Graceful: 0.5}}, 8*time.Second)
	lines := strings.Split(strings.TrimSpace(out.String()), "\n")
	if uint64(len(lines)) != w.Events() {
		t.Errorf("%d lines for %d events", len(lines), w.Events())
	}
	for _, want := range []string{"arrives", "probe", "offer epoch", "join", "accept", "open", "voice 0 frame", "beacon tree 0 epoch", "fault", "lease of epoch", "leaves"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("no %q in the listing", want)
		}
	}
	quiet := ran(t, Config{Seed: 1, Peers: 10, Faults: []Fault{{At: 5 * time.Second, Kind: KillRoot}}, Churn: Churn{Rate: 10, Graceful: 0.5}}, 8*time.Second)
	if got, want := quiet.Report().TraceHash, w.Report().TraceHash; got != want {
		t.Errorf("without a listing the trace is %s, with it %s", got, want)
	}
}

func TestTheFirstBrokenInvariantStopsTheWorld(t *testing.T) {
	never := Invariant{Name: "nobody has a child", Check: func(s *Scene) error {
		if s.Machine.Children(0) > 0 {
			return fmt.Errorf("peer %d has", s.Peer)
		}
		return nil
	}}
	w, err := New(Config{Seed: 3, Peers: 20, Invariants: []Invariant{never}})
	if err != nil {
		t.Fatal(err)
	}
	err = w.Run(10 * time.Second)
	if err == nil || !strings.Contains(err.Error(), `seed 3`) || !strings.Contains(err.Error(), `"nobody has a child"`) {
		t.Fatalf("the world ran on: %v", err)
	}
	events := w.Events()
	if again := w.Run(20 * time.Second); again == nil || again.Error() != err.Error() || w.Events() != events {
		t.Errorf("after %v: %v, and %d more events", err, again, w.Events()-events)
	}
}
