package rtc_test

import (
	"context"
	"crypto/rand"
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/banyan-rooms/banyan/crypto/identity"
	"github.com/banyan-rooms/banyan/node/transport"
	"github.com/banyan-rooms/banyan/node/transport/p2p"
	"github.com/banyan-rooms/banyan/node/transport/rtc"
)

// node is what a node has of network and links, with nothing made up.
type node struct {
	*p2p.Network
	*rtc.Links
}

func start(t *testing.T) node {
	t.Helper()
	key, err := identity.Generate(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	network, err := p2p.New(p2p.Config{Key: key, Listen: []string{"/ip4/127.0.0.1/udp/0/quic-v1"}})
	if err != nil {
		t.Fatal(err)
	}
	links, err := rtc.New(network, rtc.Config{Listen: "127.0.0.1:0"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := errors.Join(links.Close(), network.Close()); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	return node{network, links}
}

// TestLinkOverLibp2p signals over real streams, from peers that have never met to
// a datagram.
func TestLinkOverLibp2p(t *testing.T) {
	a, b := start(t), start(t)
	room := identity.RoomID{1}
	came := make(chan string, 8)
	b.Accept(func(from identity.ID, in identity.RoomID) error {
		if from != a.Self() || in != room {
			return errors.New("not you, not here")
		}
		return nil
	}, func(l transport.Link) { l.Receive(func(d []byte) { came <- string(d) }) })
	a.Know(b.Addrs())
	var times []time.Duration
	for range 10 {
		began := time.Now()
		l, err := a.Dial(t.Context(), b.Self(), room)
		if err != nil {
			t.Fatal(err)
		}
		if err := l.Send([]byte("hello")); err != nil {
			t.Fatal(err)
		}
		select {
		case <-came:
		case <-time.After(5 * time.Second):
			t.Fatal("no datagram")
		}
		times = append(times, time.Since(began))
		if err := l.Close(); err != nil {
			t.Fatal(err)
		}
	}
	slices.Sort(times[1:])
	t.Logf("first datagram after %v without a connection, %v (median) with one", times[0], times[len(times)/2])
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
	defer cancel()
	var refusal *transport.Refusal
	if _, err := a.Dial(ctx, b.Self(), identity.RoomID{2}); !errors.As(err, &refusal) || refusal.Words != "not you, not here" {
		t.Errorf("dial in another room: %v", err)
	}
}
