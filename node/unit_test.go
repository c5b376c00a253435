package node

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/banyan-rooms/banyan/crypto/identity"
	"github.com/banyan-rooms/banyan/node/audio"
	"github.com/banyan-rooms/banyan/node/transport"
	"github.com/banyan-rooms/banyan/rooms"
)

func TestBucket(t *testing.T) {
	const s = time.Second
	tests := []struct {
		name string
		at   []time.Duration
		want []bool
	}{
		{"a burst and no more", []time.Duration{0, 0, 0, 0}, []bool{true, true, true, false}},
		{"then two a second", []time.Duration{0, 0, 0, s / 2, s / 2, s, s}, []bool{true, true, true, true, false, true, false}},
		{"never more than the burst", []time.Duration{0, 100 * s, 100 * s, 100 * s, 100 * s}, []bool{true, true, true, true, false}},
		{"a full one at any time", []time.Duration{1000 * s}, []bool{true}},
	}
	for _, test := range tests {
		var b bucket
		var got []bool
		for _, at := range test.at {
			got = append(got, b.take(at, 2, 3))
		}
		if !slices.Equal(got, test.want) {
			t.Errorf("%s: %v, want %v", test.name, got, test.want)
		}
	}
}

func TestLimiterForgetsNobodyForEver(t *testing.T) {
	l := newLimiter(0, 1)
	now := time.Now()
	for i := range maxLimited + 10 {
		var id identity.ID
		id[0], id[1] = byte(i), byte(i>>8)
		if !l.allow(id, now) {
			t.Fatalf("peer %d may not do its first thing", i)
		}
	}
	if n := len(l.peers); n > maxLimited {
		t.Errorf("%d peers are remembered, at most %d", n, maxLimited)
	}
}

func TestCapturedAt(t *testing.T) {
	for _, now := range []time.Time{time.UnixMilli(1 << 32), time.UnixMilli(5<<32 + 10), time.UnixMilli(1_800_000_000_000)} {
		for _, since := range []time.Duration{0, 42 * time.Millisecond, -7 * time.Millisecond, time.Hour} {
			was := now.Add(-since)
			if got := capturedAt(clockMS(was), now); !got.Equal(was) {
				t.Errorf("captured %v before %v: got %v", since, now, now.Sub(got))
			}
		}
	}
}

func TestParsePlain(t *testing.T) {
	good := plain{Timestamp: 1, Captured: 2, Packet: []byte{3}}.bytes()
	covered := plain{Timestamp: 961, Captured: 22, Packet: []byte{4}, Cover: cover{960, []byte{3}}}.bytes()
	if p, _, _, err := parsePlain(covered); err != nil || p.Cover.Earlier != 960 || !bytes.Equal(p.Cover.Packet, []byte{3}) || !bytes.Equal(p.Packet, []byte{4}) {
		t.Errorf("read back %+v, %v", p, err)
	}
	tests := []struct {
		name string
		b    []byte
		err  string
	}{
		{"nothing", nil, "0 bytes"},
		{"no packet", good[:plainHeader], "want more"},
		{"a packet that is too long", make([]byte, plainHeader+audio.MaxPacket+1), "1 to 600"},
		{"another layout", append([]byte{0, 0, 0, 0, 0, 0, 0, 0, 4}, 1), "flags"},
		{"a cover that ends early", append([]byte{0, 0, 0, 0, 0, 0, 0, 0, withCover}, 3, 192, 0), "a cover of 3 bytes"},
		{"an empty cover", append([]byte{0, 0, 0, 0, 0, 0, 0, 0, withCover}, 3, 192, 0, 0, 1), "a cover of 0 bytes"},
		{"a cover longer than the rest", append([]byte{0, 0, 0, 0, 0, 0, 0, 0, withCover}, 3, 192, 0, 9, 1), "1 to 600 of 1"},
		{"a cover, and no packet", append([]byte{0, 0, 0, 0, 0, 0, 0, 0, withCover}, 3, 192, 0, 1, 1), "0 bytes"},
		{"one with a cover", covered, ""},
		{"no proof though it says so", append([]byte{0, 0, 0, 0, 0, 0, 0, 0, withProof}, 1), "no proof"},
		{"a proof, and no packet", append([]byte{0, 0, 0, 0, 0, 0, 0, 0, withProof}, make([]byte, 65)...), "0 bytes"},
		{"a good one", good, ""},
	}
	for _, test := range tests {
		if _, _, _, err := parsePlain(test.b); test.err == "" != (err == nil) || err != nil && !strings.Contains(err.Error(), test.err) {
			t.Errorf("%s: %v, want %q", test.name, err, test.err)
		}
	}
}

