package web

import (
	"errors"
	"fmt"
	"maps"
	"net"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/banyan-rooms/banyan/crypto/identity"
	"github.com/banyan-rooms/banyan/node"
	"github.com/banyan-rooms/banyan/node/audio"
)

func TestSlots(t *testing.T) {
	ann, bob, cat, dov := peer(2), peer(3), peer(4), peer(5)
	type turn struct {
		who   identity.ID
		level uint8
		at    time.Duration
		want  int // slot, or -1: not heard
	}
	tests := []struct {
		name  string
		n     int
		stage []identity.ID
		turns []turn
		want  map[int]identity.ID
	}{
		{"slots go by the order of the stage", 3, []identity.ID{ann, bob}, nil, map[int]identity.ID{0: ann, 1: bob}},
		{
			"a speaker keeps the slot", 3,
			[]identity.ID{ann, bob},
			[]turn{{bob, 20, 0, 1}, {ann, 20, 0, 0}, {bob, 20, time.Hour, 1}},
			map[int]identity.ID{0: ann, 1: bob},
		},
		{
			"who is not known to be on stage is heard in a free slot", 2,
			[]identity.ID{ann},
			[]turn{{bob, 20, 0, 1}},
			map[int]identity.ID{0: ann, 1: bob},
		},
		{
			"a speaker takes the slot that was quiet longest", 2,
			[]identity.ID{ann, bob, cat},
			[]turn{{ann, 20, time.Second, 0}, {bob, 20, 2 * time.Second, 1}, {cat, 20, 3 * time.Second, 0}},
			map[int]identity.ID{0: cat, 1: bob},
		},
		{
			"nobody is cut off in mid-sentence", 2,
			[]identity.ID{ann, bob, cat},
			[]turn{{ann, 20, time.Second, 0}, {bob, 20, time.Second, 1}, {cat, 20, 1900 * time.Millisecond, -1}},
			map[int]identity.ID{0: ann, 1: bob},
		},
		{
			"silence takes no slot from anyone", 1,
			[]identity.ID{ann, bob},
			[]turn{{bob, 127, time.Hour, -1}},
			map[int]identity.ID{0: ann},
		},
		{"more people than slots", 2, []identity.ID{dov, cat, bob, ann}, nil, map[int]identity.ID{0: dov, 1: cat}},
	}
	start := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := newSlots(tt.n)
			s.stage(tt.stage)
			for _, u := range tt.turns {
				got, heard, _ := s.of(u.who, u.level, start.Add(u.at))
				if !heard {
					got = -1
				}
				if got != u.want {
					t.Errorf("%s at %v: slot %d, want %d", u.who.Short(), u.at, got, u.want)
				}
			}
			if got := s.table(); !maps.Equal(got, tt.want) {
				t.Errorf("table %v, want %v", got, tt.want)
			}
		})
	}
}

func TestSlotsFollowTheStage(t *testing.T) {
	ann, bob, cat := peer(2), peer(3), peer(4)
	s := newSlots(2)
	if !s.stage([]identity.ID{ann, bob}) {
		t.Error("filling the slots changed nothing")
	}
	if s.stage([]identity.ID{ann, bob}) {
		t.Error("the same stage changed something")
	}
	s.stage([]identity.ID{bob, cat}) // ann leaves, cat comes
	want := map[int]identity.ID{0: cat, 1: bob}
	if got := s.table(); !maps.Equal(got, want) {
		t.Errorf("table %v, want %v", got, want)
	}
}

