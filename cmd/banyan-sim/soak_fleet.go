package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/banyan-rooms/banyan/mesh/sim/soak"
)

// enough is after how many failures a soak stops: it has something to say.
const enough = 100

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
	started time.Time
	took    time.Duration
	ended   error // why, other than that all runs are over

	mu     sync.Mutex // guards what follows
	next   int        // the number of the next case
	events uint64
	judged int
	hashes map[int]string
	failed map[int]soak.Failure // by the number of the case
}

// fleet runs cases, one for each core at a time, until they or the time are over, or ctx
// is. A case that is under way then does not count.
func (s *soaking) fleet(ctx context.Context, cores int) {
	s.hashes, s.failed = map[int]string{}, map[int]soak.Failure{}
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	if s.limit > 0 {
		defer time.AfterFunc(s.limit, func() { stop(errTime) }).Stop()
	}
	var wg sync.WaitGroup
	for range cores {
		wg.Go(func() {
			for n, ok := s.take(); ok && ctx.Err() == nil; n, ok = s.take() {
				if s.one(ctx, n) >= enough {
					stop(errEnough)
				}
			}
		})
	}
	wg.Wait()
	s.ended = context.Cause(ctx)
}

// take gives out the next case.
func (s *soaking) take() (n int, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	n = s.next
	s.next++
	return n, s.runs == 0 || n < s.runs
}

// one runs a case, and returns how many have failed so far.
func (s *soaking) one(ctx context.Context, n int) (failures int) {
	ran, failed, err := soak.Run(soak.Draw(s.first+uint64(n)), func() error { return context.Cause(ctx) })
	s.mu.Lock()
	defer s.mu.Unlock()
	if err != nil {
		return len(s.failed) // stopped
	}
	s.hashes[n] = ran.Report.TraceHash
	s.events += ran.Report.Events
	if ran.Judged {
		s.judged++
	}
	if failed != nil {
		s.failed[n] = *failed
	}
	s.line.soak(s.limit, s.runs, len(s.hashes), len(s.failed), s.events)
	return len(s.failed)
}

// hash is the fingerprint of all runs, in the order of their seeds.
func (s *soaking) hash() string {
	sum := sha256.New()
	for _, n := range slices.Sorted(maps.Keys(s.hashes)) {
		sum.Write([]byte(s.hashes[n]))
	}
	return hex.EncodeToString(sum.Sum(nil))
}

// ordered are the failures, in the order of their seeds.
func (s *soaking) ordered() (all []soak.Failure) {
	for _, n := range slices.Sorted(maps.Keys(s.failed)) {
		all = append(all, s.failed[n])
	}
	return all
}