func TestScore(t *testing.T) {
	tests := []struct {
		name           string
		ctrs           []uint64
		received, lost uint64
	}{
		{"all there", []uint64{5, 6, 7}, 3, 0},
		{"two missing", []uint64{5, 8}, 2, 2},
		{"one came late", []uint64{5, 7, 6}, 3, 0},
		{"the first came late", []uint64{5, 4, 6}, 3, 0},
		{"a restart is no loss", []uint64{5, 6, 8, 3000, 3001}, 5, 1},
		{"nothing", nil, 0, 0},
	}
	for _, test := range tests {
		m := &member{voices: map[uint64]*voice{1: {}}}
		for _, ctr := range test.ctrs {
			m.score.take(m.voices[1], Heard{CTR: ctr})
		}
		if m.score.received != test.received || m.lostNow() != test.lost {
			t.Errorf("%s: %d received, %d lost; want %d, %d", test.name, m.score.received, m.lostNow(), test.received, test.lost)
		}
		m.score.settle(m.voices[1])
		if m.lostNow() != test.lost {
			t.Errorf("%s: %d lost in the end, want %d", test.name, m.lostNow(), test.lost)
		}
	}
	var s score
	for _, ms := range []int{30, 50, 10, 40, 20} {
		now := time.UnixMilli(1000)
		s.take(&voice{}, Heard{Received: now, Captured: now.Add(-time.Duration(ms) * time.Millisecond)})
	}
	if got := s.medianDelay(); got != 30 {
		t.Errorf("median delay %d, want 30", got)
	}
}

func TestRoadIsBounded(t *testing.T) {
	ann, eve := keyOf(t, 1).ID(), keyOf(t, 2).ID()
	const ms = time.Millisecond
	r := newRoad()
	passed := 0
	for i := range 1000 { // a neighbor that floods one stream for a second
		if r.admit(time.Duration(i)*ms, eve, 1, false) {
			passed++
		}
	}
	if passed < framesBurst || passed > framesBurst+framesPerSecond+1 {
		t.Errorf("%d frames of a second's flood passed, want about %d", passed, framesBurst+framesPerSecond)
	}

	r = newRoad()
	for kid := range uint64(100) { // one that makes streams up
		r.admit(0, eve, kid, false)
	}
	if n := len(r.streams); n != rooms.MaxStage {
		t.Errorf("%d streams of one neighbor, at most %d", n, rooms.MaxStage)
	}
	if !r.admit(0, ann, 1000, false) {
		t.Error("one neighbor shuts another's stream out")
	}
	for i := range uint64(100) { // many that do
		var id identity.ID
		id[0] = byte(i)
		r.admit(0, id, 2000+i, false)
	}
	if n := len(r.streams); n != maxStreams {
		t.Errorf("%d streams, at most %d", n, maxStreams)
	}
	if !r.admit(time.Millisecond, ann, 3000, true) || len(r.streams) != maxStreams {
		t.Errorf("somebody on the stage finds no place (%d streams)", len(r.streams))
	}
	if !r.admit(time.Minute, ann, 4000, false) || len(r.streams) != 1 {
		t.Errorf("%d streams after a minute of silence, want the new one alone", len(r.streams))
	}
}

func TestRoadWaitsForThoseWhoTalk(t *testing.T) {
	const ms = time.Millisecond
	r := newRoad()
	ann, bob := uint64(1), uint64(2)
	step := func(now time.Duration, kid uint64) bool {
		r.admit(now, identity.ID{}, kid, true)
		r.pack(now, kid)
		return r.more(now)
	}
	if step(1000*ms, ann) {
		t.Error("one who talks alone waits for somebody")
	}
	r.sent()
	if step(1010*ms, bob) {
		t.Error("bob waits for ann, who speaks ten milliseconds later")
	}
	r.sent()
	step(1020*ms, ann)
	r.sent()
	if !step(1038*ms, bob) {
		t.Error("bob does not wait for ann, who is to speak in two milliseconds")
	}
	if step(1040*ms, ann) {
		t.Error("all are there, and yet somebody waits")
	}
	r.sent()
	if step(1200*ms, ann) {
		t.Error("ann waits for bob, who has stopped talking")
	}
}

