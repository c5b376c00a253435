package p2p

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/banyan-rooms/banyan/crypto/identity"
	"github.com/banyan-rooms/banyan/node/transport"
)

const topicName = "/banyan/room/1/test"

// join lets a network take part with a verdict on all; it returns the topic and
// where messages come out.
func join(t testing.TB, n *Network, validate func(transport.Gossip) transport.Verdict) (transport.Topic, <-chan transport.Gossip) {
	t.Helper()
	came := make(chan transport.Gossip, 4096)
	topic, err := n.Join(topicName, validate, func(g transport.Gossip) {
		select {
		case came <- g:
		default: // nobody looks any more
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	return topic, came
}

func accept(transport.Gossip) transport.Verdict { return transport.Accept }

// warm publishes until everyone has got something: neighbours that have only just
// subscribed get into a router's mesh with its next heartbeat, and what was
// published before passes them by.
func warm(t testing.TB, topic transport.Topic, came ...<-chan transport.Gossip) {
	t.Helper()
	got := make([]bool, len(came))
	n := 0
	eventually(t, 10*time.Second, "everyone gets something", func() bool {
		n++
		if err := topic.Publish(t.Context(), fmt.Appendf(nil, "warm %d", n)); err != nil {
			t.Fatal(err)
		}
		all := true
		for i, c := range came {
			got[i] = got[i] || len(c) > 0
			all = all && got[i]
		}
		return all
	})
}

// expect skips warming messages and wants a certain one next.
func expect(t testing.TB, want string, came <-chan transport.Gossip) {
	t.Helper()
	for {
		g := within(t, 10*time.Second, want, came)
		if strings.HasPrefix(string(g.Data), "warm") {
			continue
		}
		if string(g.Data) != want {
			t.Errorf("got %q, want %q", g.Data, want)
		}
		return
	}
}

func meets(t testing.TB, topic transport.Topic, want ...identity.ID) {
	t.Helper()
	slices.SortFunc(want, identity.ID.Compare)
	eventually(t, 5*time.Second, "the topic's peers", func() bool { return slices.Equal(topic.Peers(), want) })
}

func TestGossipReachesEveryone(t *testing.T) {
	first := start(t, nil)
	nets := []*Network{first}
	for range 4 {
		n := start(t, nil)
		connect(t, n, nets[len(nets)-1]) // a line
		nets = append(nets, n)
	}
	began := time.Now()
	var topics []transport.Topic
	var came []<-chan transport.Gossip
	for _, n := range nets {
		topic, c := join(t, n, accept)
		topics, came = append(topics, topic), append(came, c)
	}
	warm(t, topics[0], came[1:]...)
	t.Logf("everyone had a message %v after joining", time.Since(began))
	began = time.Now()
	if err := topics[0].Publish(t.Context(), []byte("news")); err != nil {
		t.Fatal(err)
	}
	for _, c := range came[1:] {
		expect(t, "news", c)
	}
	t.Logf("four hops took %v", time.Since(began))
	if len(came[0]) != 0 {
		t.Error("a publisher got its own message")
	}
}

func TestGossipStopsAtAVerdict(t *testing.T) {
	for _, v := range []transport.Verdict{transport.Ignore, transport.Reject} {
		a, b, c := start(t, nil), start(t, nil), start(t, nil)
		c.Gate(a.Self(), true) // so that b is the only way
		connect(t, a, b)
		connect(t, c, b)
		first, _ := join(t, a, accept)
		middle, came := join(t, b, func(g transport.Gossip) transport.Verdict {
			if strings.HasPrefix(string(g.Data), "bad") {
				return v
			}
			return transport.Accept
		})
		_, last := join(t, c, accept)
		warm(t, first, came, last)
		for _, m := range []string{"bad", "good"} {
			if err := first.Publish(t.Context(), []byte(m)); err != nil {
				t.Fatal(err)
			}
		}
		for _, c := range []<-chan transport.Gossip{came, last} {
			expect(t, "good", c)
		}
		if err := middle.Publish(t.Context(), []byte("bad")); err == nil || !strings.Contains(err.Error(), "own validator") {
			t.Errorf("published against the own validator: %v", err)
		}
	}
}

func TestOneWhoSpreadsInvalidMessagesIsSilenced(t *testing.T) {
	a, b := start(t, nil), start(t, nil)
	connect(t, a, b)
	first, _ := join(t, a, accept)
	judged := make(chan string, 64)
	second, came := join(t, b, func(g transport.Gossip) transport.Verdict {
		judged <- string(g.Data)
		if strings.HasPrefix(string(g.Data), "bad") {
			return transport.Reject
		}
		return transport.Accept
	})
	meets(t, first, b.Self())
	meets(t, second, a.Self())
	for i := range 6 {
		if err := first.Publish(t.Context(), fmt.Appendf(nil, "bad %d", i)); err != nil {
			t.Fatal(err)
		}
		within(t, 5*time.Second, "the judgement", judged)
		if i == 3 {
			break
		}
	}
	if err := first.Publish(t.Context(), []byte("good at last")); err != nil {
		t.Fatal(err)
	}
	select {
	case g := <-came:
		t.Errorf("still listens: %q", g.Data)
	case <-time.After(time.Second):
	}
}

func TestTopicBounds(t *testing.T) {
	a, b := start(t, nil), start(t, nil)
	connect(t, a, b)
	first, _ := join(t, a, accept)
	second, came := join(t, b, accept)
	meets(t, first, b.Self())
	if err := first.Publish(t.Context(), make([]byte, transport.MaxGossip)); err != nil {
		t.Fatal(err)
	}
	if g := within(t, 5*time.Second, "the largest message", came); len(g.Data) != transport.MaxGossip {
		t.Errorf("%d bytes came", len(g.Data))
	}
	if err := first.Publish(t.Context(), make([]byte, transport.MaxGossip+1)); !errors.Is(err, transport.ErrTooLarge) {
		t.Errorf("a larger message: %v, want ErrTooLarge", err)
	}
	if _, err := a.Join(topicName, nil, nil); err == nil || !strings.Contains(err.Error(), "joined already") {
		t.Errorf("joined twice: %v", err)
	}
	if _, err := a.Join("elsewhere", nil, nil); err == nil {
		t.Error("joined a topic that is not ours")
	}
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	meets(t, second)
	if err := first.Publish(t.Context(), nil); !errors.Is(err, transport.ErrClosed) {
		t.Errorf("publish on a left topic: %v, want ErrClosed", err)
	}
	again, _ := join(t, a, accept)
	meets(t, again, b.Self())
	if err := a.Close(); err != nil {
		t.Fatal(err)
	}
	if err := again.Publish(t.Context(), nil); !errors.Is(err, transport.ErrClosed) {
		t.Errorf("publish on a closed network: %v, want ErrClosed", err)
	}
	if _, err := a.Join(topicName, nil, nil); !errors.Is(err, transport.ErrClosed) {
		t.Errorf("join on a closed network: %v, want ErrClosed", err)
	}
}
