package netlab

import (
	"encoding/binary"
	"math/rand/v2"
	"net/netip"
	"time"

	"github.com/banyan-rooms/banyan/mesh/sim"
)

// Kind is what sort of machine something is.
type Kind int

// The kinds of machine.
const (
	Home   Kind = iota // behind a last mile of its own
	Server             // in a data centre
)

// Config says what the network is like. The zero Config is the simulator's continent
// without loss.
type Config struct {
	Seed      uint64        // draws the places, and what becomes of each packet
	Geography sim.Geography // zero means sim.Continent
	Loss      float64       // share of the packets that are lost, each by itself
}

// Counters is what became of the packets.
type Counters struct {
	Delivered uint64 // on their way, or there
	Lost      uint64 // by chance
	Cut       uint64 // because a split was between the two
	Stray     uint64 // for nobody: multicast, IPv6, addresses without a machine
}

// ways decides what becomes of packets. It has one owner.
type ways struct {
	cfg    Config
	places []sim.Place
	sides  []int // of a split; nil while the network is whole
	random *rand.Rand
	counts Counters
}

func newWays(cfg Config) *ways {
	if cfg.Geography.Regions == nil {
		cfg.Geography = sim.Continent()
	}
	return &ways{cfg: cfg, random: rand.New(rand.NewPCG(cfg.Seed, forPackets))}
}

// forPackets keeps this stream of chance apart from others with the same seed.
const forPackets = 0x6e65746c6162

// add finds a place for another machine, and returns its number.
func (w *ways) add(kind Kind) int {
	n := len(w.places)
	w.places = append(w.places, w.cfg.Geography.PlaceOf(w.cfg.Seed, n, kind == Server))
	return n
}

// maxJitters bounds a packet's jitter, as the simulator does: in multiples of its mean.
const maxJitters = 7.7

// carry decides what becomes of a packet of a machine: when it arrives at which, if it
// does.
func (w *ways) carry(now time.Duration, from int, packet []byte) (to int, at time.Duration, arrives bool) {
	to, ok := machineOf(packet, from)
	switch {
	case !ok || to >= len(w.places):
		w.counts.Stray++
		return 0, 0, false
	case w.apart(from, to):
		w.counts.Cut++
		return 0, 0, false
	case w.random.Float64() < w.cfg.Loss:
		w.counts.Lost++
		return 0, 0, false
	}
	w.counts.Delivered++
	latency, jitter := w.cfg.Geography.Way(w.places[from], w.places[to])
	more := time.Duration(min(w.random.ExpFloat64(), maxJitters) * float64(jitter))
	return to, now + latency + more, true
}

// apart tells whether a split is between two machines.
func (w *ways) apart(a, b int) bool {
	return a < len(w.sides) && b < len(w.sides) && w.sides[a] != w.sides[b]
}

// network is where all machines are; it is nobody else's business, as no packet leaves.
var network = netip.MustParsePrefix("10.77.0.0/16")

// addrOf is the address of a machine.
func addrOf(machine int) netip.Addr {
	base := network.Addr().As4()
	binary.BigEndian.PutUint16(base[2:], uint16(machine+1))
	return netip.AddrFrom4(base)
}

// maxMachines is how many addresses there are.
const maxMachines = 1<<16 - 2

// machineOf is for which machine a packet is, if it is IPv4 and of the machine that
// sends it.
func machineOf(packet []byte, from int) (machine int, ok bool) {
	if len(packet) < 20 || packet[0]>>4 != 4 {
		return 0, false
	}
	source, dest := netip.AddrFrom4([4]byte(packet[12:])), netip.AddrFrom4([4]byte(packet[16:]))
	if source != addrOf(from) || !network.Contains(dest) {
		return 0, false
	}
	machine = int(binary.BigEndian.Uint16(packet[18:])) - 1
	return machine, machine >= 0
}
