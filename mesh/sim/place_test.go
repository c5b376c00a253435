package sim

import (
	"testing"
	"time"
)

func TestLatency(t *testing.T) {
	const ms = time.Millisecond
	globe := Globe()
	tests := []struct {
		name string
		a, b place
		want time.Duration
	}{
		{"to oneself, through both last miles", place{mile: ms}, place{mile: ms}, 2 * ms},
		{"within a region", place{x: int64(3 * ms)}, place{y: int64(4 * ms)}, 5 * ms},
		{"across", place{x: int64(3 * ms), mile: ms}, place{region: 1, y: int64(-4 * ms), mile: 2 * ms}, 45*ms + 3*ms + 4*ms + 3*ms},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := globe.latency(tt.a, tt.b); got != tt.want {
				t.Errorf("there: %v, want %v", got, tt.want)
			}
			if got := globe.latency(tt.b, tt.a); got != tt.want {
				t.Errorf("back: %v, want %v", got, tt.want)
			}
		})
	}
}

func TestGeographies(t *testing.T) {
	for _, g := range []Geography{Continent(), Globe()} {
		t.Run(g.Name, func(t *testing.T) {
			for i, row := range g.Across {
				if len(row) != len(g.Regions) || row[i] != 0 {
					t.Errorf("row %d: %v", i, row)
				}
				for j := range row {
					if row[j] != g.Across[j][i] {
						t.Errorf("%s to %s is not the way back", g.Regions[i].Name, g.Regions[j].Name)
					}
				}
			}
			var h Histogram
			peopled := make([]int, len(g.Regions))
			var last place
			for i := range 5000 {
				p := g.settle(stream(1, i, forPlace), false)
				peopled[p.region]++
				h.Add(g.latency(last, p))
				last = p
			}
			for i, n := range peopled {
				total := 0
				for _, region := range g.Regions {
					total += region.Weight
				}
				if want := 5000 * g.Regions[i].Weight / total; n < want*8/10 || n > want*12/10 {
					t.Errorf("%s has %d of 5000 peers, want about %d", g.Regions[i].Name, n, want)
				}
			}
			q := h.Quantiles()
			t.Logf("one way: p50 %v p95 %v p99 %v max %v", q.P50, q.P95, q.P99, q.Max)
		})
	}
}

func TestServersLiveInDataCentres(t *testing.T) {
	g := Continent()
	if p := g.settle(stream(1, 1, forPlace), true); p.mile != serverMile {
		t.Errorf("last mile of a server %v, want %v", p.mile, serverMile)
	}
	if p := g.settle(stream(1, 1, forPlace), false); p.mile <= time.Millisecond/2 || p.mile > maxMile {
		t.Errorf("last mile of a home %v", p.mile)
	}
}
