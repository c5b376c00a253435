package identity

import (
	"crypto/sha512"
	"fmt"
	"strings"
)

const (
	safetyLabel  = "banyan safety number 1"
	safetyRounds = 5200 // as in Signal's: a guess costs so many hashes
	safetyGroups = 6    // of five digits, of each identity
)

// SafetyNumber is what two people compare, by voice or side by side, to know that each
// sees the other's true identity and nobody in between: sixty digits in twelve groups,
// the same on both sides.
//
// Each half is thirty digits (99 bits) of SHA-512, iterated 5,200 times over a label and
// the identity, as in Signal's numeric fingerprint; the halves are in rising order. To
// show one person a number that fits another identity, somebody would have to make 2^99
// identities of 5,200 hashes each.
func SafetyNumber(a, b ID) string {
	first, second := fingerprint(a), fingerprint(b)
	if second < first {
		first, second = second, first
	}
	return first + " " + second
}

// fingerprint is one identity's half.
func fingerprint(id ID) string {
	sum := sha512.Sum512(append([]byte(safetyLabel), id[:]...))
	for range safetyRounds - 1 {
		sum = sha512.Sum512(append(sum[:], id[:]...))
	}
	groups := make([]string, safetyGroups)
	for n := range groups {
		var chunk uint64
		for _, b := range sum[5*n : 5*n+5] {
			chunk = chunk<<8 | uint64(b)
		}
		groups[n] = fmt.Sprintf("%05d", chunk%100_000)
	}
	return strings.Join(groups, " ")
}
