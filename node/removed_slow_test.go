//go:build slow

package node

import (
	"errors"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/banyan-rooms/banyan/crypto/canon"
	"github.com/banyan-rooms/banyan/crypto/epoch"
	"github.com/banyan-rooms/banyan/crypto/identity"
	"github.com/banyan-rooms/banyan/node/audio"
	"github.com/banyan-rooms/banyan/node/transport"
	"github.com/banyan-rooms/banyan/rooms"
)

// TestSlowTheRemovedGetNothingMore removes somebody from a room of six real nodes while
// another speaks: the others have a new key and lose nothing, and whoever was removed
// gets neither the key, from anybody, nor sound.
func TestSlowTheRemovedGetNothingMore(t *testing.T) {
	all := make([]*realNode, 6)
	for i := range all {
		all[i] = startReal(t, []string{"host", "speaker", "removed", "ear 1", "ear 2", "ear 3"}[i])
	}
	host, speaker, removed, others := all[0], all[1], all[2], slices.Concat(all[:2], all[3:])
	room, err := host.Create(t.Context(), rooms.Policy{Kind: rooms.InviteOnly, Title: "Removed"})
	if err != nil {
		t.Fatal(err)
	}
	link, err := host.Invite(t.Context(), room, InviteOptions{})
	if err != nil {
		t.Fatal(err)
	}
	for _, n := range all[1:] {
		if _, err := n.Join(t.Context(), link.String()); err != nil {
			t.Fatalf("%s joins: %v", n.name, err)
		}
	}
	oneTree(t, room, all)
	onStage(t, room, host, speaker, all)

	const frames, until = 400, 100 // of eight seconds, the first two with who is removed
	ears := make(map[*realNode]func() []Heard)
	for _, n := range slices.Concat(all[:1], all[2:]) {
		ears[n] = hearing(t, n, room)
	}
	var removedAt time.Time
	paced(t, frames, func(n int) {
		if n == until {
			removedAt = time.Now()
			go func() {
				if err := host.Do(t.Context(), room, rooms.Ban{Who: removed.ID()}); err != nil {
					t.Errorf("the host removes somebody: %v", err)
				}
			}()
		}
		if err := speaker.Say(room, audio.Frame{Timestamp: uint32(n * audio.FrameSamples), Packet: packet(n), Level: 30}); err != nil {
			t.Errorf("frame %d: %v", n, err)
		}
	})
	soon(t, 10*time.Second, "who was removed knows", func() bool { return removed.in(room).Banned })
	for _, n := range others {
		soon(t, 10*time.Second, n.name+" has the new key", func() bool {
			_, known, _ := n.cfg.Store.Secret(room, 1)
			return known && n.in(room).Keyed
		})
	}

	for n, stop := range ears {
		got := stop()
		if n == removed {
			last := got[len(got)-1]
			t.Logf("who was removed heard %d frames, the last %v after the word was given, in epoch %d",
				len(got), last.Received.Sub(removedAt).Round(time.Millisecond), epoch.Of(last.KID))
			if epoch.Of(last.KID) != 0 || last.Received.After(removedAt.Add(speakOld+time.Second)) {
				t.Errorf("who was removed hears on: the last frame %v later, of epoch %d", last.Received.Sub(removedAt), epoch.Of(last.KID))
			}
			continue
		}
		packets, turned := make(map[string]bool), 0
		for _, h := range got {
			packets[string(h.Frame.Packet)] = true
			turned += int(epoch.Of(h.KID))
		}
		if len(packets) != len(got) || len(packets) < frames*995/1000 || turned < frames/2 {
			t.Errorf("%s heard %d of %d frames, %d of them in the new epoch", n.name, len(packets), frames, turned)
		}
	}
	chain, err := removed.cfg.Store.Ticket(room)
	if err != nil {
		t.Fatal(err)
	}
	request, err := canon.Marshal(keyRequest{Room: room, Epoch: 1, Ticket: chain})
	if err != nil {
		t.Fatal(err)
	}
	for _, n := range others {
		_, err := removed.cfg.Network.Request(t.Context(), n.ID(), KeyProtocol, request)
		if !errors.Is(err, transport.ErrRefused) {
			t.Errorf("asks %s for the new key: %v, want a refusal", n.name, err)
		}
	}
	if _, known, _ := removed.cfg.Store.Secret(room, 1); known {
		t.Error("who was removed keeps the new key")
	}
	if _, err := removed.Join(t.Context(), link.String()); err == nil && !removed.in(room).Banned {
		t.Error("who was removed is in the room again")
	}
}

// hearing collects what a node hears until it is asked for it.
func hearing(t *testing.T, n *realNode, room identity.RoomID) (stop func() []Heard) {
	t.Helper()
	heard, end, err := n.Hear(room)
	if err != nil {
		t.Fatal(err)
	}
	var collecting sync.WaitGroup
	var all []Heard
	collecting.Go(func() {
		for h := range heard {
			all = append(all, h)
		}
	})
	return func() []Heard { end(); collecting.Wait(); return all }
}

// paced does something every 20 ms, for the time that frames last.
func paced(t *testing.T, count int, do func(n int)) {
	t.Helper()
	clock := time.NewTicker(audio.FrameDuration)
	defer clock.Stop()
	for n := range count {
		do(n)
		<-clock.C
	}
}

// oneTree waits until all are in the room and below one root.
func oneTree(t *testing.T, room identity.RoomID, all []*realNode) {
	t.Helper()
	soon(t, 60*time.Second, "all are in one tree", func() bool {
		return !slices.ContainsFunc(all, func(n *realNode) bool {
			st := n.in(room)
			return !st.Network.Attached || st.Tree.Roots[0] != all[0].in(room).Tree.Roots[0] || len(st.People) != len(all)
		})
	})
}

// onStage has the host bring somebody onto the stage, for all to see.
func onStage(t *testing.T, room identity.RoomID, host, speaker *realNode, all []*realNode) {
	t.Helper()
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
}
