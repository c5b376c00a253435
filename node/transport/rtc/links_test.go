package rtc

import (
	"bytes"
	"context"
	"errors"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/banyan-rooms/banyan/crypto/identity"
	"github.com/banyan-rooms/banyan/node/transport"
)

func TestLinkCarriesBothWays(t *testing.T) {
	_, p := peers(t, 2)
	start := time.Now()
	a, b := p[0].link(t, p[1])
	t.Logf("link up in %v", time.Since(start))
	if a.Peer() != p[1].network.Self() || b.Peer() != p[0].network.Self() || a.Room() != room || b.Room() != room {
		t.Error("the link does not say whose it is")
	}
	toA, toB := make(chan []byte, 1), make(chan []byte, 1)
	a.Receive(func(d []byte) { toA <- d })
	b.Receive(func(d []byte) { toB <- d })
	for _, size := range []int{1, 100, transport.MaxDatagram} {
		want := bytes.Repeat([]byte{byte(size)}, size)
		if err := errors.Join(a.Send(want), b.Send(want)); err != nil {
			t.Fatal(err)
		}
		for _, c := range []chan []byte{toA, toB} {
			if got := within(t, 5*time.Second, "datagram", c); !bytes.Equal(got, want) {
				t.Errorf("came %d bytes, want %d", len(got), size)
			}
		}
	}
	if err := a.Send(make([]byte, transport.MaxDatagram+1)); !errors.Is(err, transport.ErrTooLarge) {
		t.Errorf("a large datagram: %v, want ErrTooLarge", err)
	}
}

func TestEarlyDatagramsAreKept(t *testing.T) {
	_, p := peers(t, 2)
	a, b := p[0].link(t, p[1])
	if err := a.Send([]byte("early")); err != nil {
		t.Fatal(err)
	}
	got := make(chan []byte, 1)
	kept := b.(*link)
	for deadline := time.Now().Add(5 * time.Second); time.Now().Before(deadline); {
		kept.receiving.Lock()
		n := len(kept.early)
		kept.receiving.Unlock()
		if n > 0 {
			break
		}
	}
	b.Receive(func(d []byte) { got <- d })
	if d := within(t, 5*time.Second, "early datagram", got); string(d) != "early" {
		t.Errorf("came %q", d)
	}
}

func TestCloseReachesTheOtherSide(t *testing.T) {
	tests := []struct {
		name string
		end  func(p peer, l transport.Link) error
	}{
		{"link", func(_ peer, l transport.Link) error { return l.Close() }},
		{"links", func(p peer, _ transport.Link) error { return p.Close() }},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, p := peers(t, 2)
			a, b := p[0].link(t, p[1])
			start := time.Now()
			if err := tt.end(p[0], a); err != nil {
				t.Fatal(err)
			}
			within(t, 5*time.Second, "own end", a.Done())
			within(t, 2*time.Second, "other end", b.Done())
			t.Logf("the other side knew after %v", time.Since(start))
			if err := a.Send(nil); !errors.Is(err, transport.ErrClosed) {
				t.Errorf("send on a closed link: %v, want ErrClosed", err)
			}
			if err := a.Close(); err != nil {
				t.Errorf("close again: %v", err)
			}
		})
	}
}

func TestManyLinksOnOnePort(t *testing.T) {
	_, p := peers(t, 5)
	got := make(chan identity.ID, 8)
	for _, q := range p[1:] {
		_, l := q.link(t, p[0])
		l.Receive(func([]byte) { got <- l.Peer() })
	}
	for _, q := range p[1:] {
		for l := range q.all {
			if desc := l.pc.RemoteDescription().SDP; strings.Count(desc, "a=candidate") == 0 {
				t.Errorf("no candidate in %s", desc)
			}
			if err := l.Send([]byte("x")); err != nil {
				t.Error(err)
			}
		}
		if from := within(t, 5*time.Second, "datagram", got); from != q.network.Self() {
			t.Errorf("came from %s, want %s", from.Short(), q.network.Self().Short())
		}
	}
}

