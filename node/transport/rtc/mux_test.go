package rtc

import (
	"net"
	"net/netip"
	"slices"
	"testing"
)

func TestWantedAddresses(t *testing.T) {
	tests := []struct {
		ip                string
		alone, withOthers bool // on this machine
	}{
		{"127.0.0.1", false, true},
		{"::1", false, true},
		{"192.168.1.7", true, true},
		{"203.0.113.9", true, true},
		{"2001:db8::1", true, true},
		{"0.0.0.0", false, false},
		{"224.0.0.251", false, false},
		{"169.254.1.1", false, false},
		{"fe80::1", false, false},
	}
	for _, tt := range tests {
		ip := net.ParseIP(tt.ip)
		if got := (&mux{}).wanted(ip); got != tt.alone {
			t.Errorf("%s: wanted %v, want %v", tt.ip, got, tt.alone)
		}
		if got := (&mux{loopback: true}).wanted(ip); got != tt.withOthers {
			t.Errorf("%s with loopback: wanted %v, want %v", tt.ip, got, tt.withOthers)
		}
	}
}

func TestExternalAddressesAreOffered(t *testing.T) {
	external := netip.MustParseAddr("203.0.113.9")
	p, err := newPort("127.0.0.1:0", Config{External: func() []netip.Addr { return []netip.Addr{external} }})
	if err != nil {
		t.Fatal(err)
	}
	defer p.mux.Close()
	local := p.mux.LocalAddr().(*net.UDPAddr)
	var got []string
	for _, a := range p.mux.GetListenAddresses() {
		got = append(got, a.String())
		if c, err := p.mux.GetConn("ufrag", a); err != nil {
			t.Errorf("packets of %s: %v", a, err)
		} else {
			c.Close()
		}
	}
	want := []string{local.String(), netip.AddrPortFrom(external, uint16(local.Port)).String()}
	if !slices.Equal(got, want) {
		t.Errorf("offered %v, want %v", got, want)
	}
}
