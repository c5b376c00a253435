package demo

import (
	"context"
	"fmt"
	"io"
	"text/tabwriter"

	"github.com/banyan-rooms/banyan/cmd/internal/events"
	"github.com/banyan-rooms/banyan/cmd/internal/process"
	"github.com/banyan-rooms/banyan/node/measure"
)

// Report is how well the neighbourhood heard. All listeners are on this machine,
// so speakers and listeners share one clock and the delays are true ones.
type Report struct {
	Listeners  int               `json:"listeners"`
	FramesSent int               `json:"frames_sent"` // by all speakers
	Delivered  float64           `json:"delivered"`   // smallest share over the listeners of frames heard in time
	Delay      measure.Quantiles `json:"delay_ms"`    // capture to arrival, over all frames of all listeners
	Join       measure.Quantiles `json:"join_ms"`     // join to first sound, over the listeners
	Gap        measure.Quantiles `json:"gap_ms"`      // each listener's longest gap
	Duplicates int               `json:"duplicates_played"`
	DepthMax   int               `json:"depth_max"` // hops below the root
	Killed     bool              `json:"relay_killed"`
	Link       string            `json:"-"`
	Heard      []Heard           `json:"heard"`
}

// Heard is one listener's part of a report.
type Heard struct {
	Name      string  `json:"name"`
	Expected  int     `json:"expected"`
	Received  int     `json:"received"`
	Delivered float64 `json:"delivered"`
	JoinMS    int64   `json:"join_ms"`
	GapMS     int64   `json:"gap_ms"`
	Depth     int     `json:"depth"`
}

// report stops everyone and adds up what they say.
func (n *neighbourhood) report(ctx context.Context) (Report, error) {
	r := Report{Listeners: len(n.listeners), Delivered: 1, Killed: n.cfg.KillRelay > 0, Link: n.link}
	delays, joins, gaps := measure.Histogram{}, measure.Histogram{}, measure.Histogram{}
	n.stopGroup(n.listeners...)
	for _, p := range n.listeners {
		e, err := p.Wait(ctx, events.Report)
		if err != nil {
			return Report{}, err
		}
		if e.Heard == nil {
			return Report{}, fmt.Errorf("%s reported without saying what it heard", p.Name())
		}
		h := *e.Heard
		delays.Merge(h.Delays)
		joins[e.AfterMS]++
		gaps[h.GapMS]++
		r.Delivered = min(r.Delivered, h.Delivered)
		r.Duplicates += h.Duplicates
		r.DepthMax = max(r.DepthMax, e.Depth)
		r.Heard = append(r.Heard, Heard{
			Name: p.Name(), Expected: h.Expected, Received: h.Received, Delivered: h.Delivered,
			JoinMS: e.AfterMS, GapMS: h.GapMS, Depth: e.Depth,
		})
	}
	for _, p := range []*process.Process{n.guest, n.host} {
		if p == nil {
			continue
		}
		p.Stop()
		e, err := p.Wait(ctx, events.Report)
		if err != nil {
			return Report{}, err
		}
		r.FramesSent += e.Sent
		r.DepthMax = max(r.DepthMax, e.Depth)
	}
	r.Delay, r.Join, r.Gap = delays.Quantiles(), joins.Quantiles(), gaps.Quantiles()
	return r, nil
}

// Print writes the report for people.
func (r Report) Print(to io.Writer) error {
	w := tabwriter.NewWriter(to, 0, 0, 2, ' ', 0)
	fmt.Fprintf(w, "listeners\t%d, at most %d hops below the root\n", r.Listeners, r.DepthMax)
	fmt.Fprintf(w, "frames sent\t%d\n", r.FramesSent)
	fmt.Fprintf(w, "heard in time\t%.2f %% by the listener who heard least\n", 100*r.Delivered)
	fmt.Fprintf(w, "mouth to ear\tp50 %d ms\tp95 %d ms\tmax %d ms\t(capture to arrival)\n", r.Delay.P50, r.Delay.P95, r.Delay.Max)
	fmt.Fprintf(w, "join to sound\tp50 %d ms\tp95 %d ms\tmax %d ms\n", r.Join.P50, r.Join.P95, r.Join.Max)
	gap := "longest gap"
	if r.Killed {
		gap = "longest gap (the relay was killed)"
	}
	fmt.Fprintf(w, "%s\tp50 %d ms\tp95 %d ms\tmax %d ms\n", gap, r.Gap.P50, r.Gap.P95, r.Gap.Max)
	fmt.Fprintf(w, "played twice\t%d frames\n", r.Duplicates)
	return w.Flush()
}
