//go:build slow && linux

package netlab

import (
	"net"
	"net/netip"
	"os/exec"
	"strings"
	"testing"
	"time"
)

// lab is a lab with some machines, if there can be one here.
func lab(t *testing.T, cfg Config, machines int) (*Lab, []*Machine) {
	t.Helper()
	if err := Available(); err != nil {
		t.Skipf("no network lab here: %v", err)
	}
	l, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := l.Close(); err != nil {
			t.Error(err)
		}
	})
	all := make([]*Machine, machines)
	for i := range all {
		if all[i], err = l.Add(Home); err != nil {
			t.Fatal(err)
		}
	}
	return l, all
}

// socket opens a UDP socket on a machine.
func socket(t *testing.T, m *Machine) *net.UDPConn {
	t.Helper()
	var c *net.UDPConn
	err := m.Do(func() (err error) {
		c, err = net.ListenUDP("udp4", net.UDPAddrFromAddrPort(netip.AddrPortFrom(m.Addr(), 0)))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

func address(c *net.UDPConn) netip.AddrPort { return c.LocalAddr().(*net.UDPAddr).AddrPort() }

// arrives waits for a packet, and tells whether one came.
func arrives(t *testing.T, c *net.UDPConn, within time.Duration) bool {
	t.Helper()
	if err := c.SetReadDeadline(time.Now().Add(within)); err != nil {
		t.Fatal(err)
	}
	_, err := c.Read(make([]byte, 100))
	return err == nil
}

func TestSlowPacketsTakeTheirTime(t *testing.T) {
	l, m := lab(t, Config{Seed: 3}, 2)
	a, b := socket(t, m[0]), socket(t, m[1])
	latency, jitter := l.ways.cfg.Geography.Way(l.ways.places[0], l.ways.places[1])
	var total time.Duration
	const rounds = 20
	for range rounds {
		begun := time.Now()
		if _, err := a.WriteToUDPAddrPort([]byte("hello"), address(b)); err != nil {
			t.Fatal(err)
		}
		if !arrives(t, b, 5*time.Second) {
			t.Fatal("nothing came")
		}
		took := time.Since(begun)
		if total += took; took < latency-tick {
			t.Errorf("it took %v, less than the latency of %v", took, latency)
		}
	}
	t.Logf("%v on average, want about %v and a little", total/rounds, latency+jitter)
}

func TestSlowASplitKeepsSidesApart(t *testing.T) {
	l, m := lab(t, Config{Seed: 3}, 3)
	a, b, c := socket(t, m[0]), socket(t, m[1]), socket(t, m[2])
	send := func(to *net.UDPConn) {
		t.Helper()
		if _, err := a.WriteToUDPAddrPort([]byte("hello"), address(to)); err != nil {
			t.Fatal(err)
		}
	}
	l.Split(func(m *Machine) int { return m.Number() / 2 })
	send(c)
	send(b)
	if !arrives(t, b, 5*time.Second) {
		t.Error("nothing came on the same side")
	}
	l.Join()
	if got := l.Counters(); got.Cut != 1 || got.Delivered != 1 {
		t.Errorf("got %+v", got)
	}
	send(c)
	if !arrives(t, c, 5*time.Second) {
		t.Error("nothing came after the split")
	}
}

// A process on a machine sees its machine's interfaces, and no way out.
func TestSlowNothingLeavesAMachine(t *testing.T) {
	_, m := lab(t, Config{}, 1)
	out := &strings.Builder{}
	cmd := exec.Command("cat", "/proc/net/route", "/proc/net/dev")
	cmd.Stdout = out
	if err := m[0].Start(cmd); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Wait(); err != nil {
		t.Fatal(err)
	}
	// One route, and after the two headings two interfaces.
	if got := strings.Count(out.String(), "\n"); got != 1+1+2+2 || strings.Count(out.String(), interf) != 2 {
		t.Errorf("the machine has\n%s", out)
	}
	if err := m[0].Do(func() error {
		_, err := net.DialTimeout("udp4", "192.0.2.1:9", time.Second)
		return err
	}); err == nil {
		t.Error("there is a way out")
	}
}
