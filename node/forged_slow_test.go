//go:build slow

package node

import (
	"encoding/binary"
	"slices"
	"testing"
	"time"

	"github.com/banyan-rooms/banyan/crypto/identity"
	"github.com/banyan-rooms/banyan/crypto/proof"
	"github.com/banyan-rooms/banyan/mesh/wire"
	"github.com/banyan-rooms/banyan/node/audio"
	"github.com/banyan-rooms/banyan/rooms"
)

// TestSlowAForgedVoiceIsMuted has a listener of a room of real nodes, who has the room's
// key as all have, speak in the speaker's voice. All others say whose voice it is, play
// none of it after a second, and go on hearing the speaker.
func TestSlowAForgedVoiceIsMuted(t *testing.T) {
	all := make([]*realNode, 6)
	for i := range all {
		all[i] = startReal(t, []string{"host", "speaker", "forger", "ear 1", "ear 2", "ear 3"}[i])
	}
	host, speaker, forger := all[0], all[1], all[2]
	room, err := host.Create(t.Context(), rooms.Policy{Kind: rooms.Open, Title: "Forged"})
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

	honest := slices.Concat(all[:1], all[3:])
	voice := func(n *realNode) string {
		p, _ := person(n.in(room), speaker.ID())
		return p.Voice
	}
	everyone := func(what string, voices ...string) {
		t.Helper()
		soon(t, 10*time.Second, what, func() bool {
			return !slices.ContainsFunc(honest, func(n *realNode) bool { return !slices.Contains(voices, voice(n)) })
		})
	}
	said := 0
	speak := func(also func(n int), frames int) {
		t.Helper()
		paced(t, frames, func(n int) {
			also(n)
			if err := speaker.Say(room, audio.Frame{Timestamp: uint32(said * audio.FrameSamples), Packet: packet(said), Level: 30}); err != nil {
				t.Errorf("frame %d: %v", said, err)
			}
			said++
		})
	}
	speak(func(int) {}, 50)
	everyone("the voice is proven", "proven")

	const second = 50
	for _, tt := range []struct {
		name   string
		speaks bool
		due    bool   // forged frames where a proof is due, too
		ahead  uint64 // of the speaker; its own frames of the same numbers would count as copies on the way
	}{
		{"while the speaker is silent, without proofs", false, true, 200},
		{"while the speaker is silent, where no proof is due", false, false, 200},
		{"far ahead", true, false, 1 << 40},
		{"while the speaker speaks", true, false, 200},
	} {
		t.Run(tt.name, func(t *testing.T) {
			ears := make(map[*realNode]func() []Heard)
			for _, n := range honest {
				ears[n] = hearing(t, n, room)
			}
			from, first := speaker.next(t, room)+tt.ahead, said
			lie := func(n int) {
				if ctr := from + uint64(n); tt.due || !proof.Due(ctr) {
					forger.forge(t, room, speaker.ID(), ctr)
				}
			}
			if tt.speaks {
				speak(lie, 3*second)
			} else {
				paced(t, 3*second, lie)
			}
			everyone("all say whose voice it is", "forged", "unproven")
			for n, stop := range ears {
				forged, own := 0, 0
				for _, h := range stop() {
					if isForged(h.Frame.Packet) {
						forged++
					} else {
						own++
					}
				}
				t.Logf("%s says %s: played %d of %d forged frames, and %d of the speaker's %d", n.name, voice(n), forged, 3*second, own, said-first)
				if forged > second || own < (said-first)*9/10 {
					t.Errorf("%s played %d forged frames, and %d of the speaker's %d", n.name, forged, own, said-first)
				}
			}
			speak(func(int) {}, 8*second)
			everyone("the voice is proven again", "proven")
		})
	}
}

// forge says a frame in another's voice.
func (r *realNode) forge(t *testing.T, room identity.RoomID, whose identity.ID, ctr uint64) {
	t.Helper()
	m := r.session(room).seat.(*member)
	packet := binary.BigEndian.AppendUint64([]byte("forged"), ctr)
	body := plain{Timestamp: uint32(ctr), Captured: clockMS(time.Now()), Packet: packet}.bytes()
	m.await(func(now time.Duration) {
		secret := m.secrets[0]
		key, err := secret.SenderKey(room, 0, whose)
		if err != nil {
			t.Error(err)
			return
		}
		meta := wire.Metadata(20)
		raw := key.AppendSeal(wire.AppendFrame(nil, wire.Of(0), 20, nil), ctr, meta[:], body)
		f, err := wire.ParseFrame(raw)
		if err != nil {
			t.Error(err)
			return
		}
		m.forward(now, identity.ID{}, f, raw)
	})
}

func isForged(packet []byte) bool { return len(packet) > 6 && string(packet[:6]) == "forged" }

// next is the number of the next frame that somebody says.
func (r *realNode) next(t *testing.T, room identity.RoomID) uint64 {
	t.Helper()
	m := r.session(room).seat.(*member)
	ctr, err := ask(t.Context(), m.session, func(time.Duration) uint64 { return m.mouth.next })
	if err != nil {
		t.Fatal(err)
	}
	return ctr
}
