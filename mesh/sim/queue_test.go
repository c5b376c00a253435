package sim

import (
	"math/rand/v2"
	"slices"
	"testing"
	"time"
)

func TestQueueOrder(t *testing.T) {
	tests := []struct {
		name string
		at   []time.Duration // pushed in this order
		want []uint64        // order of pushing, as it comes out
	}{
		{"by time within a slot", []time.Duration{3, 1, 2}, []uint64{1, 2, 0}},
		{"equal times in the order of pushing", []time.Duration{5, 5, 5, 5, 5, 5}, []uint64{0, 1, 2, 3, 4, 5}},
		{"across the wheel", []time.Duration{time.Second, time.Millisecond, 500 * time.Millisecond}, []uint64{1, 2, 0}},
		{"beyond the wheel", []time.Duration{time.Hour, time.Minute, 0, 2 * time.Second}, []uint64{2, 3, 1, 0}},
		{"equal times beyond the wheel", []time.Duration{time.Hour, time.Hour, time.Hour}, []uint64{0, 1, 2}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var q queue
			for i, at := range tt.at {
				q.push(event{at: at, seq: uint64(i)})
			}
			var got []uint64
			for q.len() > 0 {
				got = append(got, q.pop().seq)
			}
			if !slices.Equal(got, tt.want) {
				t.Errorf("came out as %v, want %v", got, tt.want)
			}
		})
	}
}

func TestQueuePushWhilePopping(t *testing.T) {
	// The law: whatever is pushed, at or after the time of the last event, comes
	// out by (time, order of pushing). A plain sorted slice is the reference.
	for seed := range uint64(20) {
		r := rand.New(rand.NewPCG(seed, 0))
		var q queue
		var want []event
		spans := []int64{1, 1 << 10, 1 << 20, 1 << 24, 1 << 31, 1 << 35}
		now, pushed := time.Duration(0), uint64(0)
		for range 3000 {
			for range r.IntN(3) {
				e := event{at: now + time.Duration(r.Int64N(spans[r.IntN(len(spans))])), seq: pushed}
				pushed++
				q.push(e)
				i, _ := slices.BinarySearchFunc(want, e, func(a, b event) int {
					if a.before(&b) {
						return -1
					}
					return 1
				})
				want = slices.Insert(want, i, e)
			}
			at, ok := q.next()
			if ok != (len(want) > 0) || q.len() != len(want) {
				t.Fatalf("seed %d: next says %v with %d events, want %d", seed, ok, q.len(), len(want))
			}
			if !ok {
				continue
			}
			got := q.pop()
			if got != want[0] || at != got.at {
				t.Fatalf("seed %d: popped %+v, want %+v", seed, got, want[0])
			}
			now, want = got.at, want[1:]
		}
	}
}

func BenchmarkQueue(b *testing.B) {
	for _, pending := range []int{1000, 100_000} {
		b.Run(map[int]string{1000: "pending=1000", 100_000: "pending=100000"}[pending], func(b *testing.B) {
			var q queue
			r := stream(1, 0, forNetwork)
			for range pending {
				q.push(event{at: between(r, 0, 100*time.Millisecond)})
			}
			b.ReportAllocs()
			for b.Loop() {
				e := q.pop()
				e.at += between(r, 0, 200*time.Millisecond)
				q.push(e)
			}
		})
	}
}

func TestQueueAhead(t *testing.T) {
	// The law: each event that lies in the wheel when its slot comes is told of once,
	// before it comes out, and in the order in which they do.
	r := rand.New(rand.NewPCG(1, 0))
	var q queue
	for i := range uint64(2000) {
		q.push(event{seq: i, at: 2*time.Millisecond + time.Duration(r.Int64N(int64(500*time.Millisecond)))})
	}
	var told, came []uint64
	for q.len() > 0 {
		q.next()
		for _, e := range q.ahead(1 + r.IntN(5)) {
			told = append(told, e.seq)
		}
		if len(told) <= len(came) {
			t.Fatalf("%d events told of when %d had come", len(told), len(came))
		}
		came = append(came, q.pop().seq)
	}
	if !slices.Equal(told, came) {
		t.Errorf("told of %v, came out as %v", told, came)
	}
}
