//go:build slow

package p2p

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/banyan-rooms/banyan/crypto/identity"
	"github.com/banyan-rooms/banyan/node/transport"
)

// TestSlowTrickles keeps streams open by a byte now and then.
func TestSlowTrickles(t *testing.T) {
	a, b := start(t, nil), start(t, nil)
	connect(t, a, b)
	b.Handle(echo, func(_ context.Context, _ identity.ID, r []byte) ([]byte, error) { return r, nil })
	b.HandleControl(mesh, func(identity.ID, []byte) {})
	request, control := raw(t, a, b, echo), raw(t, a, b, mesh)
	ctx, cancel := context.WithTimeout(t.Context(), frameTimeout+5*time.Second)
	defer cancel()
	trickle := func(w io.Writer) {
		ticker := time.NewTicker(time.Second)
		defer ticker.Stop()
		for b := []byte{100}; ; b[0] = 0 {
			if _, err := w.Write(b); err != nil {
				return
			}
			select {
			case <-ctx.Done():
				return
			case <-ticker.C:
			}
		}
	}
	go trickle(request)
	go trickle(control)
	began := time.Now()
	got, err := io.ReadAll(request)
	if err != nil || !strings.Contains(string(got), "the request took longer than 10s") {
		t.Errorf("answer to a trickle: %q, %v", got, err)
	}
	if _, err = control.Read(make([]byte, 1)); err == nil {
		t.Error("a control stream of a trickle was not reset")
	}
	t.Logf("both were over after %v", time.Since(began))
	if took := time.Since(began); took > frameTimeout+3*time.Second {
		t.Errorf("took %v", took)
	}
}

// TestSlowTwentyMeetByOneAddress is a room that forms around one invite.
func TestSlowTwentyMeetByOneAddress(t *testing.T) {
	const peers = 20
	first := start(t, nil)
	_, came := join(t, first, accept)
	first.Provide(t.Context(), key)
	began := time.Now()
	all, everyone := []*Network{first}, []<-chan transport.Gossip{came}
	var last transport.Topic
	for range peers - 1 {
		n := start(t, nil, first)
		topic, came := join(t, n, accept)
		n.Provide(t.Context(), key)
		all, everyone, last = append(all, n), append(everyone, came), topic
	}
	warm(t, last, everyone[:peers-1]...)
	t.Logf("%d peers were in one topic after %v", peers, time.Since(began))
	eventually(t, 30*time.Second, "all find many", func() bool {
		found, err := all[peers-1].Find(t.Context(), key, peers)
		return err == nil && len(found) >= peers-2
	})
	t.Logf("%d peers were found after %v", peers-2, time.Since(began))
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	if err := last.Publish(t.Context(), []byte("without the first")); err != nil {
		t.Fatal(err)
	}
	for _, c := range everyone[1 : peers-1] {
		expect(t, "without the first", c)
	}
}

const mdnsChild = "BANYAN_TEST_MDNS"

// TestSlowMDNS runs in a network namespace of its own, because mDNS speaks on
// every interface.
func TestSlowMDNS(t *testing.T) {
	if os.Getenv(mdnsChild) == "" {
		script := "ip link set lo up multicast on && ip route add 224.0.0.0/4 dev lo && exec \"$0\" -test.run '^TestSlowMDNS$' -test.v"
		child := exec.CommandContext(t.Context(), "unshare", "--net", "sh", "-c", script, os.Args[0])
		child.Env = append(os.Environ(), mdnsChild+"=1")
		out, err := child.CombinedOutput()
		if err != nil && !strings.Contains(string(out), "=== RUN") {
			t.Skipf("no network namespace to be had here: %s", out)
		}
		t.Logf("%s", out)
		if err != nil {
			t.Errorf("in the namespace: %v", err)
		}
		return
	}
	withMDNS := func(cfg *Config) { cfg.MDNS = true }
	a := start(t, withMDNS)
	began := time.Now()
	b := start(t, withMDNS)
	eventually(t, 20*time.Second, "they find each other", func() bool {
		return slices.Contains(a.Peers(), b.Self()) && slices.Contains(b.Peers(), a.Self())
	})
	fmt.Printf("found by mDNS after %v\n", time.Since(began))
}
