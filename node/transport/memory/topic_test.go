package memory

import (
	"context"
	"errors"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/banyan-rooms/banyan/crypto/identity"
	"github.com/banyan-rooms/banyan/node/transport"
)

// join lets a peer take part in topic "t" with a verdict on all; it returns the
// topic and where messages come out.
func join(t *testing.T, p *Peer, v transport.Verdict) (transport.Topic, <-chan transport.Gossip) {
	t.Helper()
	came := make(chan transport.Gossip, 8)
	topic, err := p.Join("t", func(transport.Gossip) transport.Verdict { return v },
		func(g transport.Gossip) { came <- g })
	if err != nil {
		t.Fatal(err)
	}
	return topic, came
}

func TestGossipReachesEveryoneOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, p := world(t, Config{}, 4)
		var topics []transport.Topic
		var came []<-chan transport.Gossip
		for i, q := range p { // a ring
			connect(t, q, p[(i+1)%len(p)])
			topic, c := join(t, q, transport.Accept)
			topics, came = append(topics, topic), append(came, c)
		}
		if got, want := topics[0].Peers(), []identity.ID{p[1].Self(), p[3].Self()}; !slices.Equal(got, want) {
			t.Errorf("topic peers %v, want %v", got, want)
		}
		if err := topics[0].Publish(t.Context(), []byte("news")); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Second)
		synctest.Wait()
		for i, want := range []int{0, 1, 1, 1} {
			if got := len(came[i]); got != want {
				t.Errorf("peer %d got it %d times, want %d", i, got, want)
			}
		}
		if g := <-came[1]; g.Relayer != p[0].Self() || string(g.Data) != "news" {
			t.Errorf("got %q by way of %s", g.Data, g.Relayer.Short())
		}
	})
}

func TestGossipStopsAtAVerdict(t *testing.T) {
	for _, v := range []transport.Verdict{transport.Ignore, transport.Reject} {
		synctest.Test(t, func(t *testing.T) {
			_, p := world(t, Config{}, 3) // a line
			connect(t, p[0], p[1])
			connect(t, p[1], p[2])
			first, _ := join(t, p[0], transport.Accept)
			second, middle := join(t, p[1], v)
			_, last := join(t, p[2], transport.Accept)
			if err := first.Publish(t.Context(), []byte("x")); err != nil {
				t.Fatal(err)
			}
			time.Sleep(time.Second)
			synctest.Wait()
			if len(middle)+len(last) != 0 {
				t.Errorf("verdict %d let a message through", v)
			}
			if err := second.Publish(t.Context(), nil); err == nil {
				t.Errorf("own verdict %d let a message out", v)
			}
		})
	}
}

func TestTopicBounds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, p := world(t, Config{}, 1)
		topic, _ := join(t, p[0], transport.Accept)
		if _, err := p[0].Join("t", nil, nil); err == nil {
			t.Error("joined twice")
		}
		large := make([]byte, transport.MaxGossip+1)
		if err := topic.Publish(t.Context(), large); !errors.Is(err, transport.ErrTooLarge) {
			t.Errorf("publish %d bytes: %v, want ErrTooLarge", len(large), err)
		}
		_ = topic.Close()
		if err := topic.Publish(t.Context(), nil); !errors.Is(err, transport.ErrClosed) {
			t.Errorf("publish on a left topic: %v, want ErrClosed", err)
		}
		join(t, p[0], transport.Accept) // and in again
	})
}

func TestFindWhoProvides(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, p := world(t, Config{}, 4)
		for _, q := range p[1:] {
			connect(t, p[0], q)
		}
		key := identity.RoomID{1}
		find := func(limit int) []identity.ID {
			t.Helper()
			found, err := p[0].Find(t.Context(), key, limit)
			if err != nil {
				t.Fatal(err)
			}
			return found
		}
		ctx, cancel := context.WithCancel(t.Context())
		p[0].Provide(t.Context(), key) // one does not find oneself
		p[1].Provide(ctx, key)
		p[2].Provide(t.Context(), key)
		p[2].Provide(ctx, key)
		time.Sleep(time.Second)
		if got, want := find(8), []identity.ID{p[1].Self(), p[2].Self()}; !slices.Equal(got, want) {
			t.Errorf("found %v, want %v", got, want)
		}
		if got := find(1); len(got) != 1 {
			t.Errorf("found %v, want one", got)
		}
		cancel()
		synctest.Wait()
		if got, want := find(8), []identity.ID{p[2].Self()}; !slices.Equal(got, want) {
			t.Errorf("found %v after one withdrew, want %v", got, want)
		}
		w.Partition([]identity.ID{p[2].Self()})
		if got := find(8); len(got) != 0 {
			t.Errorf("found %v across a cut", got)
		}
		found, err := w.Add(name(t, 4)).Find(t.Context(), key, 8)
		if err != nil || len(found) != 0 {
			t.Errorf("a peer that knows nobody found %v, %v", found, err)
		}
	})
}
