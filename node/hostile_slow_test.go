//go:build slow

package node

import (
	"bufio"
	"bytes"
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/libp2p/go-libp2p"
	pubsub "github.com/libp2p/go-libp2p-pubsub"
	"github.com/libp2p/go-libp2p/core/host"
	"github.com/libp2p/go-libp2p/core/network"
	"github.com/libp2p/go-libp2p/core/peer"
	"github.com/libp2p/go-libp2p/core/protocol"
	ma "github.com/multiformats/go-multiaddr"

	"github.com/banyan-rooms/banyan/crypto/canon"
	"github.com/banyan-rooms/banyan/crypto/identity"
	"github.com/banyan-rooms/banyan/crypto/invite"
	"github.com/banyan-rooms/banyan/node/audio"
	"github.com/banyan-rooms/banyan/rooms"
)

// attacker is a plain libp2p host that means ill.
type attacker struct {
	host.Host
	topic *pubsub.Topic
}

// siege is what attackers are told.
type siege struct {
	Nodes [][]string      // the addresses of each
	IDs   []peer.ID       // of the nodes
	Room  identity.RoomID // and what is known of it
	Topic string
	Old   [][]byte // that was said in it
}

// hostile is how many attackers there are.
const hostile = 50

// TestSlowFiftyHostileHosts has a room of ten real nodes go on while fifty hosts attack
// all of them in all the ways that strangers have. The hosts are a process of their own,
// which gets what the nodes leave of this machine: theirs would be others.
func TestSlowFiftyHostileHosts(t *testing.T) {
	if told := os.Getenv("BANYAN_SIEGE"); told != "" {
		besiege(t, told)
		return
	}
	const (
		people    = 10
		seconds   = 20
		maxGrowth = 128 << 20 // of the heap that all ten nodes have together
	)
	all := make([]*realNode, people)
	for i := range all {
		all[i] = startReal(t, "node "+string(rune('a'+i)))
	}
	room, err := all[0].Create(t.Context(), rooms.Policy{Kind: rooms.InviteOnly, Title: "Besieged"})
	if err != nil {
		t.Fatal(err)
	}
	link, err := all[0].Invite(t.Context(), room, InviteOptions{})
	if err != nil {
		t.Fatal(err)
	}
	for _, n := range all[1:] {
		if _, err := n.Join(t.Context(), link.String()); err != nil {
			t.Fatalf("%s joins: %v", n.name, err)
		}
	}
	oneTree(t, room, all)
	onStage(t, room, all[0], all[1], all)
	known := all[0].session(room).seat.(*member)
	old, err := ask(t.Context(), known.session, func(time.Duration) [][]byte { return known.room.Sync(nil) })
	if err != nil {
		t.Fatal(err)
	}

	plan := siege{Room: room, Topic: topicOf(known.genesis.Meeting), Old: old}
	for _, n := range all {
		plan.Nodes, plan.IDs = append(plan.Nodes, n.Status().Self.Addrs), append(plan.IDs, n.ID().Peer())
	}
	lift := layDown(t, plan)
	ears := make(map[*realNode]func() []Heard)
	for _, n := range slices.Concat(all[:1], all[2:]) {
		ears[n] = hearing(t, n, room)
	}
	before := heap()
	lift.begin()
	const frames = seconds * 50
	paced(t, frames, func(n int) {
		if err := all[1].Say(room, audio.Frame{Timestamp: uint32(n * audio.FrameSamples), Packet: packet(n), Level: 30}); err != nil {
			t.Errorf("frame %d: %v", n, err)
		}
	})
	grown := heap() - before
	gated, rest := 0, 0
	for _, n := range all {
		for _, other := range all {
			n.gates.mu.Lock()
			if _, wrong := n.gates.until[other.ID()]; wrong {
				t.Errorf("%s does not let %s connect, who has done nothing", n.name, other.name)
			}
			n.gates.mu.Unlock()
		}
		gated += int(n.Counters().Gated)
		for _, id := range n.cfg.Network.Peers() {
			if !slices.Contains(plan.IDs, id.Peer()) {
				rest++
			}
		}
	}
	lift.end()
	for n, stop := range ears {
		got := len(stop())
		speaker, _ := person(n.in(room), all[1].ID())
		t.Logf("%s heard %d of %d frames; the voice is %s", n.name, got, frames, speaker.Voice)
		if got < frames*99/100 {
			t.Errorf("%s heard %d of %d frames", n.name, got, frames)
		}
	}
	c := all[0].Counters()
	t.Logf("gated %d times by %d nodes, %d connections of attackers left of %d; the heap grew by %d MiB; the host counted %d malformed, %d denied, %d refused",
		gated, people, rest, people*hostile, grown>>20, c.Malformed, c.Denied, c.Refused)
	if gated < people*hostile/2 {
		t.Errorf("%d of %d times an attacker was gated, want at least half", gated, people*hostile)
	}
	if grown > maxGrowth {
		t.Errorf("the heap grew by %d MiB, at most %d are fair", grown>>20, maxGrowth>>20)
	}
	if got := len(all[0].in(room).People); got != people {
		t.Errorf("%d people are in the room, want %d", got, people)
	}
}

// heap is how many bytes live on the heap.
func heap() int64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

// attackers are the process that attacks.
type attackers struct {
	t     *testing.T
	stdin io.WriteCloser
	done  chan error
}

