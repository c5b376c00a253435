package p2p

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/banyan-rooms/banyan/crypto/identity"
	"github.com/banyan-rooms/banyan/node/transport"
)

func TestStartAndCloseLeaveNothing(t *testing.T) {
	n := start(t, nil)
	if err := n.Close(); err != nil {
		t.Fatal(err)
	}
	if err := n.Close(); err != nil {
		t.Errorf("close again: %v", err)
	}
}

func TestConnect(t *testing.T) {
	a, b := start(t, nil), start(t, nil)
	began := time.Now()
	connect(t, a, b)
	t.Logf("connected in %v", time.Since(began))
	connect(t, a, b) // again is success
	eventually(t, 5*time.Second, "both see each other", func() bool { return len(a.Peers()) == 1 && len(b.Peers()) == 1 })
	if a.Peers()[0] != b.Self() || b.Peers()[0] != a.Self() {
		t.Error("connected to somebody else")
	}
	if got := a.AddrsOf(b.Self()); len(got) == 0 || !strings.HasSuffix(got[0], "/p2p/"+b.Self().String()) {
		t.Errorf("addresses %v", got)
	}
	if !a.Dialable() {
		t.Error("not dialable among local peers")
	}
}

func TestConnectFails(t *testing.T) {
	a, b := start(t, nil), start(t, nil)
	gone := b.Addrs()
	if err := b.Close(); err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		name  string
		addrs []string
		want  string
	}{
		{"no address", nil, "no address"},
		{"not an address", []string{"hello"}, "hello"},
		{"no peer", []string{"/ip4/127.0.0.1/tcp/1"}, "/p2p/"},
		{"itself", a.Addrs(), "own"},
		{"somebody who has left", gone, "cannot be reached"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := a.Connect(t.Context(), tt.addrs)
			if !errors.Is(err, transport.ErrUnreachable) || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %v, want ErrUnreachable and %q", err, tt.want)
			}
			if err != nil && strings.Contains(err.Error(), "\n") && tt.name != "somebody who has left" {
				t.Errorf("more than a line: %v", err)
			}
		})
	}
}

func TestConnectTakesWhoAnswersFirst(t *testing.T) {
	a, b, gone := start(t, nil), start(t, nil), start(t, nil)
	addrs := append(gone.Addrs(), b.Addrs()...)
	if err := gone.Close(); err != nil {
		t.Fatal(err)
	}
	if id, err := a.Connect(t.Context(), addrs); err != nil || id != b.Self() {
		t.Errorf("connect: %v, %v, want %v", id, err, b.Self())
	}
	if err := a.Close(); err != nil { // waits for the dial that goes on
		t.Fatal(err)
	}
	if _, err := a.Connect(t.Context(), addrs); !errors.Is(err, transport.ErrClosed) {
		t.Errorf("connect on a closed network: %v, want ErrClosed", err)
	}
}

func TestAddrsAreDialable(t *testing.T) {
	n := start(t, nil)
	addrs := n.Addrs()
	if len(addrs) != 2 {
		t.Errorf("addresses %v, want one for QUIC and one for TCP", addrs)
	}
	for _, a := range addrs {
		if strings.Contains(a, "0.0.0.0") || strings.Contains(a, "/0/") || !strings.HasSuffix(a, "/p2p/"+n.Self().String()) {
			t.Errorf("address %s cannot be dialled", a)
		}
	}
}

func TestGate(t *testing.T) {
	a, b := start(t, nil), start(t, nil)
	connect(t, a, b)
	a.Gate(b.Self(), true)
	eventually(t, 5*time.Second, "the connection ends", func() bool { return len(a.Peers())+len(b.Peers()) == 0 })
	if _, err := a.Connect(t.Context(), b.Addrs()); !errors.Is(err, transport.ErrUnreachable) {
		t.Errorf("dialled a gated peer: %v", err)
	}
	b.Handle("/banyan/test/1", func(context.Context, identity.ID, []byte) ([]byte, error) { return nil, nil })
	if _, err := b.Request(t.Context(), a.Self(), "/banyan/test/1", nil); err == nil {
		t.Error("a gated peer got an answer")
	}
	a.Gate(b.Self(), false)
	connect(t, a, b)
}

func TestRestartedPeerIsReachedAtOnce(t *testing.T) {
	a, b := start(t, nil), start(t, nil)
	connect(t, a, b)
	cfg := b.cfg
	cfg.Listen = nil
	for _, l := range b.listening() {
		cfg.Listen = append(cfg.Listen, l.String())
	}
	if err := b.Close(); err != nil {
		t.Fatal(err)
	}
	eventually(t, 5*time.Second, "the connection ends", func() bool { return len(a.Peers()) == 0 })
	if _, err := a.Connect(t.Context(), a.AddrsOf(b.Self())); err == nil {
		t.Fatal("connected to a peer that is gone")
	}
	again, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	defer again.Close()
	connect(t, a, again)
}
