package p2p

import (
	"crypto/rand"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/banyan-rooms/banyan/crypto/identity"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// start makes a network on loopback that meets some others.
func start(t testing.TB, change func(*Config), meet ...*Network) *Network {
	t.Helper()
	key, err := identity.Generate(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	cfg := Config{Key: key, Listen: []string{"/ip4/127.0.0.1/udp/0/quic-v1", "/ip4/127.0.0.1/tcp/0"}}
	for _, n := range meet {
		cfg.Bootstrap = append(cfg.Bootstrap, n.Addrs()...)
	}
	if change != nil {
		change(&cfg)
	}
	n, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := n.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	return n
}

func connect(t testing.TB, from, to *Network) {
	t.Helper()
	if id, err := from.Connect(t.Context(), to.Addrs()); err != nil || id != to.Self() {
		t.Fatalf("connect: %v, %v", id, err)
	}
}

// within waits for a channel to bring something or close.
func within[T any](t testing.TB, limit time.Duration, what string, c <-chan T) T {
	t.Helper()
	select {
	case v := <-c:
		return v
	case <-time.After(limit):
		t.Fatalf("%s: not within %v", what, limit)
		panic("not reached")
	}
}

// eventually waits until something holds.
func eventually(t testing.TB, limit time.Duration, what string, holds func() bool) {
	t.Helper()
	ticker := time.NewTicker(5 * time.Millisecond)
	defer ticker.Stop()
	for deadline := time.Now().Add(limit); !holds(); <-ticker.C {
		if time.Now().After(deadline) {
			t.Fatalf("%s: not within %v", what, limit)
		}
	}
}
