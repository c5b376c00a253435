package sim

import (
	"testing"
	"time"
)

func TestEar(t *testing.T) {
	const ms = time.Millisecond
	// A log of one voice that speaks without a pause from 3 s on, frame i at 3 s + 20 i ms.
	log := make([]spoken, 100)
	for i := range log {
		log[i].at = 3*time.Second + time.Duration(i)*frameTime
	}
	all := func(without ...int32) (entries []int32) {
		for i := range int32(len(log)) {
			skip := false
			for _, w := range without {
				skip = skip || w == i
			}
			if !skip {
				entries = append(entries, i)
			}
		}
		return entries
	}
	tests := []struct {
		name    string
		log     []spoken
		arrived time.Duration
		own     int32
		play    []int32 // each 50 ms after its capture
		fault   time.Duration
		want    ear // played, missed, twice, worst and the fault's worst
	}{
		{"everything", log, 0, none, all(), 0, ear{played: 100}},
		{"nothing", log, 0, none, nil, 0, ear{missed: 100, worst: 100}},
		{"nothing within the grace of joining", log, 4 * time.Second, none, nil, 0, ear{}},
		{"half of the grace", log, 2 * time.Second, none, nil, 0, ear{missed: 50, worst: 50}},
		{"from the first sound on", log, 2900 * ms, none, all(0, 1, 2, 3, 4, 9), 0, ear{played: 94, missed: 1, worst: 1}},
		{"a row of three and one alone", log, 0, none, all(10, 11, 12, 20), 0, ear{played: 96, missed: 4, worst: 3}},
		{"the same frame twice", log, 0, none, append(all(), 99), 0, ear{played: 100, twice: 1}},
		{"one's own voice", log, 0, 0, all(), 0, ear{}},
		{
			"a fault has its own worst", log, 0, none, all(10, 11, 12, 60, 61), 4 * time.Second,
			ear{played: 95, missed: 5, worst: 3, fault: fault{worst: 2}},
		},
		{
			"what was under way when the peer died", log, 0, none, all(46, 47, 48, 49, 50), 4 * time.Second,
			ear{played: 95, missed: 5, worst: 5, fault: fault{worst: 5}},
		},
		{
			"a pause ends a row",
			[]spoken{{at: 3 * time.Second}, {at: 3020 * ms}, {at: 5 * time.Second}},
			0, none, nil, 0,
			ear{missed: 3, worst: 2},
		},
	}
	const slack = 200 * ms
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var e ear
			e.open(tt.arrived, 0, 11, 1)
			e.own = tt.own
			e.fault = fault{at: tt.fault, open: tt.fault > 0}
			for _, entry := range tt.play {
				now := tt.log[entry].at + 50*ms
				e.judge(now-slack, slack, tt.log)
				e.play(now, tt.log[entry].at, entry)
			}
			e.judge(time.Minute, slack, tt.log)
			if e.played != tt.want.played || e.missed != tt.want.missed || e.twice != tt.want.twice ||
				e.worst != tt.want.worst || e.fault.worst != tt.want.fault.worst {
				t.Errorf("played %d missed %d twice %d worst %d in the fault %d, want %+v",
					e.played, e.missed, e.twice, e.worst, e.fault.worst, tt.want)
			}
		})
	}
}
