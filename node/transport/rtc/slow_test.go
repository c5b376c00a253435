//go:build slow

package rtc

import (
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/banyan-rooms/banyan/crypto/identity"
	"github.com/banyan-rooms/banyan/node/transport"
	"github.com/banyan-rooms/banyan/node/transport/memory"
)

// TestSlowDeadPeerIsNoticed cuts one side's socket, as a pulled cable would.
func TestSlowDeadPeerIsNoticed(t *testing.T) {
	_, p := peers(t, 2)
	a, _ := p[0].link(t, p[1])
	start := time.Now()
	if err := p[1].first().mux.Close(); err != nil {
		t.Fatal(err)
	}
	within(t, 10*time.Second, "the end of the link", a.Done())
	took := time.Since(start)
	t.Logf("noticed after %v", took)
	if took < disconnected || took > disconnected+failed+2*time.Second {
		t.Errorf("noticed after %v, want about %v", took, disconnected+failed)
	}
}

const lanChild = "BANYAN_TEST_LAN"

// TestSlowEveryAddress listens on all addresses of a machine with an interface, in
// a network namespace of its own, as a desktop does.
func TestSlowEveryAddress(t *testing.T) {
	if os.Getenv(lanChild) == "" {
		script := "ip link set lo up && ip link add va type veth peer name vb && ip addr add 10.9.0.1/24 dev va && " +
			"ip link set va up && ip link set vb up && exec \"$0\" -test.run '^TestSlowEveryAddress$' -test.v"
		child := exec.CommandContext(t.Context(), "unshare", "--net", "sh", "-c", script, os.Args[0])
		child.Env = append(os.Environ(), lanChild+"=1")
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
	for name, loopback := range map[string]bool{"lan": false, "one machine": true} {
		w := memory.New(memory.Config{})
		t.Cleanup(w.Close)
		var p [2]peer
		for i := range p {
			network := w.Add(identity.ID{byte(i + 1)})
			ls, err := New(network, Config{Loopback: loopback})
			if err != nil {
				t.Fatal(err)
			}
			defer ls.Close()
			p[i] = peer{ls, network, make(chan transport.Link, 1)}
			ls.Accept(func(identity.ID, identity.RoomID) error { return nil }, func(l transport.Link) { p[i].came <- l })
		}
		p[0].network.Know(p[1].network.Addrs())
		began := time.Now()
		a, b := p[0].link(t, p[1])
		t.Logf("%s: link up in %v", name, time.Since(began))
		got := make(chan []byte, 1)
		b.Receive(func(d []byte) { got <- d })
		if err := a.Send([]byte("hello")); err != nil {
			t.Fatal(err)
		}
		within(t, 5*time.Second, "datagram", got)
		offered := a.(*link).pc.LocalDescription().SDP
		if has := strings.Contains(offered, " 127.0.0.1 "); has != loopback || !strings.Contains(offered, " 10.9.0.1 ") {
			t.Errorf("%s: offered %s", name, offered)
		}
	}
}
