package sim

import (
	"fmt"
	"runtime"
	"testing"
	"time"
)

// BenchmarkWorld runs a room for ten seconds after everybody came: how many events a
// second on all cores, and how many bytes a peer costs.
func BenchmarkWorld(b *testing.B) {
	for _, peers := range []int{1000, 10000, 100000} {
		b.Run(fmt.Sprintf("peers=%d", peers), func(b *testing.B) {
			if testing.Short() && peers > 1000 {
				b.Skip("takes minutes: not in -short")
			}
			var events uint64
			var bytes uint64
			b.ReportAllocs()
			for b.Loop() {
				b.StopTimer()
				before := heap0()
				w, err := New(Config{Seed: 7, Peers: peers})
				if err != nil {
					b.Fatal(err)
				}
				if err := w.Run(8 * time.Second); err != nil {
					b.Fatal(err)
				}
				from := w.Events()
				b.StartTimer()
				if err := w.Run(18 * time.Second); err != nil {
					b.Fatal(err)
				}
				b.StopTimer()
				events += w.Events() - from
				bytes = (heap0() - before) / uint64(peers)
				runtime.KeepAlive(w)
				b.StartTimer()
			}
			b.ReportMetric(float64(events)/b.Elapsed().Seconds(), "events/s")
			b.ReportMetric(float64(bytes), "B/peer")
		})
	}
}

// heap0 is how many bytes live after a collection.
func heap0() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}
