package mesh

import (
	"bytes"
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/banyan-rooms/banyan/crypto/identity"
)

// spreadOf returns what a community relay gossips when it has become the root, and its
// machine.
func spreadOf(t testing.TB) ([]byte, *Machine) {
	t.Helper()
	m := New(Config{
		Key: keyOf(t, 1), Room: identity.RoomID{1}, Start: start, Rand: rand.New(rand.NewPCG(1, 2)),
		MaxChildren: 8, Community: true, Dialable: true,
	})
	m.Step(0, nil)
	m.Step(5*time.Second, nil) // by then it is the root
	var data []byte
	m.Drain(func(e Effect) {
		if s, ok := e.(Spread); ok {
			data = s.Data
		}
	})
	if data == nil {
		t.Fatal("a relay advertises nothing")
	}
	return data, m
}

func TestGossipIsVerified(t *testing.T) {
	data, m := spreadOf(t)
	g, err := OpenGossip(identity.RoomID{1}, data)
	if err != nil || g.From != m.id || !g.Advert.Community || g.Advert.Slots != 8 || g.Lease == nil || g.Lease.Epoch != 1 {
		t.Errorf("got %+v, %v", g, err)
	}
	if _, err := OpenGossip(identity.RoomID{2}, data); err == nil {
		t.Error("accepted in another room")
	}
	for i := range data {
		changed := bytes.Clone(data)
		changed[i] ^= 1
		if _, err := OpenGossip(identity.RoomID{1}, changed); err == nil {
			t.Errorf("byte %d changed: accepted", i)
		}
	}
	if _, err := OpenGossip(identity.RoomID{1}, make([]byte, MaxGossip+1)); err == nil {
		t.Error("too long: accepted")
	}
}

func TestLeafsDoNotAdvertise(t *testing.T) {
	for name, cfg := range map[string]Config{"no places": {Dialable: true}, "not dialable": {MaxChildren: 8}} {
		cfg.Key, cfg.Start, cfg.Rand = keyOf(t, 1), start, rand.New(rand.NewPCG(1, 2))
		m := New(cfg)
		for i := range time.Duration(60) {
			m.Step(i*time.Second, nil)
		}
		m.Drain(func(e Effect) {
			if _, ok := e.(Spread); ok {
				t.Errorf("%s: advertises", name)
			}
		})
	}
}

func TestWhatDeadRootsSaidIsNotHeardAgain(t *testing.T) {
	data, _ := spreadOf(t)
	said, err := OpenGossip(identity.RoomID{1}, data)
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		later time.Duration
		heard bool
	}{{0, true}, {time.Minute, true}, {staleAfter - time.Second, true}, {staleAfter + 10*time.Second, false}, {24 * time.Hour, false}} {
		m := New(Config{Key: keyOf(t, 2), Room: identity.RoomID{1}, Start: start.Add(tt.later), Rand: rand.New(rand.NewPCG(1, 2))})
		m.Step(time.Second, said)
		if heard := m.trees[0].lease.root == said.From && len(m.adverts) == 1; heard != tt.heard {
			t.Errorf("%v later: heard is %v, want %v", tt.later, heard, tt.heard)
		}
	}
}

// TestEpochsDoNotBeginAnew has somebody claim the last epoch there is.
func TestEpochsDoNotBeginAnew(t *testing.T) {
	w := room(t, 0, 3, 4)
	liar := &Gossip{From: keyOf(t, 99).ID(), Seq: seqAt(start.Add(w.now)), Lease: &Lease{Epoch: math.MaxUint32}}
	w.join("relay", Config{MaxChildren: 8, Community: true})
	for _, p := range w.peers {
		w.step(p, liar)
	}
	w.run(10 * time.Second)
	w.tree()
	root := find(w, func(p *peer) bool { return p.isRoot })
	if root == nil || root.name != "relay" || root.epoch != math.MaxUint32 {
		t.Fatalf("want the relay as the root, of the last epoch; got %s of epoch %d", root.name, root.epoch)
	}
	root.dead = true
	w.run(30 * time.Second)
	w.tree()
}

func FuzzOpenGossip(f *testing.F) {
	data, _ := spreadOf(f)
	f.Add(data)
	f.Fuzz(func(t *testing.T, b []byte) {
		if _, err := OpenGossip(identity.RoomID{1}, b); err == nil && !bytes.Equal(b, data) {
			t.Errorf("%x: accepted, though nobody signed it", b)
		}
	})
}
