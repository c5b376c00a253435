package rtc

import (
	"net/netip"
	"testing"
)

func TestFullQueueDropsAndNeverBlocks(t *testing.T) {
	s := &socket{wake: make(chan struct{}, 1)} // nobody writes
	to := netip.MustParseAddrPort("192.0.2.1:9")
	rtp := []byte{0x80, 96}
	for range maxQueued + 10 {
		if n, err := s.WriteToAddrPort(rtp, to); n != len(rtp) || err != nil {
			t.Fatalf("write: %d, %v", n, err)
		}
	}
	if len(s.queue) != maxQueued || s.dropped != 10 {
		t.Errorf("%d queued and %d dropped, want %d and 10", len(s.queue), s.dropped, maxQueued)
	}
}

func TestQueueArrives(t *testing.T) {
	to, err := listen("127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer to.Close()
	for _, address := range []string{"127.0.0.1:0", ":0"} { // an IPv4 socket, and one for both
		from, err := listen(address)
		if err != nil {
			t.Fatal(err)
		}
		defer from.Close()
		addr := netip.MustParseAddrPort(to.LocalAddr().String())
		const packets = 200
		for i := range packets {
			if _, err := from.WriteToAddrPort([]byte{0x80, 96, byte(i)}, addr); err != nil {
				t.Fatal(err)
			}
		}
		var b [16]byte
		for i := range packets {
			n, _, err := to.ReadFromAddrPort(b[:])
			if err != nil || n != 3 || b[2] != byte(i) {
				t.Fatalf("packet %d: %x, %v", i, b[:n], err)
			}
		}
	}
}
