package sim

import (
	"fmt"
	"slices"
	"strings"
)

// traffic is what is sent beside the sound, by what it is: control messages by the first
// byte, which says their kind, and what has kinds of its own beyond them.
type traffic [maxKinds]int64

const (
	maxKinds    = 32
	kindGossip  = maxKinds - 1
	kindOnLinks = maxKinds - 8 // and a datagram's kind
)

// pays counts what a peer sends or receives.
func (s *shard) pays(p *peer, kind int, bytes int) {
	n := int64(bytes) + packetOverhead
	p.traffic += n
	s.counted.traffic[kind] += n
}

// inWords lists the kinds, the costliest first, with their shares.
func (t traffic) inWords(nameOf func(kind int) string) string {
	total := int64(0)
	var kinds []int
	for kind, n := range t {
		if total += n; n > 0 {
			kinds = append(kinds, kind)
		}
	}
	slices.SortStableFunc(kinds, func(a, b int) int { return int(t[b]/1000 - t[a]/1000) })
	words := make([]string, len(kinds))
	for i, kind := range kinds {
		words[i] = fmt.Sprintf("%s %.0f %%", nameOf(kind), 100*float64(t[kind])/float64(total))
	}
	return strings.Join(words, ", ")
}
