package measure

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/banyan-rooms/banyan/crypto/identity"
)

var (
	ann   = identity.ID{1}
	bob   = identity.ID{2}
	start = time.Date(2026, 1, 1, 12, 0, 0, 0, time.UTC)
)

// frame is ann's n-th, which arrived after a delay.
func frame(n uint64, delay time.Duration) Frame {
	captured := start.Add(time.Duration(n) * 20 * time.Millisecond)
	return Frame{Speaker: ann, Number: n, Captured: captured, Arrived: captured.Add(delay)}
}

func TestReport(t *testing.T) {
	const ms = time.Millisecond
	tests := []struct {
		name string
		in   []Frame
		want Report
	}{
		{"nothing heard is nothing lost", nil, Report{Delivered: 1}},
		{"all in time", []Frame{frame(5, ms), frame(6, ms), frame(7, ms)}, Report{Speakers: 1, Expected: 3, Received: 3, Delivered: 1}},
		{"out of order is no loss", []Frame{frame(6, ms), frame(5, 30*ms)}, Report{Speakers: 1, Expected: 2, Received: 2, Delivered: 1}},
		{
			"two of four lost make a gap of 40 ms",
			[]Frame{frame(1, ms), frame(4, ms)},
			Report{Speakers: 1, Expected: 4, Received: 2, Delivered: 0.5, GapMS: 40},
		},
		{
			"late is as good as lost",
			[]Frame{frame(1, ms), frame(2, 201*ms), frame(3, 200*ms), frame(4, ms)},
			Report{Speakers: 1, Expected: 4, Received: 4, Late: 1, Delivered: 0.75, GapMS: 20},
		},
		{
			"a second copy is told and changes nothing else",
			[]Frame{frame(1, ms), frame(1, 500*ms)},
			Report{Speakers: 1, Expected: 1, Received: 1, Duplicates: 1, Delivered: 1},
		},
		{
			"speakers and epochs are counted apart",
			[]Frame{frame(1, ms), {Speaker: bob, Number: 9, Captured: start, Arrived: start}, {Speaker: ann, Epoch: 1, Number: 90, Captured: start, Arrived: start}},
			Report{Speakers: 3, Expected: 3, Received: 3, Delivered: 1},
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			m := New(Config{})
			for _, f := range tt.in {
				m.Heard(f)
			}
			got := m.Report()
			got.Delays = nil
			gotJSON, _ := json.Marshal(got)
			wantJSON, _ := json.Marshal(tt.want)
			if string(gotJSON) != string(wantJSON) {
				t.Errorf("got %s, want %s", gotJSON, wantJSON)
			}
		})
	}
}

func TestQuantiles(t *testing.T) {
	one := Histogram{}
	for i := range 100 {
		one.Add(time.Duration(i+1) * time.Millisecond)
	}
	if got, want := one.Quantiles(), (Quantiles{50, 95, 100}); got != want {
		t.Errorf("1 to 100: got %v, want %v", got, want)
	}
	one.Merge(Histogram{1: 900})
	if got, want := one.Quantiles(), (Quantiles{1, 50, 100}); got != want {
		t.Errorf("merged: got %v, want %v", got, want)
	}
	if got := (Histogram{}).Quantiles(); got != (Quantiles{}) {
		t.Errorf("empty: got %v, want zero", got)
	}
}
