package rtc

import (
	"context"
	"crypto/rand"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/banyan-rooms/banyan/crypto/identity"
	"github.com/banyan-rooms/banyan/node/transport"
	"github.com/banyan-rooms/banyan/node/transport/memory"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var room = identity.RoomID{7}

// peer is a node as far as links are concerned: signalling goes through memory,
// links through real sockets on loopback.
type peer struct {
	*Links
	network *memory.Peer
	came    chan transport.Link
}

// peers makes n peers with ascending IDs that can reach each other.
func peers(t testing.TB, n int) (*memory.World, []peer) {
	t.Helper()
	w := memory.New(memory.Config{Path: memory.Path{Delay: time.Millisecond}})
	t.Cleanup(w.Close)
	made := make([]peer, n)
	var last identity.ID
	for i := range made {
		last = after(t, last)
		made[i] = listenAs(t, w.Add(last))
		if i > 0 {
			if _, err := made[i].network.Connect(t.Context(), made[0].network.Addrs()); err != nil {
				t.Fatal(err)
			}
		}
	}
	return w, made
}

// after returns a new ID above another.
func after(t testing.TB, id identity.ID) identity.ID {
	t.Helper()
	for {
		key, err := identity.Generate(rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		// leave room for the next ones
		if got := key.ID(); got.Compare(id) > 0 && int(got[0])-int(id[0]) < 32 {
			return got
		}
	}
}

// listenAs makes the links of one peer, which takes all that others open.
func listenAs(t testing.TB, network *memory.Peer) peer {
	t.Helper()
	ls, err := New(network, Config{Listen: "127.0.0.1:0"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := ls.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	p := peer{Links: ls, network: network, came: make(chan transport.Link, 16)}
	ls.Accept(func(identity.ID, identity.RoomID) error { return nil }, func(l transport.Link) { p.came <- l })
	return p
}

// link opens a link from one peer to another.
func (p peer) link(t testing.TB, to peer) (dialled, accepted transport.Link) {
	t.Helper()
	dialled, err := p.Dial(t.Context(), to.network.Self(), room)
	if err != nil {
		t.Fatal(err)
	}
	return dialled, to.next(t)
}

// next returns the next link that was handed over.
func (p peer) next(t testing.TB) transport.Link {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	select {
	case l := <-p.came:
		return l
	case <-ctx.Done():
		t.Fatal("no link was handed over in 10 s")
		return nil
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
