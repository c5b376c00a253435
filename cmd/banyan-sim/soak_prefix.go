package main

import (
	"crypto/sha256"
	"encoding/hex"
	"hash"
	"maps"
	"slices"

	"github.com/banyan-rooms/banyan/mesh/sim/soak"
)

// enough is after how many failures a soak stops: it has something to say.
const enough = 100

// outcome is what came of a case.
type outcome struct {
	hash   string
	events uint64
	judged bool
	failed *soak.Failure // nil when it did not
}

// prefix is what a soak speaks for: its cases from the first on, without a gap, up to the
// one with which enough have failed. Cases end in another order on each number of cores;
// so what is said of them goes by their numbers, and is the same of equally many cases.
type prefix struct {
	runs   int
	judged int
	events uint64
	failed []soak.Failure // in the order of the cases
	hash   hash.Hash
	early  map[int]outcome // of cases that ended, while one before them has not
}

func newPrefix() *prefix { return &prefix{hash: sha256.New(), early: map[int]outcome{}} }

// add takes in what came of the case with a number.
func (p *prefix) add(n int, o outcome) {
	p.early[n] = o
	for next, ok := p.early[p.runs]; ok && !p.full(); next, ok = p.early[p.runs] {
		delete(p.early, p.runs)
		p.runs++
		p.events += next.events
		p.hash.Write([]byte(next.hash))
		if next.judged {
			p.judged++
		}
		if next.failed != nil {
			p.failed = append(p.failed, *next.failed)
		}
	}
}

// full tells whether enough have failed: no further case is counted.
func (p *prefix) full() bool { return len(p.failed) >= enough }

// sum is the fingerprint of the cases.
func (p *prefix) sum() string { return hex.EncodeToString(p.hash.Sum(nil)) }

// beyond are the failures that were found past the end, in the order of the cases.
func (p *prefix) beyond() (all []soak.Failure) {
	for _, n := range slices.Sorted(maps.Keys(p.early)) {
		if f := p.early[n].failed; f != nil {
			all = append(all, *f)
		}
	}
	return all
}
