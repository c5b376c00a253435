package main

import (
	"os"
	"runtime/debug"
)

// large is from how many peers on memory counts for more than the collector's time.
const large = 50_000

// spareMemory has the collector run when a large room has grown by half and not to its double,
// unless GOGC says otherwise: so 100,000 peers, who live on some 25 kB each, fit into 4 GB.
func spareMemory(peers int) {
	if _, said := os.LookupEnv("GOGC"); !said && peers >= large {
		debug.SetGCPercent(50)
	}
}
