package sim

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"
	"time"
)

// Report is what a world measured. All of it follows from the Config.
type Report struct {
	Peers           int     `json:"peers"`
	Seed            uint64  `json:"seed"`
	DurationSeconds float64 `json:"duration_s"`
	World           string  `json:"world"`
	Protocol        string  `json:"protocol"`

	Depth    int     `json:"depth"`     // the deepest that a peer is, at the end
	DepthMax int     `json:"depth_max"` // the deepest that a peer was, looked at each second from the last arrival on
	Trees    int     `json:"trees"`     // at the end
	Depths   [][]int `json:"depths"`    // of each tree, peers at each depth, at the end
	Roots    int     `json:"roots"`     // at the end; one of each tree, unless the room is split
	Orphans  int     `json:"orphans"`   // at the end: peers that are under no root, newcomers aside, in all trees

	Frames    int     `json:"frames"`       // captured by all speakers
	Delivered float64 `json:"delivered"`    // share of frames played in time, over all listeners
	Worst     float64 `json:"delivered_p1"` // the share that 99 of 100 listeners reach
	Copies    float64 `json:"copies"`       // frames received for each that was new

	Delay Quantiles `json:"delay_ms"` // from capture to arrival
	Gap   Quantiles `json:"gap_ms"`   // the longest row of missing frames, of each listener that GapOf names
	GapOf string    `json:"gap_of"`   // [GapBelow] or [GapEverybody]
	Join  Quantiles `json:"join_ms"`  // from arrival to first sound
	Stage Quantiles `json:"stage_ms"` // delay of speakers' frames at other speakers

	Stretch    Stretch   `json:"stretch"`     // delay over that of a packet sent directly
	JoinInTime float64   `json:"join_in_10s"` // share of those who came that had sound after ten seconds
	NewRoot    Quantiles `json:"new_root_ms"` // from a root's death until there is another
	Restored   Quantiles `json:"restored_ms"` // from the death of a parent or backup until both are there again
	Healed     Quantiles `json:"healed_ms"`   // from the end of a split until the room is one tree
	Ousted     float64   `json:"ousted_s"`    // from the fault until nobody depended on a dropper any more, looked at each second

	Deaths int `json:"deaths"` // peers that died with others below them

	ControlKinds string `json:"control_kinds"`      // what it consists of, over all peers
	Control      Rates  `json:"control_kbps"`       // sent and received by each peer that feeds nobody
	ControlRelay Rates  `json:"control_relay_kbps"` // the same of each peer that does

	PlayedTwice int64  `json:"duplicates_played"`
	Events      uint64 `json:"events"`
	TraceHash   string `json:"trace_hash"`
}

// Whose gaps a report has.
const (
	GapBelow     = "listeners below a peer that died, in the 10 s around its death"
	GapEverybody = "all listeners, in the whole run"
)

// Rates are the usual few numbers about the traffic of many peers, in kbit/s.
type Rates struct {
	P50 float64 `json:"p50"`
	P95 float64 `json:"p95"`
	P99 float64 `json:"p99"`
}

// patience is how long somebody waits for the first sound.
const patience = 10 * time.Second

// Stretch is how much longer sound takes than a packet on the direct way.
type Stretch struct {
	P50 float64 `json:"p50"`
	P95 float64 `json:"p95"`
	P99 float64 `json:"p99"`
}

func stretchOf(h *Histogram) Stretch {
	of := func(permille uint64) float64 { return float64(h.Quantile(permille)) / float64(hundredths*step) }
	return Stretch{of(500), of(950), of(990)}
}

// ratesOf sums up bit rates, which it sorts.
func ratesOf(bitsPerSecond []int64) Rates {
	return Rates{
		P50: kilo(nearestRank(bitsPerSecond, 500)),
		P95: kilo(nearestRank(bitsPerSecond, 950)),
		P99: kilo(nearestRank(bitsPerSecond, 990)),
	}
}

func kilo(bits int64) float64 { return float64(bits) / 1000 }

// nearestRank is the smallest value that at least permille/1000 of all do not
// exceed, or 0 when there are none. It sorts them.
func nearestRank(values []int64, permille int) int64 {
	if len(values) == 0 {
		return 0
	}
	slices.Sort(values)
	return values[max(1, (len(values)*permille+999)/1000)-1]
}

// WriteTable writes the report for people.
func (r Report) WriteTable(w io.Writer) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintf(t, "room\t%d peers, seed %d, %v s, %s, %s\n", r.Peers, r.Seed, r.DurationSeconds, r.World, r.Protocol)
	fmt.Fprintf(t, "depth\t%d, at most %d\n", r.Depth, r.DepthMax)
	for i, depths := range r.Depths {
		fmt.Fprintf(t, "tree %d\t%s\n", i+1, depthsInWords(depths))
	}
	if r.Roots != r.Trees || r.Orphans > 0 {
		fmt.Fprintf(t, "trees\t%d, with %d roots, %d peers under none\n", r.Trees, r.Roots, r.Orphans)
	}
	fmt.Fprintf(t, "delivered\t%.4f %% of %d frames in time; %.4f %% to the listener in the last 1 %%\n",
		100*r.Delivered, r.Frames, 100*r.Worst)
	fmt.Fprintf(t, "copies\t%.4f of each frame; %d played twice\n", r.Copies, r.PlayedTwice)
	fmt.Fprintf(t, "delay\t%s\n", r.Delay.words())
	fmt.Fprintf(t, "gap\t%s\n", r.Gap.words())
	fmt.Fprintf(t, "\t%s (%d, after %d deaths)\n", r.GapOf, r.Gap.Count, r.Deaths)
	fmt.Fprintf(t, "join\t%s\n", r.Join.words())
	fmt.Fprintf(t, "control\tleaf p50 %.2f p95 %.2f kbit/s, relay p50 %.2f p95 %.2f kbit/s\n",
		r.Control.P50, r.Control.P95, r.ControlRelay.P50, r.ControlRelay.P95)
	fmt.Fprintf(t, "\t%s\n", r.ControlKinds)
	fmt.Fprintf(t, "trace\t%s of %d events\n", r.TraceHash, r.Events)
	return t.Flush()
}

func (q Quantiles) words() string {
	return fmt.Sprintf("p50 %v  p95 %v  p99 %v  max %v", q.P50, q.P95, q.P99, q.Max)
}

func depthsInWords(depths []int) string {
	words := make([]string, len(depths))
	for depth, peers := range depths {
		words[depth] = fmt.Sprintf("%d at %d", peers, depth)
	}
	return strings.Join(words, ", ")
}
