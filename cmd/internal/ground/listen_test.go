package ground

import "testing"

func TestLinkAddress(t *testing.T) {
	tests := []struct {
		name   string
		listen []string
		want   string
	}{
		{"nothing asked for", nil, ""},
		{"any port", []string{"/ip4/127.0.0.1/udp/0/quic-v1"}, "127.0.0.1:0"},
		{"the port after", []string{"/ip4/0.0.0.0/udp/4001/quic-v1", "/ip4/0.0.0.0/tcp/4001"}, "0.0.0.0:4002"},
		{"IPv6", []string{"/ip6/::1/udp/4001/quic-v1"}, "[::1]:4002"},
		{"not an address", []string{"hello"}, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := linkAddress(tt.listen); got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}
