// Package netlab runs real processes on a network that is made up, for tests that need
// one: delay, jitter, loss, and splits, on one machine, with nothing that leaves it.
//
//	lab, err := netlab.New(netlab.Config{Seed: 1, Loss: 0.01})
//	if err != nil { ... }
//	defer lab.Close()
//	home, err := lab.Add(netlab.Home)
//	if err != nil { ... }
//	err = home.Start(exec.Command("banyan", "join", link, "--listen", "/ip4/"+home.Addr().String()+"/udp/4001/quic-v1"))
//
// It takes Linux and root: every machine of a lab is a network namespace of its own with
// one interface, a TUN device whose other end the lab holds. What a machine sends comes
// out there as IP packets; the lab decides what becomes of each, and writes it into the
// device of the machine that it is for. There is no other way out of a namespace. None
// has a name or outlives the processes in it, so nothing is left behind, however a test
// ends.
//
// Machines live where the peers with the same numbers live in a simulated world with the
// same seed ([sim.Geography]), and packets take as long as there: the latency between
// the two places, and an exponential delay on top, of each packet by itself, so that one
// may overtake another. Losses are of single packets. Bandwidth is not limited. Packets
// of anything but IPv4 from machine to machine (multicast, IPv6) go nowhere.
//
// A lab has one goroutine, which reads what the machines send and delivers it, to the
// millisecond; it ends in [Lab.Close]. The rest (what becomes of a packet, and when) is
// pure: ways and line.
//
// Only tests import this package.
package netlab
