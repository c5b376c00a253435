package p2p

import (
	"context"
	"sync/atomic"
	"testing"
	"time"

	"github.com/libp2p/go-libp2p/core/event"
	"github.com/libp2p/go-libp2p/core/network"
	"github.com/libp2p/go-libp2p/core/peer"
	"github.com/libp2p/go-libp2p/p2p/protocol/circuitv2/client"
	circuit "github.com/libp2p/go-libp2p/p2p/protocol/circuitv2/proto"
	ma "github.com/multiformats/go-multiaddr"

	"github.com/banyan-rooms/banyan/crypto/identity"
)

func TestDialableFollowsWhatOthersFound(t *testing.T) {
	n := start(t, nil)
	public := ma.StringCast("/ip4/203.0.113.9/tcp/1")
	steps := []struct {
		name  string
		event any
		want  bool
	}{
		{"nobody knows and all is local", nil, true},
		{"behind a NAT", event.EvtLocalReachabilityChanged{Reachability: network.ReachabilityPrivate}, false},
		{"with a forwarded port", event.EvtHostReachableAddrsChanged{Reachable: []ma.Multiaddr{public}}, true},
		{"which is gone", event.EvtHostReachableAddrsChanged{Unreachable: []ma.Multiaddr{public}}, false},
		{"in the open", event.EvtLocalReachabilityChanged{Reachability: network.ReachabilityPublic}, true},
	}
	for _, s := range steps {
		n.take(s.event)
		if got := n.Dialable(); got != s.want {
			t.Errorf("%s: dialable %v, want %v", s.name, got, s.want)
		}
	}
	if ips := n.PublicIPs(); len(ips) != 0 {
		t.Errorf("public addresses %v on loopback", ips)
	}
}

func TestIsPublic(t *testing.T) {
	tests := map[string]bool{
		"/ip4/8.8.8.8/udp/1/quic-v1": true,
		"/ip6/2606:4700::1/tcp/1":    true,
		"/ip4/127.0.0.1/tcp/1":       false,
		"/ip4/192.168.1.2/tcp/1":     false,
		"/ip6/fe80::1/tcp/1":         false,
		"/ip4/8.8.8.8/tcp/1/p2p/12D3KooWGRYZDHBembyGJQqQ6WgLqJWYNjnECJwGBnCg8vbCeo8F/p2p-circuit": false,
	}
	for text, want := range tests {
		if got := isPublic(ma.StringCast(text)); got != want {
			t.Errorf("%s: public %v, want %v", text, got, want)
		}
	}
}

// TestRequestOverACircuit asks a peer that can be reached over a server only, as
// behind a NAT.
func TestRequestOverACircuit(t *testing.T) {
	server := start(t, func(cfg *Config) { cfg.Server = true })
	hidden, asker := start(t, nil), start(t, nil)
	connect(t, hidden, server)
	if !server.Dialable() {
		t.Error("a server is not dialable")
	}
	eventually(t, 5*time.Second, "the server offers circuits", func() bool {
		return hidden.Speaks(server.Self(), circuit.ProtoIDv2Hop)
	})
	info := peer.AddrInfo{ID: server.host.ID(), Addrs: server.host.Addrs()}
	if _, err := client.Reserve(t.Context(), hidden.host, info); err != nil {
		t.Fatal(err)
	}
	asker.Know([]string{server.Addrs()[0] + "/p2p-circuit/p2p/" + hidden.Self().String()})
	hidden.Handle(echo, func(_ context.Context, from identity.ID, r []byte) ([]byte, error) {
		return append(r, from[:]...), nil
	})
	var circuits atomic.Int32
	asker.host.Network().Notify(&network.NotifyBundle{ConnectedF: func(_ network.Network, c network.Conn) {
		if c.Stat().Limited {
			circuits.Add(1)
		}
	}})
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	got, err := asker.Request(ctx, hidden.Self(), echo, []byte("who: "))
	self := asker.Self()
	if err != nil || string(got) != "who: "+string(self[:]) {
		t.Errorf("answer over a circuit: %q, %v", got, err)
	}
	if circuits.Load() == 0 { // a direct connection may have taken its place since
		t.Error("the way was not over the server")
	}
}
