package mesh

import (
	"bytes"
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

func FuzzOpenGossip(f *testing.F) {
	data, _ := spreadOf(f)
	f.Add(data)
	f.Fuzz(func(t *testing.T, b []byte) {
		if _, err := OpenGossip(identity.RoomID{1}, b); err == nil && !bytes.Equal(b, data) {
			t.Errorf("%x: accepted, though nobody signed it", b)
		}
	})
}
