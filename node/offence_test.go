package node

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/banyan-rooms/banyan/rooms"
)

// TestWhoTalksNonsenseIsGated has a stranger send what cannot be read, and ask too often.
func TestWhoTalksNonsenseIsGated(t *testing.T) {
	for name, hostile := range map[string]func(p *villager, eve *villager){
		"control messages": func(p, eve *villager) {
			eve.peer.SendControl(p.ID(), MeshProtocol, []byte("nonsense"), func(error) {})
		},
		"requests": func(p, eve *villager) {
			_, _ = eve.peer.Request(eve.t.Context(), p.ID(), AdmitProtocol, []byte("nonsense"))
		},
		"requests for keys": func(p, eve *villager) {
			_, _ = eve.peer.Request(eve.t.Context(), p.ID(), KeyProtocol, mustMarshal(eve.t, keyRequest{Room: aRoom}))
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				v := newVillage(t)
				defer v.close()
				host, friend := v.add("host"), v.add("friend")
				room := host.create(rooms.Open)
				friend.join(host.link(room, InviteOptions{}))
				eve := v.add("eve", via(host))
				time.Sleep(2 * time.Second)
				reaches := func() bool { _, err := eve.peer.Connect(t.Context(), host.Status().Self.Addrs); return err == nil }
				if !reaches() {
					t.Fatal("eve does not reach the host before")
				}
				for n := 0; host.Counters().Gated == 0; n++ {
					if n > 1000 {
						t.Fatal("eve is never gated")
					}
					hostile(host, eve)
					time.Sleep(10 * time.Millisecond)
				}
				if time.Sleep(time.Second); reaches() {
					t.Error("eve is gated, and connects")
				}
				if got := host.Counters().Gated; got != 1 || host.person(room, friend).ID.IsZero() || !host.room(room).Network.Attached {
					t.Errorf("%d are gated, the friend is here: %v", got, !host.person(room, friend).ID.IsZero())
				}
				time.Sleep(gatedFor + 2*time.Second)
				if !reaches() {
					t.Error("eve is never forgiven")
				}
			})
		})
	}
}
