package p2p

import (
	"net"
	"slices"
	"strconv"
	"strings"
	"testing"

	ma "github.com/multiformats/go-multiaddr"

	"github.com/banyan-rooms/banyan/crypto/identity"
)

func TestListenErrorsAreSentences(t *testing.T) {
	tcp, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer tcp.Close()
	udp, err := net.ListenPacket("udp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer udp.Close()
	port := func(a net.Addr) string { _, p, _ := net.SplitHostPort(a.String()); return p }
	tests := []struct{ name, listen, want string }{
		{"TCP port in use", "/ip4/127.0.0.1/tcp/" + port(tcp.Addr()), "TCP port 127.0.0.1:" + port(tcp.Addr()) + " is in use by another program"},
		{"UDP port in use", "/ip4/127.0.0.1/udp/" + port(udp.LocalAddr()) + "/quic-v1", "is in use by another program"},
		{"not an address", "127.0.0.1:4001", "address to listen on"},
		{"not a transport", "/ip4/127.0.0.1/tcp/0/ws", "want /ip4/<address>/tcp/<port>"},
		{"plain UDP", "/ip4/127.0.0.1/udp/0", "want /ip4/<address>/tcp/<port>"},
		{"somebody else's address", "/ip4/192.0.2.1/tcp/0", "this machine has no address"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			key, err := identity.Generate(nil)
			if err != nil {
				t.Fatal(err)
			}
			_, err = New(Config{Key: key, Listen: []string{tt.listen}})
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %v, want %q", err, tt.want)
			}
		})
	}
}

func TestDefaultPortFollowsFromIdentity(t *testing.T) {
	a, b := identity.ID{0, 1}, identity.ID{0xff, 0xff}
	if portOf(a) != firstPort+1 || portOf(b) != firstPort+portCount-1 {
		t.Errorf("ports %d and %d", portOf(a), portOf(b))
	}
}

func TestAnyPortIsTheSameAfterARestart(t *testing.T) {
	key, err := identity.Generate(nil)
	if err != nil {
		t.Fatal(err)
	}
	addrs := func() []string {
		n, err := New(Config{Key: key, Listen: []string{"/ip4/127.0.0.1/udp/0/quic-v1", "/ip4/127.0.0.1/tcp/0"}})
		if err != nil {
			t.Fatal(err)
		}
		defer n.Close()
		return n.Addrs()
	}
	first := addrs()
	if again := addrs(); len(first) != 2 || !slices.Equal(first, again) {
		t.Errorf("listened on %v, then on %v", first, again)
	}
	taken, err := net.Listen("tcp4", "127.0.0.1:"+strconv.Itoa(portOf(key.ID())))
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	other := addrs()
	if len(other) != 2 || slices.Equal(first, other) {
		t.Errorf("listened on %v although its TCP port was taken", other)
	}
}

func TestAPortIsTakenInTheLastMoment(t *testing.T) {
	key, err := identity.Generate(nil)
	if err != nil {
		t.Fatal(err)
	}
	n, err := New(Config{Key: key, Listen: []string{"/ip4/127.0.0.1/tcp/0"}})
	if err != nil {
		t.Fatal(err)
	}
	defer n.Close()
	taken, err := net.ListenPacket("udp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	_, port, _ := net.SplitHostPort(taken.LocalAddr().String())
	lost, free := ma.StringCast("/ip4/127.0.0.1/udp/"+port+"/quic-v1"), ma.StringCast("/ip4/127.0.0.1/udp/0/quic-v1")
	if err := n.occupy([]spot{{addr: lost}}); err == nil {
		t.Error("no error, though no other port would do")
	}
	if err := n.occupy([]spot{{lost, free}}); err != nil || len(n.listening()) != 2 {
		t.Errorf("got %v, listening on %v", err, n.listening())
	}
}

func TestDialable(t *testing.T) {
	parse := func(texts ...string) []ma.Multiaddr {
		var out []ma.Multiaddr
		for _, s := range texts {
			out = append(out, ma.StringCast(s))
		}
		return out
	}
	here, there := "/ip4/127.0.0.1/tcp/1", "/ip4/192.168.1.2/tcp/1"
	tests := []struct {
		name string
		in   []ma.Multiaddr
		keep bool
		want int
	}{
		{"loopback alone stays", parse(here), false, 1},
		{"loopback goes when there are others", parse(here, there), false, 1},
		{"and stays when meant", parse(here, there), true, 2},
		{"nothing stays nothing", nil, false, 0},
	}
	for _, tt := range tests {
		if got := dialable(tt.in, tt.keep); len(got) != tt.want {
			t.Errorf("%s: %v", tt.name, got)
		}
	}
}