func TestRoomsSharedWithOnePeer(t *testing.T) {
	_, p := peers(t, 2)
	const rooms = 4
	var sides [2][]transport.Link
	for i := range byte(rooms) {
		from := p[i%2] // either may dial
		l, err := from.Dial(t.Context(), p[1-i%2].network.Self(), identity.RoomID{i + 1})
		if err != nil {
			t.Fatalf("room %d: %v", i+1, err)
		}
		sides[i%2] = append(sides[i%2], l)
		sides[1-i%2] = append(sides[1-i%2], p[1-i%2].next(t))
	}
	for side := range sides {
		for i, l := range sides[side] {
			got := make(chan []byte, 1)
			sides[1-side][i].Receive(func(d []byte) { got <- d })
			room := l.Room()
			if err := l.Send(room[:]); err != nil {
				t.Fatal(err)
			}
			if d := within(t, 5*time.Second, "datagram", got); !bytes.Equal(d, room[:]) {
				t.Errorf("room %x got what was for %x", room[0], d[0])
			}
		}
	}
	if ports := len(p[0].ports); ports > rooms {
		t.Errorf("%d ports for %d rooms", ports, rooms)
	}
}

func TestPeerThatCrashedComesBackOnItsPort(t *testing.T) {
	w, p := peers(t, 1)
	id := after(t, p[0].network.Self())
	crashed := listenAs(t, w.Add(id))
	if _, err := crashed.network.Connect(t.Context(), p[0].network.Addrs()); err != nil {
		t.Fatal(err)
	}
	_, b := crashed.link(t, p[0])
	address := crashed.first().mux.LocalAddr().String()
	if err := crashed.first().mux.Close(); err != nil { // nothing is said
		t.Fatal(err)
	}
	back := w.Add(id)
	ls, err := New(back, Config{Listen: address})
	if err != nil {
		t.Fatal(err)
	}
	defer ls.Close()
	if _, err = back.Connect(t.Context(), p[0].network.Addrs()); err != nil {
		t.Fatal(err)
	}
	l, err := ls.Dial(t.Context(), p[0].network.Self(), room)
	if err != nil {
		t.Fatal(err)
	}
	within(t, time.Second, "the old link's end", b.Done())
	again, got := p[0].next(t), make(chan []byte, 1)
	again.Receive(func(d []byte) { got <- d })
	if err := l.Send([]byte("back")); err != nil {
		t.Fatal(err)
	}
	within(t, 5*time.Second, "datagram", got)
}

func TestRefusedLinkSaysWhy(t *testing.T) {
	_, p := peers(t, 2)
	p[1].Accept(func(identity.ID, identity.RoomID) error { return errors.New("no free place") }, nil)
	_, err := p[0].Dial(t.Context(), p[1].network.Self(), room)
	var refusal *transport.Refusal
	if !errors.As(err, &refusal) || refusal.Words != "no free place" {
		t.Errorf("dial: %v, want the words \"no free place\"", err)
	}
	p[1].Accept(nil, nil)
	if _, err = p[0].Dial(t.Context(), p[1].network.Self(), room); !errors.Is(err, transport.ErrRefused) {
		t.Errorf("dial to one who takes no links: %v, want ErrRefused", err)
	}
}

func TestDialsAtOnceEndInOneLink(t *testing.T) {
	_, p := peers(t, 2)
	for round := range byte(10) {
		in := identity.RoomID{round + 1}
		links, errs := make([]transport.Link, 2), make([]error, 2)
		var both sync.WaitGroup
		for i := range p {
			both.Go(func() { links[i], errs[i] = p[i].Dial(t.Context(), p[1-i].network.Self(), in) })
		}
		both.Wait()
		won := 0
		if errs[0] != nil {
			won = 1 // only if it began so late that it met an open link
		}
		if errs[won] != nil || !errors.Is(errs[1-won], transport.ErrDuplicate) {
			t.Fatalf("dials: %v and %v, want one link and one ErrDuplicate", errs[0], errs[1])
		}
		other := p[1-won].next(t)
		got := make(chan []byte, 1)
		links[won].Receive(func(d []byte) { got <- d })
		if err := other.Send([]byte("one link")); err != nil {
			t.Fatal(err)
		}
		within(t, 5*time.Second, "datagram", got)
		if len(p[0].came)+len(p[1].came) != 0 {
			t.Error("more than one link was handed over")
		}
	}
}

