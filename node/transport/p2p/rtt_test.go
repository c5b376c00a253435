package p2p

import (
	"testing"
	"time"
)

// TestRTT has the round trip to a peer be known, by QUIC itself or, without it, by pings.
func TestRTT(t *testing.T) {
	for name, tt := range map[string]struct {
		listen   string
		measures bool // QUIC does
	}{
		"QUIC": {"/ip4/127.0.0.1/udp/0/quic-v1", true},
		"TCP":  {"/ip4/127.0.0.1/tcp/0", false},
	} {
		t.Run(name, func(t *testing.T) {
			on := func(c *Config) { c.Listen = []string{tt.listen} }
			a, b := start(t, on), start(t, on)
			if _, known := a.RTT(b.Self()); known {
				t.Error("a round trip to a stranger")
			}
			connect(t, a, b)
			eventually(t, 5*time.Second, "a round trip is known", func() bool { _, known := a.RTT(b.Self()); return known })
			if rtt := a.quicRTT(b.Self().Peer()); rtt > 0 != tt.measures {
				t.Errorf("QUIC has measured %v", rtt)
			}
			if rtt, _ := a.RTT(b.Self()); rtt > time.Second {
				t.Errorf("%v on one machine", rtt)
			}
		})
	}
}
