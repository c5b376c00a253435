package p2p

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/banyan-rooms/banyan/crypto/identity"
	"github.com/banyan-rooms/banyan/node/transport"
)

var key = identity.RoomID{1, 2, 3}

func TestProvideAndFind(t *testing.T) {
	first := start(t, nil)
	first.Provide(t.Context(), key) // to nobody at first: it goes out when peers come
	nets := []*Network{first}
	began := time.Now()
	for range 4 {
		nets = append(nets, start(t, nil, first))
	}
	for i, n := range nets[1:] {
		eventually(t, 10*time.Second, "the provider is found", func() bool {
			found, err := n.Find(t.Context(), key, 5)
			if err != nil {
				t.Fatal(err)
			}
			return slices.Equal(found, []identity.ID{first.Self()})
		})
		if i == 0 {
			t.Logf("found %v after the first peer came", time.Since(began))
		}
		if len(n.AddrsOf(first.Self())) == 0 {
			t.Error("the provider's address is not known")
		}
	}
	began = time.Now()
	if _, err := nets[2].Find(t.Context(), key, 1); err != nil {
		t.Fatal(err)
	}
	t.Logf("found again in %v", time.Since(began))
	if found, err := first.Find(t.Context(), key, 5); err != nil || len(found) != 0 {
		t.Errorf("found %v, %v, want nobody but oneself, who does not count", found, err)
	}
	if found, err := first.Find(t.Context(), identity.RoomID{9}, 5); err != nil || len(found) != 0 {
		t.Errorf("found %v, %v under a key that nobody provides", found, err)
	}
}

func TestFindAlone(t *testing.T) {
	n := start(t, nil)
	if found, err := n.Find(t.Context(), key, 5); err != nil || len(found) != 0 {
		t.Errorf("found %v, %v, want nobody", found, err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := n.Find(ctx, key, 5); !errors.Is(err, context.Canceled) {
		t.Errorf("given up: %v, want canceled", err)
	}
	if err := n.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := n.Find(t.Context(), key, 5); !errors.Is(err, transport.ErrClosed) {
		t.Errorf("on a closed network: %v, want ErrClosed", err)
	}
	n.Provide(t.Context(), key) // nothing
}

func TestBootstrapAndRememberedPeersAreMet(t *testing.T) {
	a := start(t, nil)
	b := start(t, nil, a)
	eventually(t, 5*time.Second, "the bootstrap peer is met", func() bool { return len(b.Peers()) == 1 })
	c := start(t, func(cfg *Config) {
		cfg.Known = append([]string{"what used to be an address"}, b.Addrs()...)
	})
	eventually(t, 5*time.Second, "the remembered peer is met", func() bool { return slices.Contains(c.Peers(), b.Self()) })
	key, err := identity.Generate(nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := New(Config{Key: key, Bootstrap: []string{"nonsense"}}); err == nil {
		t.Error("took nonsense for a bootstrap address")
	}
}

func TestBootstrapPeerThatComesLateIsMet(t *testing.T) {
	late := start(t, nil)
	cfg := late.cfg
	cfg.Listen = nil
	for _, a := range late.listening() {
		cfg.Listen = append(cfg.Listen, a.String())
	}
	addrs := late.Addrs()
	if err := late.Close(); err != nil {
		t.Fatal(err)
	}
	n := start(t, func(cfg *Config) { cfg.Bootstrap = addrs })
	again, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	defer again.Close()
	eventually(t, 20*time.Second, "the late peer is met", func() bool { return len(n.Peers()) == 1 })
}
