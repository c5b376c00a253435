//go:build slow

package node

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/banyan-rooms/banyan/crypto/identity"
	"github.com/banyan-rooms/banyan/node/audio"
	"github.com/banyan-rooms/banyan/node/store"
	"github.com/banyan-rooms/banyan/node/transport"
	"github.com/banyan-rooms/banyan/node/transport/p2p"
	"github.com/banyan-rooms/banyan/node/transport/rtc"
	"github.com/banyan-rooms/banyan/rooms"
)

// realNode is a node on libp2p, pion and bbolt.
type realNode struct {
	*Node
	name  string
	end   context.CancelFunc
	ended chan error
	close func()
}

// startReal starts a node on loopback that knows nobody.
func startReal(t *testing.T, name string) *realNode {
	t.Helper()
	return startRealOver(t, name, func(l transport.Links) transport.Links { return l })
}

// startRealOver starts one whose links go by way of something else.
func startRealOver(t *testing.T, name string, over func(transport.Links) transport.Links) *realNode {
	t.Helper()
	kept, err := store.Open(t.TempDir(), nil)
	if err != nil {
		t.Fatal(err)
	}
	network, err := p2p.New(p2p.Config{Key: kept.Key(), Listen: []string{"/ip4/127.0.0.1/udp/0/quic-v1"}, Log: testLog(name)})
	if err != nil {
		t.Fatal(err)
	}
	links, err := rtc.New(network, rtc.Config{Listen: "127.0.0.1:0"})
	if err != nil {
		t.Fatal(err)
	}
	n, err := New(Config{
		Key: kept.Key(), Network: network, Links: over(links), Store: kept, Name: name, MaxChildren: 4, Log: testLog(name),
	})
	if err != nil {
		t.Fatal(err)
	}
	ctx, end := context.WithCancel(context.Background())
	r := &realNode{Node: n, name: name, end: end, ended: make(chan error, 1)}
	go func() { r.ended <- n.Run(ctx) }()
	r.close = sync.OnceFunc(func() {
		end()
		if err := <-r.ended; err != nil {
			t.Errorf("%s: %v", name, err)
		}
		for _, close := range []func() error{links.Close, network.Close, kept.Close} {
			if err := close(); err != nil {
				t.Errorf("%s: %v", name, err)
			}
		}
	})
	t.Cleanup(r.close)
	return r
}

// soon waits in real time until something holds.
func soon(t *testing.T, within time.Duration, what string, holds func() bool) time.Duration {
	t.Helper()
	began := time.Now()
	for clock := time.NewTicker(20 * time.Millisecond); time.Since(began) < within; <-clock.C {
		if holds() {
			return time.Since(began)
		}
	}
	t.Fatalf("not within %v: %s", within, what)
	return 0
}

func (r *realNode) in(room identity.RoomID) RoomStatus {
	st := r.Status()
	at := slices.IndexFunc(st.Rooms, func(s RoomStatus) bool { return s.ID == room })
	if at < 0 {
		return RoomStatus{}
	}
	return st.Rooms[at]
}