// layDown starts the attackers, and returns when they are connected.
func layDown(t *testing.T, plan siege) *attackers {
	t.Helper()
	told, err := json.Marshal(plan)
	if err != nil {
		t.Fatal(err)
	}
	child := exec.CommandContext(t.Context(), "nice", "-n", "19", os.Args[0], "-test.run", "^TestSlowFiftyHostileHosts$")
	child.Env = append(os.Environ(), "BANYAN_SIEGE="+string(told))
	child.Stderr = os.Stderr
	a := &attackers{t: t, done: make(chan error, 1)}
	if a.stdin, err = child.StdinPipe(); err != nil {
		t.Fatal(err)
	}
	out, err := child.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(out)
	if !lines.Scan() || lines.Text() != "ready" {
		t.Fatalf("the attackers say %q", lines.Text())
	}
	go func() {
		for lines.Scan() { // it says that it passed
		}
		a.done <- child.Wait()
	}()
	return a
}

func (a *attackers) begin() {
	if _, err := io.WriteString(a.stdin, "begin\n"); err != nil {
		a.t.Fatal(err)
	}
}

func (a *attackers) end() {
	if err := errors.Join(a.stdin.Close(), <-a.done); err != nil {
		a.t.Errorf("the attackers: %v", err)
	}
}

// besiege is the attackers' side.
func besiege(t *testing.T, told string) {
	t.Helper()
	var plan siege
	if err := json.Unmarshal([]byte(told), &plan); err != nil {
		t.Fatal(err)
	}
	ctx, end := context.WithCancel(t.Context())
	all := make([]*attacker, hostile)
	for i := range all {
		all[i] = newAttacker(ctx, t, plan)
	}
	fmt.Println("ready")
	word := bufio.NewReader(os.Stdin)
	if _, err := word.ReadString('\n'); err != nil {
		t.Fatal(err)
	}
	var attacking sync.WaitGroup
	for i, a := range all {
		attacking.Go(func() { a.attack(ctx, i, plan) })
	}
	_, _ = word.ReadByte() // until it is closed
	end()
	attacking.Wait()
}

func newAttacker(ctx context.Context, t *testing.T, plan siege) *attacker {
	t.Helper()
	h, err := libp2p.New(libp2p.ListenAddrStrings("/ip4/127.0.0.1/udp/0/quic-v1"), libp2p.DisableRelay(), libp2p.DisableMetrics(),
		libp2p.ResourceManager(&network.NullResourceManager{}))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = h.Close() })
	ps, err := pubsub.NewGossipSub(ctx, h, pubsub.WithMessageSignaturePolicy(pubsub.StrictNoSign), pubsub.WithFloodPublish(true))
	if err != nil {
		t.Fatal(err)
	}
	a := &attacker{Host: h}
	if a.topic, err = ps.Join(plan.Topic); err != nil {
		t.Fatal(err)
	}
	if _, err := a.topic.Subscribe(); err != nil {
		t.Fatal(err)
	}
	for _, addrs := range plan.Nodes {
		for _, text := range addrs {
			info, err := peer.AddrInfoFromP2pAddr(ma.StringCast(text))
			if err != nil {
				t.Fatal(err)
			}
			if err := h.Connect(ctx, *info); err != nil {
				t.Fatal(err)
			}
		}
	}
	return a
}

// attack does one kind of harm, ten times a second, to all in turn.
func (a *attacker) attack(ctx context.Context, kind int, plan siege) {
	clock := time.NewTicker(100 * time.Millisecond)
	defer clock.Stop()
	for n := uint64(0); ; n++ {
		select {
		case <-ctx.Done():
			return
		case <-clock.C:
		}
		to := plan.IDs[n%uint64(len(plan.IDs))]
		switch kind % 6 {
		case 0: // it floods the topic with noise
			_ = a.topic.Publish(ctx, binary.BigEndian.AppendUint64(bytes.Repeat([]byte{1}, 1000), n))
		case 1: // and with what was said before, by others
			_ = a.topic.Publish(ctx, append([]byte{gossipItem}, plan.Old[n%uint64(len(plan.Old))]...))
			a.send(ctx, to, MeshProtocol, binary.BigEndian.AppendUint64(nil, n))
		case 2: // it opens streams, and says half of something
			if s, err := a.NewStream(ctx, to, protocol.ID(AdmitProtocol)); err == nil {
				_, _ = s.Write([]byte{200})
			}
			a.send(ctx, to, MeshProtocol, nil)
		case 3: // it asks for keys
			b, err := canon.Marshal(keyRequest{Room: plan.Room, Epoch: uint32(n)})
			if err == nil {
				for range 10 {
					a.send(ctx, to, KeyProtocol, b)
				}
			}
		case 4: // it shows a chain of a million invites
			b, err := canon.Marshal(keyRequest{Room: plan.Room, Ticket: make(invite.Chain, 10000)})
			if err == nil {
				a.send(ctx, to, KeyProtocol, b)
			}
			a.send(ctx, to, KeyProtocol, append([]byte{0x9a, 0, 0x0f, 0x42, 0x40}, bytes.Repeat([]byte{0x40}, 60000)...))
		case 5: // it talks nonsense to the mesh
			for range 5 {
				a.send(ctx, to, MeshProtocol, bytes.Repeat([]byte{byte(n)}, 500))
			}
		}
	}
}

// send sends one message, as our own protocols frame it, and waits for no answer.
func (a *attacker) send(ctx context.Context, to peer.ID, over string, message []byte) {
	s, err := a.NewStream(ctx, to, protocol.ID(over))
	if err != nil {
		return
	}
	_, _ = s.Write(append(binary.AppendUvarint(nil, uint64(len(message))), message...))
	_ = s.CloseWrite()
	go func() {
		_ = s.SetReadDeadline(time.Now().Add(time.Second))
		_, _ = io.Copy(io.Discard, s)
		_ = s.Reset()
	}()
}