func TestRewriter(t *testing.T) {
	const key = 7
	ann, bob := peer(2), peer(3)
	at := func(who identity.ID, key, counter uint64, timestamp uint32) node.Heard {
		return node.Heard{Speaker: who, KID: key, CTR: counter, Frame: audio.Frame{Timestamp: timestamp}}
	}
	type packet struct {
		seq    uint16
		ts     uint32
		marker bool
	}
	type step struct {
		after time.Duration
		in    node.Heard
		want  packet
	}
	const ms = time.Millisecond
	first := step{0, at(ann, key, 10, 5000), packet{1, 0, true}}
	tests := []struct {
		name  string
		steps []step
	}{
		{"frames in a row", []step{
			first,
			{20 * ms, at(ann, key, 11, 5960), packet{2, 960, false}},
			{20 * ms, at(ann, key, 12, 6920), packet{3, 1920, false}},
		}},
		{"a lost frame leaves a gap", []step{
			first,
			{40 * ms, at(ann, key, 12, 6920), packet{3, 1920, false}},
		}},
		{"a late frame gets its own number", []step{
			first,
			{40 * ms, at(ann, key, 12, 6920), packet{3, 1920, false}},
			{10 * ms, at(ann, key, 11, 5960), packet{2, 960, false}},
			{10 * ms, at(ann, key, 13, 7880), packet{4, 2880, false}},
		}},
		{"a pause is not a loss, and its end is a talk spurt", []step{
			first,
			{time.Second, at(ann, key, 11, 53000), packet{2, 48000, true}},
		}},
		{"another speaker follows without a seam", []step{
			first,
			{20 * ms, at(ann, key, 11, 5960), packet{2, 960, false}},
			{500 * ms, at(bob, 8, 900, 77), packet{3, 960 + 24000, true}},
			{20 * ms, at(bob, 8, 901, 1037), packet{4, 960 + 24000 + 960, false}},
		}},
		{"a new key starts a new count", []step{
			first,
			{20 * ms, at(ann, key+1, 0, 5960), packet{2, 960, true}},
			{20 * ms, at(ann, key+1, 1, 6920), packet{3, 1920, false}},
		}},
		{"a restarted sender skips numbers", []step{
			first,
			{20 * ms, at(ann, key, 1<<20, 40), packet{2, 960, true}},
		}},
		{"a clock that jumps is another clock", []step{
			first,
			{20 * ms, at(ann, key, 11, 5000+48000*3600), packet{2, 960, true}},
		}},
		{"a clock that stood still while ours ran is another clock", []step{
			first,
			{time.Minute, at(ann, key, 11, 5960), packet{2, 48000 * 60, true}},
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var r rewriter
			now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
			for i, s := range tt.steps {
				now = now.Add(s.after)
				seq, ts, marker := r.next(s.in, now)
				if got := (packet{seq, ts, marker}); got != s.want {
					t.Errorf("step %d: got %+v, want %+v", i, got, s.want)
				}
			}
		})
	}
}

// The numbers must be right wherever they wrap.
func TestRewriterWraps(t *testing.T) {
	for _, base := range []uint32{0, 1<<32 - 960, 1<<32 - 1, 1 << 31, 1<<31 - 480} {
		var r rewriter
		r.seq = 65530
		r.out = 1<<32 - 2000
		now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
		var lastSeq uint16
		var lastTS uint32
		for i := range uint64(20) {
			h := node.Heard{Speaker: peer(2), KID: 1, CTR: i, Frame: audio.Frame{Timestamp: base + uint32(i)*960}}
			seq, ts, _ := r.next(h, now)
			if i > 0 && (seq-lastSeq != 1 || ts-lastTS != 960) {
				t.Fatalf("base %d, frame %d: step of %d and %d, want 1 and 960", base, i, seq-lastSeq, ts-lastTS)
			}
			lastSeq, lastTS = seq, ts
			now = now.Add(audio.FrameDuration)
		}
	}
}

func TestSentence(t *testing.T) {
	tests := []struct{ in, want string }{
		{"the link has expired; ask for another", "The link has expired; ask for another."},
		{"Done!", "Done!"},
		{"  ưu tiên ", "Ưu tiên."},
		{"", "Something went wrong, and nobody said what."},
	}
	for _, tt := range tests {
		if got := sentence(errors.New(tt.in)); got != tt.want {
			t.Errorf("%q: %q, want %q", tt.in, got, tt.want)
		}
	}
}

