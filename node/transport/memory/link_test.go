package memory

import (
	"bytes"
	"context"
	"errors"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/banyan-rooms/banyan/crypto/identity"
	"github.com/banyan-rooms/banyan/node/transport"
)

var room = identity.RoomID{7}

// accept lets a peer take every link and returns where they come out.
func accept(p *Peer) <-chan transport.Link {
	came := make(chan transport.Link, 8)
	p.Accept(func(identity.ID, identity.RoomID) error { return nil }, func(l transport.Link) { came <- l })
	return came
}

// open connects two peers and opens a link from the first.
func open(t *testing.T, from, to *Peer) (dialled, accepted transport.Link) {
	t.Helper()
	came := accept(to)
	connect(t, from, to)
	dialled, err := from.Dial(t.Context(), to.Self(), room)
	if err != nil {
		t.Fatal(err)
	}
	return dialled, <-came
}

func TestLinkCarriesBothWays(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, p := world(t, Config{}, 2)
		a, b := open(t, p[0], p[1])
		if a.Peer() != p[1].Self() || b.Peer() != p[0].Self() || a.Room() != room || b.Room() != room {
			t.Error("the link does not say whose it is")
		}
		toA, toB := make(chan []byte, 1), make(chan []byte, 1)
		a.Receive(func(d []byte) { toA <- d })
		b.Receive(func(d []byte) { toB <- d })
		d := []byte("one")
		if err := errors.Join(a.Send(d), b.Send([]byte("two"))); err != nil {
			t.Fatal(err)
		}
		d[0] = 'X' // the caller may use its slice again
		if got := <-toB; string(got) != "one" {
			t.Errorf("came %q, want one", got)
		}
		if got := <-toA; string(got) != "two" {
			t.Errorf("came %q, want two", got)
		}
		if err := a.Send(make([]byte, transport.MaxDatagram+1)); !errors.Is(err, transport.ErrTooLarge) {
			t.Errorf("a large datagram: %v, want ErrTooLarge", err)
		}
	})
}

func TestEarlyDatagramsAreKept(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, p := world(t, Config{}, 2)
		a, b := open(t, p[0], p[1])
		for i := range byte(100) {
			if err := a.Send([]byte{i}); err != nil {
				t.Fatal(err)
			}
		}
		time.Sleep(time.Second)
		synctest.Wait()
		var got []byte
		b.Receive(func(d []byte) { got = append(got, d...) })
		synctest.Wait()
		want := make([]byte, 0, transport.MaxEarly)
		for i := 100 - transport.MaxEarly; i < 100; i++ {
			want = append(want, byte(i))
		}
		if !bytes.Equal(got, want) {
			t.Errorf("kept %v, want %v", got, want)
		}
	})
}

func TestCloseReachesTheOtherSide(t *testing.T) {
	closers := map[string]func(p *Peer, l transport.Link){
		"link": func(_ *Peer, l transport.Link) { _ = l.Close() },
		"peer": func(p *Peer, _ transport.Link) { p.Close() },
	}
	for name, end := range closers {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				_, p := world(t, Config{}, 2)
				a, b := open(t, p[0], p[1])
				start := time.Now()
				end(p[0], a)
				<-a.Done()
				<-b.Done()
				if took := time.Since(start); took != defaultDelay {
					t.Errorf("the other side heard after %v, want %v", took, defaultDelay)
				}
			})
		})
	}
}

func TestRefusedLinkSaysWhy(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, p := world(t, Config{}, 2)
		connect(t, p[0], p[1])
		_, err := p[0].Dial(t.Context(), p[1].Self(), room)
		if !errors.Is(err, transport.ErrRefused) {
			t.Errorf("dial to one who takes none: %v, want ErrRefused", err)
		}
		p[1].Accept(func(identity.ID, identity.RoomID) error { return errors.New("no free place") }, nil)
		_, err = p[0].Dial(t.Context(), p[1].Self(), room)
		var refusal *transport.Refusal
		if !errors.As(err, &refusal) || refusal.Words != "no free place" {
			t.Errorf("dial: %v, want the words \"no free place\"", err)
		}
	})
}

func TestDialsAtOnceEndInOneLink(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, p := world(t, Config{}, 2)
		connect(t, p[0], p[1])
		came := []<-chan transport.Link{accept(p[0]), accept(p[1])}
		links, errs := make([]transport.Link, 2), make([]error, 2)
		var both sync.WaitGroup
		for i := range p {
			both.Go(func() { links[i], errs[i] = p[i].Dial(t.Context(), p[1-i].Self(), room) })
		}
		both.Wait()
		if errs[0] != nil || !errors.Is(errs[1], transport.ErrDuplicate) {
			t.Fatalf("the lower ID's dial: %v; the higher ID's: %v, want ErrDuplicate", errs[0], errs[1])
		}
		if len(came[0]) != 0 || len(came[1]) != 1 {
			t.Fatalf("links handed over: %d and %d, want 0 and 1", len(came[0]), len(came[1]))
		}
		got := make(chan []byte, 1)
		links[0].Receive(func(d []byte) { got <- d })
		if err := (<-came[1]).Send([]byte("one link")); err != nil {
			t.Fatal(err)
		}
		<-got
	})
}

func TestSecondDialIsADuplicate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, p := world(t, Config{}, 2)
		a, b := open(t, p[0], p[1])
		accept(p[0])
		for i := range p {
			if _, err := p[i].Dial(t.Context(), p[1-i].Self(), room); !errors.Is(err, transport.ErrDuplicate) {
				t.Errorf("dial over an open link: %v, want ErrDuplicate", err)
			}
		}
		if _, err := p[0].Dial(t.Context(), p[1].Self(), identity.RoomID{8}); err != nil {
			t.Errorf("dial in another room: %v", err)
		}
		select {
		case <-a.Done():
			t.Error("link ended")
		case <-b.Done():
			t.Error("link ended")
		default:
		}
	})
}

func TestNewLinkTakesTheOldOnesPlace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, p := world(t, Config{}, 2)
		a, b := open(t, p[0], p[1])
		came := accept(p[1])
		w.SetPath(p[0].Self(), p[1].Self(), Path{Delay: 20 * ms})
		_ = a.Close()
		if _, err := p[0].Dial(t.Context(), p[1].Self(), room); err != nil {
			t.Fatalf("dial again: %v", err)
		}
		<-b.Done()
		again := <-came
		select {
		case <-again.Done():
			t.Error("the new link ended with the old one")
		case <-time.After(time.Minute):
		}
	})
}

func TestGivenUpDialLeavesNoLink(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, p := world(t, Config{}, 2)
		connect(t, p[0], p[1])
		came := accept(p[1])
		w.SetPath(p[0].Self(), p[1].Self(), Path{Delay: 100 * ms})
		for _, patience := range []time.Duration{50 * ms, 150 * ms, 250 * ms, 350 * ms} {
			ctx, cancel := context.WithTimeout(t.Context(), patience)
			if _, err := p[0].Dial(ctx, p[1].Self(), room); !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("dial with %v of patience: %v, want deadline exceeded", patience, err)
			}
			cancel()
			time.Sleep(time.Second)
			synctest.Wait()
			for len(came) > 0 {
				<-(<-came).Done()
			}
		}
		if _, err := p[0].Dial(t.Context(), p[1].Self(), room); err != nil {
			t.Errorf("a patient dial: %v", err)
		}
	})
}
