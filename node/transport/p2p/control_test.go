package p2p

import (
	"bytes"
	"encoding/binary"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/banyan-rooms/banyan/crypto/identity"
	"github.com/banyan-rooms/banyan/node/transport"
)

const mesh = "/banyan/test-mesh/1"

// collector keeps what comes, in order.
type collector struct {
	mu   sync.Mutex
	got  []string
	from []identity.ID
}

func (c *collector) take(from identity.ID, m []byte) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.got, c.from = append(c.got, string(m)), append(c.from, from)
}

func (c *collector) count() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.got)
}

func TestControlStaysInOrder(t *testing.T) {
	a, b := start(t, nil), start(t, nil)
	connect(t, a, b)
	var came collector
	b.HandleControl(mesh, came.take)
	message := func(i int) string { return string(binary.BigEndian.AppendUint32(nil, uint32(i))) }
	for i := range maxControl {
		a.SendControl(b.Self(), mesh, []byte(message(i)), func(err error) { t.Error(err) })
	}
	eventually(t, 10*time.Second, "all messages", func() bool { return came.count() == maxControl })
	for i, m := range came.got {
		if m != message(i) || came.from[i] != a.Self() {
			t.Fatalf("message %x from %s at place %d", m, came.from[i].Short(), i)
		}
	}
	if conns := len(a.host.Network().ConnsToPeer(b.Self().Peer())); conns == 0 {
		t.Error("no connection")
	}
}

func TestControlDialsAndReopens(t *testing.T) {
	a, b := start(t, nil), start(t, nil)
	a.Know(b.Addrs())
	var came collector
	b.HandleControl(mesh, came.take)
	fail := func(err error) { t.Error(err) }
	a.SendControl(b.Self(), mesh, []byte("dial"), fail)
	eventually(t, 10*time.Second, "the first message", func() bool { return came.count() == 1 })
	b.mu.Lock()
	for _, r := range b.receivers {
		_ = r.stream.Reset()
	}
	b.mu.Unlock()
	eventually(t, 10*time.Second, "a message over a new stream", func() bool { // the reset is on its way while the first are sent
		a.SendControl(b.Self(), mesh, []byte("reopen"), fail)
		return came.count() > 1
	})
	before := came.count()
	if err := a.host.Network().ClosePeer(b.Self().Peer()); err != nil {
		t.Fatal(err)
	}
	a.SendControl(b.Self(), mesh, []byte("dial again"), fail)
	eventually(t, 10*time.Second, "a message over a new connection", func() bool {
		came.mu.Lock()
		defer came.mu.Unlock()
		return len(came.got) > before && came.got[len(came.got)-1] == "dial again"
	})
}

func TestControlFails(t *testing.T) {
	a, b := start(t, nil), start(t, nil)
	failed := make(chan error, 8)
	send := func(to identity.ID, protocol string, size int) error {
		a.SendControl(to, protocol, make([]byte, size), func(err error) { failed <- err })
		return within(t, 15*time.Second, "the failure", failed)
	}
	if err := send(b.Self(), mesh, 0); !errors.Is(err, transport.ErrUnreachable) {
		t.Errorf("to a peer without address: %v, want ErrUnreachable", err)
	}
	connect(t, a, b)
	if err := send(b.Self(), mesh, 0); !errors.Is(err, transport.ErrRefused) {
		t.Errorf("to one who does not speak it: %v, want ErrRefused", err)
	}
	if err := send(b.Self(), mesh, transport.MaxControl+1); !errors.Is(err, transport.ErrTooLarge) {
		t.Errorf("a large message: %v, want ErrTooLarge", err)
	}
	if err := a.Close(); err != nil {
		t.Fatal(err)
	}
	if err := send(b.Self(), mesh, 0); !errors.Is(err, transport.ErrClosed) {
		t.Errorf("from a closed network: %v, want ErrClosed", err)
	}
}

func TestControlQueueIsBounded(t *testing.T) {
	a := start(t, nil)
	a.mu.Lock()
	a.senders[route{identity.ID{1}, mesh}] = &sender{wake: make(chan struct{}, 1)} // nobody sends
	a.mu.Unlock()
	failed := make(chan error, 8)
	for range maxControl + 3 {
		a.SendControl(identity.ID{1}, mesh, nil, func(err error) { failed <- err })
	}
	for range 3 {
		if err := within(t, 5*time.Second, "the failure", failed); err == nil {
			t.Error("no error")
		}
	}
	if len(failed) != 0 {
		t.Errorf("%d more failed", len(failed))
	}
}

func TestBadControlStreamsAreReset(t *testing.T) {
	a, b := start(t, nil), start(t, nil)
	connect(t, a, b)
	var came collector
	b.HandleControl(mesh, came.take)
	for name, sent := range map[string][]byte{
		"announced too large":  binary.AppendUvarint(nil, transport.MaxControl+1),
		"announced beyond all": bytes.Repeat([]byte{0xff}, 11),
	} {
		t.Run(name, func(t *testing.T) {
			s := raw(t, a, b, mesh)
			if _, err := s.Write(sent); err != nil {
				t.Fatal(err)
			}
			_ = s.SetReadDeadline(time.Now().Add(5 * time.Second))
			if n, err := s.Read(make([]byte, 1)); err == nil {
				t.Errorf("read %d bytes on a stream that should be reset", n)
			}
		})
	}
	if n := came.count(); n != 0 {
		t.Errorf("%d messages came", n)
	}
}
