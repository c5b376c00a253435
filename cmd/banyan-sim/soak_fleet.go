package main

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/banyan-rooms/banyan/mesh/sim/scenarios"
	"github.com/banyan-rooms/banyan/mesh/sim/soak"
)

// grace is how long cases may go on that are under way when the time is over. Most take
// half a second at most, the largest rooms some seconds.
const grace = 10 * time.Second

var (
	errTime   = errors.New("the time is over")
	errEnough = errors.New("enough has failed")
)

// soaking is a soak as it goes on.
type soaking struct {
	first   uint64
	runs    int           // 0: no limit
	limit   time.Duration // 0: no limit
	line    *progress
	play    func(s scenarios.Scenario, stop func() error) (scenarios.Ran, *soak.Failure, error) // soak.Run
	started time.Time
	took    time.Duration
	ended   error // why, other than that all runs are over

	mu       sync.Mutex // guards what follows
	next     int        // the number of the next case
	ran      int
	failures int
	events   uint64
	prefix   *prefix
}

// newSoaking returns a soak that has not begun.
func newSoaking(first uint64, runs int, limit time.Duration, line *progress) *soaking {
	return &soaking{first: first, runs: runs, limit: limit, line: line, play: soak.Run, prefix: newPrefix()}
}

// fleet runs cases, one for each core at a time, until they or the time are over, enough
// have failed, or ctx is done. When the time is over those under way are finished, unless
// it takes long; else they are dropped.
func (s *soaking) fleet(ctx context.Context, cores int) {
	s.started = time.Now()
	ctx, drop := context.WithCancelCause(ctx)
	defer drop(nil)
	begin, last := context.WithCancelCause(ctx)
	defer last(nil)
	if s.limit > 0 {
		defer time.AfterFunc(s.limit, func() { last(errTime) }).Stop()
		defer time.AfterFunc(s.limit+grace, func() { drop(errTime) }).Stop()
	}
	var wg sync.WaitGroup
	for range cores {
		wg.Go(func() {
			for n, ok := s.take(begin); ok; n, ok = s.take(begin) {
				if s.one(ctx, n) {
					drop(errEnough)
				}
			}
		})
	}
	wg.Wait()
	s.took = time.Since(s.started)
	if s.runs == 0 || s.prefix.runs < s.runs {
		s.ended = context.Cause(begin)
	}
}

// take gives out the next case, as long as any may begin. Who got one runs it: a number
// that is given out and not run would be a gap.
func (s *soaking) take(begin context.Context) (n int, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if begin.Err() != nil || s.runs > 0 && s.next >= s.runs {
		return 0, false
	}
	s.next++
	return s.next - 1, true
}

// one runs a case, and tells whether enough have failed.
func (s *soaking) one(ctx context.Context, n int) (full bool) {
	ran, failed, err := s.play(soak.Draw(s.first+uint64(n)), func() error { return context.Cause(ctx) })
	s.mu.Lock()
	defer s.mu.Unlock()
	if err != nil {
		return s.prefix.full() // dropped
	}
	s.prefix.add(n, outcome{ran.Report.TraceHash, ran.Report.Events, ran.Judged, failed})
	s.ran++
	s.events += ran.Report.Events
	if failed != nil {
		s.failures++
	}
	s.line.soak(s.limit, s.runs, s.ran, s.failures, s.events)
	return s.prefix.full()
}
