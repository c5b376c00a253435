package netlab

import (
	"net/netip"
	"testing"
	"time"

	"github.com/banyan-rooms/banyan/mesh/sim"
)

// ipv4 is the beginning of a packet.
func ipv4(from, to netip.Addr) []byte {
	p := make([]byte, 20)
	p[0] = 0x45
	copy(p[12:], from.AsSlice())
	copy(p[16:], to.AsSlice())
	return p
}

func TestMachineOf(t *testing.T) {
	multicast := netip.MustParseAddr("224.0.0.251")
	tests := []struct {
		name   string
		packet []byte
		want   int
		ok     bool
	}{
		{"to a machine", ipv4(addrOf(3), addrOf(300)), 300, true},
		{"to oneself", ipv4(addrOf(3), addrOf(3)), 3, true},
		{"of somebody else", ipv4(addrOf(4), addrOf(300)), 0, false},
		{"multicast", ipv4(addrOf(3), multicast), 0, false},
		{"to the network's own address", ipv4(addrOf(3), network.Addr()), -1, false},
		{"too short", ipv4(addrOf(3), addrOf(300))[:19], 0, false},
		{"empty", nil, 0, false},
		{"IPv6", append([]byte{0x60}, make([]byte, 39)...), 0, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got, ok := machineOf(tt.packet, 3); got != tt.want || ok != tt.ok {
				t.Errorf("got %d, %v, want %d, %v", got, ok, tt.want, tt.ok)
			}
		})
	}
}

func TestAddresses(t *testing.T) {
	for _, n := range []int{0, 254, 255, maxMachines - 1} {
		if a := addrOf(n); !network.Contains(a) || a == network.Addr() {
			t.Errorf("machine %d has %v, which is no address in %v", n, a, network)
		}
	}
}

func TestPacketsTakeAsLongAsInTheSimulator(t *testing.T) {
	w := newWays(Config{Seed: 5})
	server, home := w.add(Server), w.add(Home)
	g := sim.Continent()
	latency, jitter := g.Way(g.PlaceOf(5, server, true), g.PlaceOf(5, home, false))
	packet := ipv4(addrOf(server), addrOf(home))
	const packets, now = 10000, time.Hour
	var total time.Duration
	for range packets {
		to, at, ok := w.carry(now, server, packet)
		if !ok || to != home {
			t.Fatalf("went to %d, %v", to, ok)
		}
		more := at - now - latency
		if more < 0 || more > 8*jitter {
			t.Fatalf("took %v beyond the latency, with a mean jitter of %v", more, jitter)
		}
		total += more
	}
	if mean := total / packets; mean < jitter*95/100 || mean > jitter*105/100 {
		t.Errorf("mean jitter %v, want about %v", mean, jitter)
	}
}

func TestLoss(t *testing.T) {
	w := newWays(Config{Loss: 0.02})
	a, b := w.add(Home), w.add(Home)
	for range 10000 {
		w.carry(0, a, ipv4(addrOf(a), addrOf(b)))
	}
	if got := w.counts; got.Lost < 150 || got.Lost > 250 || got.Lost+got.Delivered != 10000 {
		t.Errorf("got %+v, want 200 lost of 10000", got)
	}
}

func TestWhatIsNotCarried(t *testing.T) {
	w := newWays(Config{})
	a, b, c := w.add(Home), w.add(Home), w.add(Home)
	w.sides = []int{0, 1, 0}
	late := w.add(Home) // on no side
	for _, tt := range []struct {
		name string
		to   int
		want Counters
	}{
		{"over the split", b, Counters{Cut: 1}},
		{"on one side", c, Counters{Cut: 1, Delivered: 1}},
		{"to one who came later", late, Counters{Cut: 1, Delivered: 2}},
		{"to nobody", late + 1, Counters{Cut: 1, Delivered: 2, Stray: 1}},
	} {
		w.carry(0, a, ipv4(addrOf(a), addrOf(tt.to)))
		if w.counts != tt.want {
			t.Errorf("%s: got %+v, want %+v", tt.name, w.counts, tt.want)
		}
	}
}

func TestOneSeedDrawsOneNetwork(t *testing.T) {
	run := func(seed uint64) (times [100]time.Duration) {
		w := newWays(Config{Seed: seed, Loss: 0.1})
		a, b := w.add(Home), w.add(Home)
		for i := range times {
			_, times[i], _ = w.carry(0, a, ipv4(addrOf(a), addrOf(b)))
		}
		return times
	}
	if first, again := run(1), run(1); first != again {
		t.Error("the same seed drew two networks")
	}
	if run(1) == run(2) {
		t.Error("two seeds drew the same network")
	}
}
