package rtc

import (
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"github.com/banyan-rooms/banyan/node/transport"
)

// BenchmarkForward sends one datagram to all children, as a relay does for each
// frame, and counts what they get.
func BenchmarkForward(b *testing.B) {
	for _, children := range []int{1, 6} {
		b.Run(fmt.Sprintf("children=%d", children), func(b *testing.B) {
			_, p := peers(b, 1+children)
			var got atomic.Int64
			links := make([]transport.Link, children)
			for i, q := range p[1:] {
				var accepted transport.Link
				links[i], accepted = p[0].link(b, q)
				accepted.Receive(func([]byte) { got.Add(1) })
			}
			datagram := make([]byte, 160)
			b.ReportAllocs()
			sent := 0
			for b.Loop() {
				for _, l := range links {
					if err := l.Send(datagram); err != nil {
						b.Fatal(err)
					}
				}
				sent += children
				for int64(sent)-got.Load() > 512 { // let the receivers keep up
					time.Sleep(10 * time.Microsecond)
				}
			}
			b.ReportMetric(float64(got.Load())/float64(sent), "arrived/sent")
		})
	}
}

// BenchmarkOpen opens links one after the other, over a network without delay: what is left
// are waits of ours, and cryptography.
func BenchmarkOpen(b *testing.B) {
	_, p := peers(b, 2)
	for b.Loop() {
		dialled, accepted := p[0].link(b, p[1])
		b.StopTimer()
		for _, l := range []transport.Link{dialled, accepted} {
			if err := l.Close(); err != nil {
				b.Fatal(err)
			}
			<-l.Done()
		}
		b.StartTimer()
	}
}
