package sim

import (
	"fmt"
	"math"
	"math/rand/v2"
	"time"
)

// A Geography says where peers live and how far apart that is. The one-way
// latency between two peers is
//
//	last mile of the one + way between them + last mile of the other
//
// Within a region the way is the distance between two places on its disc; between
// regions it is from the place to the region's middle, across, and out again.
// Places are given in time, not in kilometres: light in fibre needs 5 µs for a
// kilometre, and cables wind, so 10 µs of way is about a kilometre of map.
type Geography struct {
	Name    string
	Regions []Region
	// Across is the way between the middles of two regions; it is symmetric.
	Across [][]time.Duration
	// LastMile is the median of what lies between a home and the first router
	// that matters: Wi-Fi, DSL or cable. It is lognormal; Spread is how many
	// doublings make one standard deviation, in thousandths.
	LastMile time.Duration
	Spread   int64
}

// Region is a disc on which peers are spread evenly.
type Region struct {
	Name   string
	Weight int           // its share of the peers, relative to the others' weights
	Radius time.Duration // from the middle to the rim
}

// serverMile is the last mile of a machine in a data centre.
const serverMile = 300 * time.Microsecond

// maxMile bounds the last mile: beyond it people hang up and call back.
const maxMile = 60 * time.Millisecond

// Continent is one region of the size of Europe: from rim to rim 30 ms one way,
// as between Lisbon and Helsinki. It is the default.
func Continent() Geography {
	return Geography{
		Name:     "continent",
		Regions:  []Region{{Name: "continent", Weight: 1, Radius: 15 * time.Millisecond}},
		Across:   [][]time.Duration{{0}},
		LastMile: 4 * time.Millisecond,
		Spread:   700,
	}
}

// Globe is six regions. The ways across are half of the round trips that public
// clouds publish for their regions, rounded; the weights follow where people are
// on the network. Good for orders of magnitude, not for a route.
func Globe() Geography {
	const ms = time.Millisecond
	return Geography{
		Name: "globe",
		Regions: []Region{
			{"Europe", 24, 15 * ms},
			{"North America", 22, 20 * ms},
			{"South America", 10, 18 * ms},
			{"South Asia", 18, 12 * ms},
			{"East Asia", 20, 18 * ms},
			{"Africa", 6, 20 * ms},
		},
		Across: [][]time.Duration{
			{0, 45 * ms, 95 * ms, 60 * ms, 105 * ms, 75 * ms},
			{45 * ms, 0, 65 * ms, 105 * ms, 70 * ms, 115 * ms},
			{95 * ms, 65 * ms, 0, 150 * ms, 130 * ms, 170 * ms},
			{60 * ms, 105 * ms, 150 * ms, 0, 50 * ms, 110 * ms},
			{105 * ms, 70 * ms, 130 * ms, 50 * ms, 0, 160 * ms},
			{75 * ms, 115 * ms, 170 * ms, 110 * ms, 160 * ms, 0},
		},
		LastMile: 4 * ms,
		Spread:   700,
	}
}

func (g *Geography) validate() error {
	people := 0
	for i, r := range g.Regions {
		if i >= len(g.Across) || len(g.Across[i]) != len(g.Regions) || r.Weight < 0 || r.Radius < 0 || r.Radius > time.Second {
			return fmt.Errorf("geography %q: region %d has no weight, no size below a second or no way to the others", g.Name, i)
		}
		people += r.Weight
	}
	if people == 0 || g.LastMile < 0 || g.Spread < 0 || g.Spread > 2000 {
		return fmt.Errorf("geography %q: want people somewhere, and last miles that spread by at most 2000/1000 doublings", g.Name)
	}
	return nil
}

// place is where one peer lives.
type place struct {
	region int
	x, y   int64 // from the region's middle, in nanoseconds
	mile   time.Duration
}

// settle draws a place. A server lives in a data centre of the same region.
func (g *Geography) settle(r *rand.PCG, server bool) place {
	total := 0
	for _, region := range g.Regions {
		total += region.Weight
	}
	p := place{}
	for n := below(r, total); n >= g.Regions[p.region].Weight; p.region++ {
		n -= g.Regions[p.region].Weight
	}
	radius := int64(g.Regions[p.region].Radius)
	for { // even on the disc: draw from the square around it until it hits
		p.x = int64(below(r, int(2*radius+1))) - radius
		p.y = int64(below(r, int(2*radius+1))) - radius
		if p.x*p.x+p.y*p.y <= radius*radius {
			break
		}
	}
	p.mile = min(lognormal(r, g.LastMile, g.Spread), maxMile)
	if server {
		p.mile = serverMile
	}
	return p
}

// shortest is less than the latency between any two peers: settle adds twelve draws from 0 to
// 1 and takes six from the sum, so a last mile is no shorter than this.
func (g *Geography) shortest() time.Duration {
	return 2 * min(serverMile, scaled(g.LastMile, exp2(-6*one*g.Spread/1000)))
}

// latency is how long the emptiest packet takes from one place to another.
func (g *Geography) latency(a, b place) time.Duration {
	way := g.Across[a.region][b.region]
	if a.region == b.region {
		way += length(a.x-b.x, a.y-b.y)
	} else {
		way += length(a.x, a.y) + length(b.x, b.y)
	}
	return a.mile + way + b.mile
}

// length is the length of a vector, to the nanosecond. Squares of at most 2^52
// are exact in floating point, and so is the root to within its rounding.
func length(x, y int64) time.Duration {
	return time.Duration(math.Sqrt(float64(x*x + y*y)))
}
