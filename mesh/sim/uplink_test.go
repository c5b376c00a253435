package sim

import (
	"testing"
	"time"
)

func TestUpload(t *testing.T) {
	tests := []struct {
		name string
		kbps int64
		now  []time.Duration // when a packet of 1,000 bytes is sent, with its headers
		want []time.Duration // how long after it is on its way; -1: never
	}{
		{"no limit", 0, []time.Duration{0, 0, 0}, []time.Duration{0, 0, 0}},
		{"one at a time", 1000, []time.Duration{0, 10 * ms, 20 * ms}, []time.Duration{8 * ms, 8 * ms, 8 * ms}},
		{"one after the other", 1000, []time.Duration{0, 0, 4 * ms, 30 * ms}, []time.Duration{8 * ms, 16 * ms, 20 * ms, 8 * ms}},
		{"a queue that is full", 100, []time.Duration{0, 0, 0, 60 * ms}, []time.Duration{80 * ms, 160 * ms, -1, 180 * ms}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			p := &peer{uplink: tt.kbps * 1000}
			for i, now := range tt.now {
				after, sent := p.upload(now, 1000-packetOverhead)
				if !sent {
					after = -1
				}
				if after != tt.want[i] {
					t.Errorf("packet %d, at %v, is on its way after %v, want %v", i, now, after, tt.want[i])
				}
			}
		})
	}
}

func TestPacketsWaitForEachOther(t *testing.T) {
	delay := func(classes ...Uplink) time.Duration {
		return ran(t, Config{Seed: 1, Peers: 200, Relays: 1, MaxChildren: 4, Uplinks: classes}, 20*time.Second).Report().Delay.P50
	}
	wide, narrow := delay(), delay(Uplink{1, 1000})
	if narrow < wide+2*ms { // four of some 170 bytes take 5.5 ms
		t.Errorf("frames take %v through narrow uplinks, and %v without limits", narrow, wide)
	}
}

func TestARoomOfNarrowUplinks(t *testing.T) {
	classes := []Uplink{{0.25, 500}, {0.5, 2000}, {0.25, 50_000}}
	narrow := ran(t, Config{Seed: 1, Peers: 200, Relays: 1, Uplinks: classes}, 20*time.Second)
	count := make(map[int64]int)
	for _, p := range narrow.peers {
		count[p.uplink]++
		fed, most := feeds(p), 24
		if p.uplink > 0 {
			most = min(24, carries(p.uplink))
		}
		if p.uplink == 500_000 {
			most = 0 // it is not worth four
		}
		if !p.community && fed > most {
			t.Errorf("peer %d feeds %d with %d bit/s, at most %d", p.number, fed, p.uplink, most)
		}
	}
	if count[0] != 1 || count[500_000] < 30 || count[2_000_000] < 80 || count[50_000_000] < 30 {
		t.Errorf("peers by uplink: %v", count)
	}
	if r := narrow.Report(); r.Delivered < 0.999 {
		t.Errorf("delivered %v", r.Delivered)
	}
	if err := narrow.Settled(); err != nil {
		t.Error(err)
	}
}