func TestPeersOf(t *testing.T) {
	a, b := "/p2p/12D3a", "/p2p/12D3b"
	got := peersOf([]string{"/ip4/1.1.1.1" + a, "/ip4/2.2.2.2" + b, "nonsense", "/ip6/::1" + a})
	want := [][]string{{"/ip4/1.1.1.1" + a, "/ip6/::1" + a}, {"/ip4/2.2.2.2" + b}}
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

func TestCutItems(t *testing.T) {
	op, presence := []byte{1, 0, 0, 0, 0, 0}, []byte{2, 0, 0, 0, 0, 0}
	tests := []struct {
		name  string
		items [][]byte
		limit int
		count int
		more  bool
	}{
		{"all fit", [][]byte{op, presence}, 20, 2, false},
		{"an op does not", [][]byte{op, op, presence}, 19, 1, true},
		{"a presence does not", [][]byte{op, presence}, 19, 1, false},
		{"nothing", nil, 0, 0, false},
	}
	for _, test := range tests {
		if got, more := cutItems(test.items, test.limit); len(got) != test.count || more != test.more {
			t.Errorf("%s: %d items, more %v; want %d, %v", test.name, len(got), more, test.count, test.more)
		}
	}
}

func TestRace(t *testing.T) {
	ids := make([]identity.ID, 8)
	for i := range ids {
		ids[i] = keyOf(t, i+1).ID()
	}
	slow, no := errors.New("too slow"), transport.Refused("no")
	tests := []struct {
		name    string
		answers []error // of each peer; nil is a good one
		want    error
		took    time.Duration
	}{
		{"the first is good", []error{nil, no, no}, nil, time.Second},
		{"the last is good", []error{no, no, no, no, no, no, no, nil}, nil, 2 * time.Second},
		{"the dead hold nobody up", []error{slow, slow, slow, nil}, nil, time.Second},
		{"the dead hold the others up once", []error{slow, slow, slow, slow, nil}, nil, 6 * time.Second},
		{"a refusal tells more than silence", []error{slow, no, slow}, no, 5 * time.Second},
		{"nobody", nil, errNobody, 0},
	}
	for _, test := range tests {
		synctest.Test(t, func(t *testing.T) {
			began := time.Now()
			_, err := race(t.Context(), ids[:len(test.answers)], func(ctx context.Context, who identity.ID) (int, error) {
				answer := test.answers[slices.Index(ids, who)]
				if errors.Is(answer, slow) {
					<-ctx.Done()
					return 0, ctx.Err()
				}
				time.Sleep(time.Second)
				return 1, answer
			})
			if !errors.Is(err, test.want) || test.want == nil && err != nil {
				t.Errorf("%s: %v, want %v", test.name, err, test.want)
			}
			if took := time.Since(began); took != test.took {
				t.Errorf("%s: took %v, want %v", test.name, took, test.took)
			}
		})
	}
}

func TestConfig(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		v := newVillage(t)
		defer v.close()
		key := keyOf(t, 1)
		peer := v.world.Add(key.ID())
		good := Config{Key: key, Network: peer, Links: peer, Store: newFakeStore()}
		tests := []struct {
			name   string
			change func(*Config)
			err    string
		}{
			{"all that is needed", func(*Config) {}, ""},
			{"no key", func(c *Config) { c.Key = identity.Key{} }, "key"},
			{"no network", func(c *Config) { c.Network = nil }, "network"},
			{"no store", func(c *Config) { c.Store = nil }, "store"},
			{"another's network", func(c *Config) { c.Key = keyOf(t, 2) }, "network is that of"},
			{"fewer than no children", func(c *Config) { c.MaxChildren = -1 }, "children"},
			{"a long name", func(c *Config) { c.Name = strings.Repeat("x", rooms.MaxName+1) }, "name"},
		}
		for _, test := range tests {
			c := good
			test.change(&c)
			if _, err := New(c); test.err == "" != (err == nil) || err != nil && !strings.Contains(err.Error(), test.err) {
				t.Errorf("%s: %v, want %q", test.name, err, test.err)
			}
		}
	})
}
