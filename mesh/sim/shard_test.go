package sim

import (
	"bytes"
	"errors"
	"fmt"
	"reflect"
	"runtime"
	"testing"
	"time"
)

// eventful is a room in which everything happens that can.
func eventful() Config {
	const sec = time.Second
	cfg := rough(0)
	cfg.Peers, cfg.Churn.Rate = 60, 3
	cfg.Faults = []Fault{
		{At: 8 * sec, Kind: KillRelays, Share: 0.3},
		{At: 10 * sec, Kind: Split, Share: 0.4, For: 6 * sec},
		{At: 11 * sec, Kind: Drop, Share: 0.1},
		{At: 12 * sec, Kind: Crowd, Peers: 30, For: sec},
		{At: 17 * sec, Kind: KillRoot},
	}
	return cfg
}

// What happens to each peer does not depend on how many shards the others are in, nor on how
// many cores run them.
func TestShardsAndCoresDoNotMatter(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(4))
	var want Report
	hashes := make(map[int]string) // by shards
	for _, tt := range []struct{ shards, cores int }{{1, 1}, {2, 2}, {7, 1}, {7, 4}} {
		cfg := eventful()
		cfg.shards, cfg.Cores = tt.shards, tt.cores
		r := ran(t, cfg, 20*time.Second).Report()
		if hash, ran := hashes[tt.shards]; ran && r.TraceHash != hash {
			t.Errorf("%+v: trace %s, on other cores %s", tt, r.TraceHash, hash)
		}
		hashes[tt.shards], r.TraceHash = r.TraceHash, ""
		if want.Events == 0 {
			want = r
		}
		if !reflect.DeepEqual(r, want) {
			t.Errorf("%+v:\n%+v\nwant\n%+v", tt, r, want)
		}
	}
}

// A listing is in the order of time, whoever wrote which part of it.
func TestShardsListInOrder(t *testing.T) {
	listing := func(shards int) string {
		var out bytes.Buffer
		ran(t, Config{Seed: 1, Peers: 12, Trace: &out, shards: shards}, 5*time.Second)
		return out.String()
	}
	if one, many := listing(1), listing(5); one != many {
		t.Errorf("of one shard %d bytes are listed, of five %d others", len(one), len(many))
	}
}

// The first invariant that breaks is the same one, in whichever shard it does.
func TestTheFirstBreakInAnyShard(t *testing.T) {
	few := Invariant{Name: "few children", Check: func(s *Scene) error {
		if n := s.Machine.Children(0); n > 3 {
			return fmt.Errorf("peer %d has %d", s.Peer, n)
		}
		return nil
	}}
	still := Invariant{Name: "nobody moves", Moved: func(w *World, m Move) error {
		if int(m.parent) == w.Parent(1, 0) && m.at > 2*time.Second {
			return fmt.Errorf("peer %d has the parent of peer 1", m.peer)
		}
		return nil
	}}
	for _, i := range []Invariant{few, still} {
		var want time.Duration
		for _, shards := range []int{1, 3, 8} {
			w, err := New(Config{Seed: 3, Peers: 40, Invariants: []Invariant{i}, shards: shards, Cores: 3})
			if err != nil {
				t.Fatal(err)
			}
			err = w.Run(10 * time.Second)
			if err == nil {
				t.Fatalf("%s: the world of %d shards ran on", i.Name, shards)
			}
			if b := w.broken; b == nil || !errors.Is(w.Run(20*time.Second), b) {
				t.Errorf("%s: broken %v", i.Name, b)
			}
			at := w.Now()
			if shards == 1 {
				want = at
			}
			if at != want {
				t.Errorf("%s: in %d shards it broke at %v, in one at %v: %v", i.Name, shards, at, want, err)
			}
		}
	}
}

func TestContactsAreKept(t *testing.T) {
	var c contacts
	for i := range int32(3 * fewContacts) {
		of, known := c.with(7 * i)
		if known {
			t.Fatalf("a new contact, with %d, is known", 7*i)
		}
		of.last = time.Duration(i)
	}
	for i := range int32(3 * fewContacts) {
		if of, known := c.with(7 * i); !known || of.last != time.Duration(i) {
			t.Errorf("contact with %d: %+v, known %v", 7*i, of, known)
		}
	}
}