// TestSlowTwentyNodes has twenty nodes that know nobody form one room by its invite
// link alone; then the one who made the room leaves, and the others speak on.
func TestSlowTwentyNodes(t *testing.T) {
	const count = 20
	all := make([]*realNode, count)
	for i := range all {
		all[i] = startReal(t, fmt.Sprint("node ", i))
	}
	host, others := all[0], all[1:]
	room, err := host.Create(t.Context(), rooms.Policy{Kind: rooms.InviteOnly, Title: "Twenty"})
	if err != nil {
		t.Fatal(err)
	}
	link, err := host.Invite(t.Context(), room, InviteOptions{Quota: 1})
	if err != nil {
		t.Fatal(err)
	}
	began := time.Now()
	var joining sync.WaitGroup
	for _, n := range others {
		joining.Go(func() {
			before := time.Now()
			if _, err := n.Join(t.Context(), link.String()); err != nil {
				t.Errorf("%s joins: %v", n.name, err)
			}
			t.Logf("%s joined in %v", n.name, time.Since(before).Round(time.Millisecond))
		})
	}
	joining.Wait()
	whole := func(nodes []*realNode) func() bool {
		return func() bool {
			root := nodes[0].in(room).Tree.Roots[0]
			return !slices.ContainsFunc(nodes, func(n *realNode) bool {
				st := n.in(room)
				return !st.Network.Attached || st.Tree.Roots[0] != root || len(st.People) != len(nodes)
			})
		}
	}
	t.Logf("all joined after %v", time.Since(began).Round(time.Millisecond))
	soon(t, 60*time.Second, "all are in one tree", func() bool {
		return !slices.ContainsFunc(all, func(n *realNode) bool {
			return !n.in(room).Network.Attached || n.in(room).Tree.Roots[0] != all[0].in(room).Tree.Roots[0]
		})
	})
	t.Logf("one tree of %d after %v", count, time.Since(began).Round(time.Millisecond))
	soon(t, 60*time.Second, "all see all, in one tree", whole(all))
	t.Logf("one room of %d after %v", count, time.Since(began).Round(time.Millisecond))

	speaker := others[0]
	if err := host.Do(t.Context(), room, rooms.InviteUp{Who: speaker.ID()}); err != nil {
		t.Fatal(err)
	}
	soon(t, 10*time.Second, "the speaker is invited", func() bool { return speaker.in(room).Invited })
	if err := speaker.Do(t.Context(), room, rooms.AcceptStage{}); err != nil {
		t.Fatal(err)
	}
	soon(t, 10*time.Second, "all see the speaker on stage", func() bool {
		return !slices.ContainsFunc(all, func(n *realNode) bool {
			p, _ := person(n.in(room), speaker.ID())
			return !p.OnStage
		})
	})
	hearAll(t, room, speaker, others[1:], "with the host")

	before := time.Now()
	host.close()
	t.Logf("the host left in %v", time.Since(before).Round(time.Millisecond))
	took := soon(t, 60*time.Second, "the others are in one tree without the host", whole(others))
	t.Logf("one room without the host after %v", took)
	hearAll(t, room, speaker, others[1:], "without the host")

	late := startReal(t, "late")
	again, err := speaker.Invite(t.Context(), room, InviteOptions{Named: late.ID()})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := late.Join(t.Context(), again.String()); err != nil {
		t.Fatalf("the late one joins: %v", err)
	}
	took = soon(t, 30*time.Second, "the late one is one of them", whole(append(slices.Clone(others), late)))
	t.Logf("the late one is one of them after %v", took)
}

// hearAll has a speaker talk for four seconds, and all listeners hear every frame.
func hearAll(t *testing.T, room identity.RoomID, speaker *realNode, listeners []*realNode, when string) {
	t.Helper()
	const frames = 200
	var hearing sync.WaitGroup
	var stops []func()
	for _, n := range listeners {
		heard, stop, err := n.Hear(room)
		if err != nil {
			t.Fatal(err)
		}
		stops = append(stops, stop)
		hearing.Go(func() {
			got := make(map[string]int)
			var late time.Duration
			for h := range heard {
				got[string(h.Frame.Packet)]++
				late = max(late, h.Received.Sub(h.Captured))
			}
			twice := 0
			for _, n := range got {
				twice += n - 1
			}
			if len(got) < frames*995/1000 || twice > 0 {
				t.Errorf("%s, %s: heard %d of %d frames, %d twice", when, n.name, len(got), frames, twice)
			}
			t.Logf("%s, %s: %d of %d, at most %v late, depth %d", when, n.name, len(got), frames, late.Round(time.Millisecond), n.in(room).Network.Depth())
		})
	}
	clock := time.NewTicker(audio.FrameDuration)
	defer clock.Stop()
	for i := range frames {
		<-clock.C
		if err := speaker.Say(room, frame(i)); err != nil {
			t.Errorf("speak: %v", err)
		}
	}
	time.Sleep(2 * time.Second) // the last frames are on their way
	for _, stop := range stops {
		stop()
	}
	hearing.Wait()
}
