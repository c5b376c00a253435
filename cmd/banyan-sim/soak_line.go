package main

import (
	"fmt"
	"strings"
	"time"
)

// barWidth is how wide a progress bar is.
const barWidth = 30

// bar draws how much of a whole is done.
func bar(share float64) string {
	done := int(barWidth * min(max(share, 0), 1))
	return "[" + strings.Repeat("#", done) + strings.Repeat(".", barWidth-done) + "]"
}

// often tells whether the line may be written anew: ten times a second.
func (p *progress) often(now time.Time) bool {
	if p.w == nil || now.Sub(p.shown) < 100*time.Millisecond {
		return false
	}
	p.shown = now
	return true
}

// soak writes how far a soak is, of a time or of some runs.
func (p *progress) soak(limit time.Duration, of, ran, failed int, events uint64) {
	now := time.Now()
	if !p.often(now) {
		return
	}
	took, share := now.Sub(p.started), 0.0
	if limit > 0 {
		share = took.Seconds() / limit.Seconds()
	}
	if of > 0 {
		share = max(share, float64(ran)/float64(of))
	}
	head := ""
	if share > 0 {
		left := max(time.Duration(float64(took)*(1-share)/share), 0) // cases may go on after the time
		head = fmt.Sprintf("%s %v left, ", bar(share), left.Round(time.Second))
	}
	fmt.Fprintf(p.w, "\r%s%d cases, %d failed, %.2f million events/s \x1b[K", head, ran, failed, float64(events)/took.Seconds()/1e6)
}

// shrink writes how far a failure is made small.
func (p *progress) shrink(seed uint64, tried, of, peers, faults int) {
	if p.often(time.Now()) {
		fmt.Fprintf(p.w, "\r%s making seed %d small: %d peers, %d faults after %d runs \x1b[K", bar(float64(tried)/float64(of)), seed, peers, faults, tried)
	}
}