func TestDialOverAnOpenLink(t *testing.T) {
	_, p := peers(t, 2)
	a, b := p[0].link(t, p[1])
	for i := range p {
		if _, err := p[i].Dial(t.Context(), p[1-i].network.Self(), room); !errors.Is(err, transport.ErrDuplicate) {
			t.Errorf("dial over an open link: %v, want ErrDuplicate", err)
		}
	}
	p[0].forget(a.(*link)) // as a peer that crashed and came back
	again, err := p[0].Dial(t.Context(), p[1].network.Self(), room)
	if err != nil {
		t.Fatal(err)
	}
	within(t, 2*time.Second, "the old link's end", b.Done())
	other, got := p[1].next(t), make(chan []byte, 1)
	other.Receive(func(d []byte) { got <- d })
	if err := again.Send([]byte("new")); err != nil {
		t.Fatal(err)
	}
	within(t, 5*time.Second, "datagram", got)
}

func TestGivenUpDialLeavesNothing(t *testing.T) {
	w, p := peers(t, 2)
	w.Partition([]identity.ID{p[1].network.Self()})
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if _, err := p[0].Dial(ctx, p[1].network.Self(), room); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("dial into a cut: %v, want deadline exceeded", err)
	}
	if n := len(p[0].dialling) + len(p[0].halfOpen) + p[0].opening; n != 0 {
		t.Errorf("%d things are left of it", n)
	}
	w.Heal() // the offer that was given up arrives together with the next one
	p[0].link(t, p[1])
}

func TestCloseEndsDials(t *testing.T) {
	w, p := peers(t, 2)
	w.Partition([]identity.ID{p[1].network.Self()})
	ended := make(chan error, 1)
	go func() {
		_, err := p[0].Dial(context.Background(), p[1].network.Self(), room)
		ended <- err
	}()
	for {
		p[0].mu.Lock()
		n := len(p[0].dialling)
		p[0].mu.Unlock()
		if n == 1 {
			break
		}
	}
	if err := p[0].Close(); err != nil {
		t.Fatal(err)
	}
	if err := within(t, time.Second, "dial", ended); err == nil {
		t.Error("dial on closed links succeeded")
	}
	if _, err := p[0].Dial(t.Context(), p[1].network.Self(), room); !errors.Is(err, transport.ErrClosed) {
		t.Errorf("dial on closed links: %v, want ErrClosed", err)
	}
}

func TestPortInUse(t *testing.T) {
	_, p := peers(t, 1)
	_, err := New(p[0].network, Config{Listen: p[0].first().mux.LocalAddr().String()})
	if err == nil || !strings.Contains(err.Error(), "in use by another program") {
		t.Errorf("second socket on one port: %v", err)
	}
	if _, err = New(p[0].network, Config{Listen: "nonsense"}); err == nil {
		t.Error("listened on nonsense")
	}
}

// TestEndInTheMidstOfTheNegotiation ends links while pion makes their offer: nothing
// of them may stay, which is looked at when all tests are done.
func TestEndInTheMidstOfTheNegotiation(t *testing.T) {
	_, p := peers(t, 1)
	for i := range 200 {
		l, err := p[0].newLink(key{identity.ID{byte(i)}, room}, false)
		if err != nil {
			t.Fatal(err)
		}
		var ended sync.WaitGroup
		ended.Go(func() {
			for range i * 20 {
				runtime.Gosched()
			}
			l.end()
		})
		if _, err := l.offer(t.Context()); err != nil && !errors.Is(err, errClosing) && !errors.Is(err, transport.ErrClosed) {
			t.Errorf("offer: %v", err)
		}
		ended.Wait()
	}
}
