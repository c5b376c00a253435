package web

import (
	"flag"
	"fmt"
	"math"
	"os/signal"
	"syscall"
	"testing"
	"time"

	"github.com/banyan-rooms/banyan/crypto/identity"
	"github.com/banyan-rooms/banyan/node"
	"github.com/banyan-rooms/banyan/node/audio"
)

var preview = flag.String("preview", "", "serve the page with made-up people at this address until interrupted")

// TestPreview is for working on the page: everything moves, nothing is real.
//
//	go test ./node/web -run TestPreview -preview 127.0.0.1:7777
func TestPreview(t *testing.T) {
	if *preview == "" {
		t.Skip("needs -preview ADDR")
	}
	ctx, stop := signal.NotifyContext(t.Context(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	f := newFake()
	f.change(func(s *node.Status) { *s = madeUp() })
	s, err := New(ctx, Config{Node: f, Listen: *preview, Token: "preview", Version: "preview"})
	if err != nil {
		t.Fatal(err)
	}
	fmt.Println(s.URL())
	go f.chatter(ctx.Done())
	go f.mend(ctx.Done())
	if err := s.Run(ctx); err != nil {
		t.Error(err)
	}
}

// names of the made-up people; who they are follows from their place here.
var names = []string{
	"Mai Trần", "Jonas Weber", "Amara Okafor", "李 静", "Sofía", "Priya Raman", "Tomás", "Yuki Tanaka", "Ada",
	"Noor Haddad", "Björn", "Lê Minh", "Olena", "Sam", "Chidi", "Ingrid Solberg", "Kofi", "Zeynep", "Ravi", "Lucía Gómez",
	"Hà", "Marek", "Fatou", "Eoin", "Wei", "Anouk", "Dmitri", "Leila", "Paolo", "Grace",
}

func person(n int, role string, onStage bool) node.Person {
	p := node.Person{ID: peer(byte(n + 1)), Name: names[n%len(names)], Role: role, OnStage: onStage, Self: n == 0, Voice: "unheard"}
	if onStage && !p.Self {
		p.Voice = "proven"
	}
	return p
}

// madeUp is a lobby and rooms in every state that the page draws.
func madeUp() node.Status {
	card := func(n byte, title, lang string, host, people, speakers int) node.Card {
		return node.Card{
			Room: roomID(n), Title: title, Host: peer(byte(host + 1)), HostName: names[host], Kind: "open",
			People: people, Speakers: speakers, Language: lang,
		}
	}
	return node.Status{
		Self: node.Self{ID: peer(1), Name: names[0], Peers: 12, Addrs: []string{"/ip4/192.168.1.20/udp/4001/quic-v1"}},
		Lobby: []node.Card{
			card(90, "Sourdough at altitude", "en", 1, 34, 3), card(91, "Chuyện nghề phần mềm", "vi", 11, 128, 5),
			card(92, "夜聊：城市与树", "zh", 3, 9, 2), card(93, "Late radio", "", 5, 1, 1),
		},
		Known: []node.KnownRoom{{Room: roomID(80), Title: "Tuesday tinkerers", Host: peer(6)}, {Room: roomID(81), Title: "My garden", Host: peer(1), Own: true}},
		Rooms: []node.RoomStatus{hosting(), listening(), invitedUp(), alone(), closed()},
	}
}

// hosting is a room of one's own, with hands up and two trees.
func hosting() node.RoomStatus {
	r := node.RoomStatus{
		Keyed: true, ID: roomID(1), Title: "What trees know about networks", Kind: "open", Language: "en",
		Host: peer(1), Owner: peer(1), Heir: peer(2), Role: "host", OnStage: true, MayInvite: true, Locked: true,
		Removed: []node.Removed{{ID: peer(200), Name: "Loud Larry"}, {ID: peer(201)}},
		Network: node.NetworkStatus{Attached: true, DelayMS: 42, Received: 60234, Lost: 3, Words: "two paths, 42 ms from the stage"},
	}
	r.People = append(r.People, person(0, "host", true), person(1, "moderator", true), person(2, "speaker", true), person(3, "speaker", true))
	r.People[1].By, r.People[1].Since = peer(1), time.Date(2026, 11, 20, 19, 5, 0, 0, time.UTC)
	r.People[2].Muted = true
	r.People[3].Muted, r.People[3].Mute = true, "locked"
	for n := 4; n < 24; n++ {
		r.People = append(r.People, person(n, "listener", false))
	}
	for i, n := range []int{6, 9, 15} {
		r.People[n].Hand = i + 1
		r.Hands = append(r.Hands, r.People[n].ID)
	}
	r.People[9].Invited = true
	twoTrees(&r)
	return r
}

// listening is a large room heard from the audience.
func listening() node.RoomStatus {
	r := node.RoomStatus{
		Keyed: true, ID: roomID(2), Title: "Sunday reading: a very long title that wraps onto a second line on any phone", Kind: "secret",
		Language: "vi", Host: peer(12), Owner: peer(12), Role: "listener",
		Network: node.NetworkStatus{Attached: true, Paths: []node.Path{{Attached: true, Root: peer(40), Parent: peer(40), Backup: peer(3), Depth: 1, Children: 2}}, DelayMS: 84, Received: 9000, Lost: 700, Words: "one path, 84 ms from the stage, some loss"},
	}
	for n := 1; n < 9; n++ {
		r.People = append(r.People, person(n, "speaker", true))
	}
	r.People = append(r.People, person(11, "host", true))
	r.People[0].Voice, r.People[1].Voice = "forged", "unproven"
	r.Frauds = []node.Fraud{{Who: r.People[2].ID, Name: r.People[2].Name}, {Who: peer(222)}}
	r.People = append(r.People, person(0, "listener", false))
	for n := 13; n < 150; n++ {
		r.People = append(r.People, person(n, "listener", false))
	}
	r.Tree = tree(24)
	return r
}

// invitedUp is a room whose host asks one to the stage.
func invitedUp() node.RoomStatus {
	r := node.RoomStatus{Keyed: true, ID: roomID(3), Title: "Kitchen table", Kind: "open", Host: peer(2), Owner: peer(1), Role: "listener", Invited: true, MayInvite: true}
	r.People = append(r.People, person(0, "listener", false), person(1, "host", true), person(2, "speaker", true), person(7, "listener", false))
	r.People[0].Invited = true
	r.Network = node.NetworkStatus{Attached: false, Words: "looking for a way in"}
	r.Tree = node.Tree{Roots: []identity.ID{peer(2)}, Nodes: []node.TreeNode{{ID: peer(2), Name: names[1]}, {ID: peer(1), Name: names[0], Self: true}, {ID: peer(3), Name: names[2]}}}
	r.Tree.Edges = []node.TreeEdge{{From: peer(2), To: peer(1)}, {From: peer(2), To: peer(3)}}
	return r
}

func alone() node.RoomStatus {
	return node.RoomStatus{
		Keyed: true, ID: roomID(4), Title: "Just me", Kind: "invite", Host: peer(1), Owner: peer(1), Role: "host", OnStage: true, MayInvite: true,
		People: []node.Person{person(0, "host", true)},
	}
}

func closed() node.RoomStatus {
	return node.RoomStatus{
		Keyed: true, ID: roomID(5), Title: "Yesterday", Kind: "open", Host: peer(2), Role: "listener", Closed: true,
		People: []node.Person{person(0, "listener", false), person(1, "host", false)},
	}
}

// chatter lets the speakers take turns, and gives back what the microphone says as
// the second person's voice.
func (f *fake) chatter(done <-chan struct{}) {
	tick := time.NewTicker(audio.FrameDuration)
	defer tick.Stop()
	for n := uint64(0); ; n++ {
		select {
		case <-done:
			return
		case frame := <-f.said:
			for _, r := range f.Status().Rooms {
				f.speak(r.ID, node.Heard{Speaker: peer(2), KID: 1, CTR: uint64(frame.Timestamp / audio.FrameSamples), Frame: frame})
			}
		case <-tick.C:
			f.babble(n)
		}
	}
}

// babble is a frame of whoever has the turn; a turn is three seconds.
func (f *fake) babble(n uint64) {
	for _, r := range f.Status().Rooms {
		var talkers []identity.ID
		for _, p := range r.People {
			if p.OnStage && !p.Muted && !p.Self && p.ID != peer(2) {
				talkers = append(talkers, p.ID)
			}
		}
		for i, id := range talkers {
			level := uint8(127)
			if int(n/150)%len(talkers) == i {
				level = uint8(30 + 14*math.Sin(float64(n)/3) + 8*math.Sin(float64(n)/19))
			}
			f.loud(id, level)
			f.speak(r.ID, node.Heard{Speaker: id, KID: 1, CTR: n, Frame: audio.Frame{Timestamp: uint32(n) * audio.FrameSamples, Packet: opus20, Level: level}})
		}
	}
}
