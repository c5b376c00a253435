package memory

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/banyan-rooms/banyan/crypto/identity"
	"github.com/banyan-rooms/banyan/node/transport"
)

func TestKilledPeerIsNoticedBySilence(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, p := world(t, Config{Timeout: 3 * time.Second}, 2)
		a, b := open(t, p[0], p[1])
		start := time.Now()
		w.Kill(p[1].Self())
		if err := a.Send([]byte("into the void")); err != nil {
			t.Errorf("send before anything was noticed: %v", err)
		}
		time.Sleep(2 * time.Second)
		if len(p[0].Peers()) != 1 {
			t.Error("connection ended before the timeout")
		}
		<-a.Done()
		if took := time.Since(start); took != 3*time.Second {
			t.Errorf("link ended after %v, want 3s", took)
		}
		<-b.Done() // for the dead peer everyone else is silent
		if got := p[0].Peers(); len(got) != 0 {
			t.Errorf("still connected to %v", got)
		}
		if err := a.Send(nil); !errors.Is(err, transport.ErrClosed) {
			t.Errorf("send on an ended link: %v, want ErrClosed", err)
		}
		_, err := p[0].Connect(t.Context(), p[1].Addrs())
		if !errors.Is(err, transport.ErrUnreachable) {
			t.Errorf("connect to a dead peer: %v, want ErrUnreachable", err)
		}
	})
}

func TestShortPartitionDelaysControlAndLosesDatagrams(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, p := world(t, Config{}, 3)
		a, b := open(t, p[0], p[1])
		connect(t, p[0], p[2])
		var control, datagrams, elsewhere int
		p[1].HandleControl("/mesh", func(identity.ID, []byte) { control++ })
		p[2].HandleControl("/mesh", func(identity.ID, []byte) { elsewhere++ })
		b.Receive(func([]byte) { datagrams++ })
		w.Partition([]identity.ID{p[1].Self()})
		for range 3 {
			p[0].SendControl(p[1].Self(), "/mesh", nil, func(err error) { t.Error(err) })
			p[0].SendControl(p[2].Self(), "/mesh", nil, func(err error) { t.Error(err) })
			if err := a.Send(nil); err != nil {
				t.Error(err)
			}
		}
		time.Sleep(time.Second)
		synctest.Wait()
		if control != 0 || elsewhere != 3 {
			t.Errorf("%d messages crossed the cut and %d of 3 stayed on one side", control, elsewhere)
		}
		w.Heal()
		time.Sleep(time.Minute)
		synctest.Wait()
		if control != 3 || datagrams != 0 {
			t.Errorf("after healing %d control messages and %d datagrams came, want 3 and 0", control, datagrams)
		}
		select {
		case <-a.Done():
			t.Error("the link did not outlive a second of silence")
		default:
		}
	})
}

func TestLongPartitionFailsControl(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, p := world(t, Config{}, 2)
		connect(t, p[0], p[1])
		w.Partition([]identity.ID{p[0].Self()}, []identity.ID{p[1].Self()})
		failed := make(chan error, 1)
		p[0].SendControl(p[1].Self(), "/mesh", nil, func(err error) { failed <- err })
		if err := <-failed; !errors.Is(err, transport.ErrUnreachable) {
			t.Errorf("failed with %v, want ErrUnreachable", err)
		}
	})
}

func TestWhoCanBeDialled(t *testing.T) {
	tests := []struct {
		name    string
		prepare func(w *World, a, b *Peer)
		want    bool
	}{
		{"anyone at first", func(*World, *Peer, *Peer) {}, true},
		{"not a hidden peer", func(w *World, _, b *Peer) { w.SetDialable(b.Self(), false) }, false},
		{"a hidden peer can dial", func(w *World, a, _ *Peer) { w.SetDialable(a.Self(), false) }, true},
		{"not one that is gated here", func(_ *World, a, b *Peer) { a.Gate(b.Self(), true) }, false},
		{"not one that gates", func(_ *World, a, b *Peer) { b.Gate(a.Self(), true) }, false},
		{"one that gates no more", func(_ *World, a, b *Peer) { b.Gate(a.Self(), true); b.Gate(a.Self(), false) }, true},
		{"not one that closed", func(_ *World, _, b *Peer) { b.Close() }, false},
		{"not one that was killed", func(w *World, _, b *Peer) { w.Kill(b.Self()) }, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w, p := world(t, Config{}, 2)
				tt.prepare(w, p[0], p[1])
				_, err := p[0].Connect(t.Context(), p[1].Addrs())
				if (err == nil) != tt.want {
					t.Errorf("connect: %v, want success: %v", err, tt.want)
				}
				if err != nil && !errors.Is(err, transport.ErrUnreachable) {
					t.Errorf("connect: %v, want ErrUnreachable", err)
				}
			})
		})
	}
}

func TestGateEndsTheConnection(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, p := world(t, Config{}, 2)
		connect(t, p[0], p[1])
		p[0].Gate(p[1].Self(), true)
		time.Sleep(time.Second)
		for _, q := range p {
			if got := q.Peers(); len(got) != 0 {
				t.Errorf("%s is still connected to %v", q.Self().Short(), got)
			}
		}
		_, err := p[1].Request(t.Context(), p[0].Self(), "/any", nil)
		if !errors.Is(err, transport.ErrUnreachable) {
			t.Errorf("request through a gate: %v, want ErrUnreachable", err)
		}
	})
}

func TestRestartedPeerIsReachedAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, p := world(t, Config{}, 2)
		connect(t, p[0], p[1])
		p[1].Close()
		time.Sleep(time.Second)
		if got := p[0].Peers(); len(got) != 0 {
			t.Errorf("still connected to %v", got)
		}
		again := w.Add(p[1].Self())
		again.Handle("/up", func(context.Context, identity.ID, []byte) ([]byte, error) { return []byte("yes"), nil })
		connect(t, p[0], again)
		if got, err := p[0].Request(t.Context(), again.Self(), "/up", nil); err != nil || string(got) != "yes" {
			t.Errorf("request: %q, %v", got, err)
		}
	})
}