func TestKeys(t *testing.T) {
	k := newKeys("secret")
	now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	s := k.session(now)
	tests := []struct {
		name   string
		keys   *keys
		cookie string
		now    time.Time
		want   bool
	}{
		{"fresh", k, s, now, true},
		{"at the end of its life", k, s, now.Add(sessionLife - time.Second), true},
		{"expired", k, s, now.Add(sessionLife), false},
		{"after a restart with the same token", newKeys("secret"), s, now, true},
		{"of another node", newKeys("other"), s, now, false},
		{"of a node with a random token", newKeys(""), s, now, false},
		{"cut", k, s[:len(s)-2], now, false},
		{"changed", k, "A" + strings.Replace(s[1:], s[1:2], "_", 1), now, false},
		{"empty", k, "", now, false},
		{"not base64", k, "%%%", now, false},
	}
	for _, tt := range tests {
		if got := tt.keys.holds(tt.cookie, tt.now); got != tt.want {
			t.Errorf("%s: %v, want %v", tt.name, got, tt.want)
		}
	}
}

func TestLinksWorkOnce(t *testing.T) {
	k := newKeys("")
	first := k.link()
	if k.open("no such link") || k.open("") {
		t.Error("a made-up link opened")
	}
	if !k.open(first) {
		t.Error("a new link did not open")
	}
	if k.open(first) {
		t.Error("a link opened twice")
	}
	oldest := k.link()
	for range maxLinks {
		k.link()
	}
	if k.open(oldest) || len(k.links) != maxLinks {
		t.Errorf("%d links are kept, and the oldest among them; want %d", len(k.links), maxLinks)
	}
}

func TestLocalConn(t *testing.T) {
	asked := 0
	now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	c := newLocalConn(nil)
	c.now = func() time.Time { return now }
	c.lookup = func() ([]net.Addr, error) {
		asked++
		return []net.Addr{&net.IPNet{IP: net.IPv4(192, 168, 1, byte(asked)), Mask: net.CIDRMask(24, 32)}}, nil
	}
	tests := []struct {
		from  string
		after time.Duration
		want  bool
	}{
		{"127.0.0.1", 0, true},
		{"[::1]", 0, true},
		{"192.168.1.1", 0, true}, // asks
		{"192.168.1.7", 0, false},
		{"8.8.8.8", 0, false},
		{"192.168.1.2", 0, false},          // ours by now, but we asked just before
		{"192.168.1.2", time.Second, true}, // asks again
		{"192.168.1.1", 0, false},          // no longer ours
	}
	for _, tt := range tests {
		now = now.Add(tt.after)
		addr := net.UDPAddrFromAddrPort(netip.MustParseAddrPort(tt.from + ":5000"))
		if got := c.local(addr); got != tt.want {
			t.Errorf("%s: %v, want %v", tt.from, got, tt.want)
		}
	}
	if asked != 2 {
		t.Errorf("asked for our addresses %d times, want 2", asked)
	}
}

func TestMailboxKeepsTheLatest(t *testing.T) {
	m := newMailbox()
	m.putState([]byte("old"))
	m.putState([]byte("new"))
	m.putLevels(roomID(1), []byte("1"))
	m.putLevels(roomID(1), []byte("2"))
	<-m.wake
	state, levels := m.take()
	if string(state) != "new" || fmt.Sprint(levels) != fmt.Sprint([][]byte{[]byte("2")}) {
		t.Errorf("took %q and %q", state, levels)
	}
	if state, levels = m.take(); state != nil || len(levels) != 0 {
		t.Errorf("took %q and %q twice", state, levels)
	}
}

func FuzzOffer(f *testing.F) {
	f.Add("v=0\r\no=- 0 0 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\nm=audio 9 UDP/TLS/RTP/SAVPF 111\r\na=fmtp:111 minptime=10\r\n")
	f.Fuzz(func(t *testing.T, offer string) {
		if n, err := audioSections(offer); err == nil && n > strings.Count(offer, "m=") {
			t.Errorf("%q has %d audio sections", offer, n)
		}
	})
}
