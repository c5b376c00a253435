package memory

import (
	"bytes"
	"context"
	"math/rand"
	"testing"
	"testing/synctest"
	"time"

	"github.com/banyan-rooms/banyan/crypto/identity"
)

const ms = time.Millisecond

// world makes a world of n peers whose IDs ascend.
func world(t *testing.T, cfg Config, n int) (*World, []*Peer) {
	t.Helper()
	w := New(cfg)
	t.Cleanup(w.Close)
	peers := make([]*Peer, n)
	for i := range peers {
		peers[i] = w.Add(name(t, i))
	}
	return w, peers
}

var names []identity.ID

// name returns the i-th of some IDs, the same in every run, in ascending order.
func name(t *testing.T, i int) identity.ID {
	t.Helper()
	random := rand.New(rand.NewSource(int64(len(names))))
	for len(names) <= i {
		key, err := identity.Generate(random)
		if err != nil {
			t.Fatal(err)
		}
		if id := key.ID(); len(names) == 0 || id.Compare(names[len(names)-1]) > 0 {
			names = append(names, id)
		}
	}
	return names[i]
}

func connect(t *testing.T, from, to *Peer) {
	t.Helper()
	id, err := from.Connect(t.Context(), to.Addrs())
	if err != nil || id != to.Self() {
		t.Fatalf("connect: %v, %v, want %v", id, err, to.Self())
	}
}

func TestDelayIsWhatThePathSays(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, p := world(t, Config{}, 2)
		w.SetPath(p[0].Self(), p[1].Self(), Path{Delay: 40 * ms})
		connect(t, p[0], p[1])
		p[1].Handle("/echo", func(_ context.Context, _ identity.ID, b []byte) ([]byte, error) { return b, nil })
		start := time.Now()
		got, err := p[0].Request(t.Context(), p[1].Self(), "/echo", []byte("hello"))
		if err != nil || !bytes.Equal(got, []byte("hello")) {
			t.Fatalf("request: %q, %v", got, err)
		}
		if took := time.Since(start); took != 80*ms {
			t.Errorf("took %v, want 80ms", took)
		}
		if rtt, known := p[0].RTT(p[1].Self()); !known || rtt != 80*ms {
			t.Errorf("RTT %v, %v, want 80ms", rtt, known)
		}
	})
}

func TestControlStaysInOrderUnderJitter(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, p := world(t, Config{Path: Path{Delay: 10 * ms, Jitter: 50 * ms}}, 2)
		connect(t, p[0], p[1])
		var got []byte
		p[1].HandleControl("/mesh", func(_ identity.ID, m []byte) { got = append(got, m...) })
		for i := range byte(100) {
			p[0].SendControl(p[1].Self(), "/mesh", []byte{i}, func(err error) { t.Error(err) })
		}
		time.Sleep(time.Second)
		synctest.Wait()
		for i, b := range got {
			if int(b) != i {
				t.Fatalf("message %d came at place %d", b, i)
			}
		}
		if len(got) != 100 {
			t.Errorf("%d messages came, want 100", len(got))
		}
	})
}

func TestSameSeedLosesTheSameDatagrams(t *testing.T) {
	run := func(t *testing.T, seed uint64) (came []byte) {
		t.Helper()
		synctest.Test(t, func(t *testing.T) {
			_, p := world(t, Config{Seed: seed, Path: Path{Loss: 0.3, Jitter: 30 * ms}}, 2)
			a, b := open(t, p[0], p[1])
			b.Receive(func(d []byte) { came = append(came, d[0]) })
			for i := range byte(200) {
				if err := a.Send([]byte{i}); err != nil {
					t.Fatal(err)
				}
			}
			time.Sleep(time.Second)
			synctest.Wait()
		})
		return came
	}
	one, again, other := run(t, 1), run(t, 1), run(t, 2)
	if !bytes.Equal(one, again) {
		t.Errorf("the same seed gave\n%v, then\n%v", one, again)
	}
	if bytes.Equal(one, other) {
		t.Error("another seed gave the same")
	}
	if n := len(one); n < 110 || n > 170 {
		t.Errorf("%d of 200 came at 30 %% loss", n)
	}
}

func TestCloseEndsWhatIsUnderWay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, p := world(t, Config{}, 2)
		connect(t, p[0], p[1])
		p[1].Handle("/slow", func(ctx context.Context, _ identity.ID, _ []byte) ([]byte, error) {
			<-ctx.Done()
			return nil, ctx.Err()
		})
		ended := make(chan error)
		go func() {
			_, err := p[0].Request(context.Background(), p[1].Self(), "/slow", nil)
			ended <- err
		}()
		time.Sleep(time.Second)
		w.Close()
		if err := <-ended; err == nil {
			t.Error("request on a closed world succeeded")
		}
		w.Close() // again is nothing
	})
}
