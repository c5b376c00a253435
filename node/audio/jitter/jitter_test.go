package jitter

import (
	"cmp"
	"math"
	"slices"
	"strconv"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/banyan-rooms/banyan/node/audio"
)

const ms = time.Millisecond

// come is a frame that comes at a time. Its media time is 20 ms for each number, and
// what it is shifted by.
type come struct {
	at    int // ms
	key   uint64
	seq   uint64
	shift int // ms
	level uint8

	numbered uint64 // what is added to all numbers
	stamped  uint32 // and to all timestamps
}

// frameOf is the frame that comes.
func (c come) frameOf() audio.Frame {
	return audio.Frame{
		Timestamp: uint32(c.seq*audio.FrameSamples) + uint32(c.shift*48) + c.stamped,
		Level:     c.level,
		Packet:    strconv.AppendUint(nil, c.seq, 36),
	}
}

// steady is frames from first to last that come 20 ms after each other from at on.
func steady(at int, first, last uint64) (all []come) {
	for seq := first; seq <= last; seq++ {
		all = append(all, come{at: at + 20*int(seq-first), seq: seq})
	}
	return all
}

// rekeyed gives the frames another key, and media time that goes on as if the first
// had the number then.
func rekeyed(then uint64, all []come) []come {
	shift := 20 * (int(then) - int(slices.MinFunc(all, func(a, b come) int { return cmp.Compare(a.seq, b.seq) }).seq))
	for i := range all {
		all[i].key, all[i].shift = 1, shift
	}
	return all
}

// play pops every 20 ms, 1 ms after what came: a sequence number in base 36 for a
// frame, "-" for a lost one, "." for silence.
func play(b *Buffer, pops int, all []come) (told string) {
	for i := range pops {
		now := time.Duration(20*i+1) * ms
		for len(all) > 0 && time.Duration(all[0].at)*ms <= now {
			b.Push(time.Duration(all[0].at)*ms, all[0].key, all[0].numbered+all[0].seq, all[0].frameOf())
			all = all[1:]
		}
		switch f, state := b.Pop(now); state {
		case OK:
			told += string(f.Packet)
		case Lost:
			told += "-"
		case Empty:
			told += "."
		}
	}
	return told
}

func TestWhatIsPlayed(t *testing.T) {
	tests := []struct {
		name  string
		come  []come
		pops  int
		want  string
		stats Stats
	}{
		{
			"nothing comes", nil, 3, "...", Stats{},
		},
		{
			"in time", steady(0, 0, 5), 9, "..012345-", Stats{Played: 6},
		},
		{
			"in another order", []come{{at: 0, seq: 0}, {at: 40, seq: 2}, {at: 41, seq: 1}, {at: 60, seq: 3}}, 6, "..0123", Stats{Played: 4},
		},
		{
			"each twice", slices.Concat(steady(0, 0, 0), steady(0, 0, 0), steady(20, 1, 1), steady(21, 1, 1)), 4, "..01",
			Stats{Played: 2, Duplicates: 2},
		},
		{
			"one is lost", slices.Concat(steady(0, 0, 1), steady(60, 3, 5)), 8, "..01-345", Stats{Played: 5, Lost: 1},
		},
		{
			"one comes when its place has passed", slices.Concat(steady(0, 0, 1), steady(60, 3, 5), []come{{at: 105, seq: 2}}), 8,
			"..01-345",
			Stats{Played: 5, Late: 1},
		},
		{
			"the end is concealed, then silent", steady(0, 0, 1), 12, "..01-----...", Stats{Played: 2},
		},
		{
			"a pause of the speaker is silence", slices.Concat(steady(0, 0, 1), []come{{at: 540, seq: 2, shift: 500}, {at: 560, seq: 3, shift: 500}}), 31,
			"..01-----....................23",
			Stats{Played: 4},
		},
		{
			"a new time line is played", slices.Concat(steady(0, 0, 1), []come{{at: 540, seq: 2, shift: 900000}, {at: 560, seq: 3, shift: 900000}}), 31,
			"..01-----....................23",
			Stats{Played: 4},
		},
		{
			"numbers that begin anew with a key go on in sound", slices.Concat(steady(0, 5, 7), rekeyed(8, steady(60, 0, 2))), 10,
			"..567012--",
			Stats{Played: 6},
		},
		{
			"a new key's first comes second", slices.Concat(steady(0, 5, 6), rekeyed(7, []come{{at: 41, seq: 1}, {at: 42, seq: 0}, {at: 80, seq: 2}})), 8,
			"..56012-",
			Stats{Played: 5},
		},
		{
			"an old key's last comes first of it, after the new key's first", slices.Concat(rekeyed(8, steady(0, 0, 0)), []come{{at: 1, seq: 7}}, rekeyed(9, steady(20, 1, 1))), 5,
			"..01-",
			Stats{Played: 2, Late: 1},
		},
		{
			"an old key's last comes after the new key's first", slices.Concat(steady(0, 5, 6), rekeyed(8, steady(58, 0, 0)), []come{{at: 59, seq: 7}}), 7,
			"..5670-",
			Stats{Played: 4},
		},
		{
			"two keys are not one frame twice", slices.Concat(steady(0, 0, 1), rekeyed(2, steady(40, 0, 1))), 6, "..0101", Stats{Played: 4},
		},
		{
			"numbers that leap tell of a restart, not of loss", slices.Concat(steady(0, 0, 1), []come{{at: 40, seq: 3000, shift: -59960}, {at: 60, seq: 3001, shift: -59960}}), 6,
			"..012bc2bd",
			Stats{Played: 4},
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			for _, begin := range []come{ // around each wrap
				{},
				{stamped: math.MaxUint32 - 3*audio.FrameSamples},
				{stamped: math.MaxUint32},
				{stamped: math.MaxInt32 - 100, numbered: math.MaxUint32 - 1},
				{numbered: math.MaxInt64 - 1},
			} {
				moved := slices.Clone(test.come)
				for i := range moved {
					moved[i].stamped, moved[i].numbered = begin.stamped, begin.numbered
				}
				b := New(Config{})
				if got := play(b, test.pops, moved); got != test.want {
					t.Errorf("from %+v: played %s, want %s", begin, got, test.want)
				}
				if b.Stats() != test.stats {
					t.Errorf("from %+v: counted %+v, want %+v", begin, b.Stats(), test.stats)
				}
			}
		})
	}
}

func TestASpikeMakesTheDelayGrowAndNothingIsDropped(t *testing.T) {
	all := steady(0, 0, 200)
	for i := 50; i < 55; i++ {
		all[i].at = 20 * 55 // five frames are held up for up to 100 ms
	}
	b := New(Config{})
	play(b, 210, all)
	if got := b.Stats(); got.Played != 201 || got.Late+got.Lost+got.Skipped > 0 {
		t.Errorf("counted %+v, want all 201 played", got)
	}
	if got := b.Delay(); got < 80*ms || got > 125*ms {
		t.Errorf("delay is %v three seconds after a spike of 100 ms, want to remember most of it", got)
	}
}

func TestTheDelayStaysInItsBounds(t *testing.T) {
	b := New(Config{})
	for i := range uint64(100) {
		b.Push(time.Duration(i)*20*ms+time.Duration(i%2)*900*ms, 0, i, come{seq: i}.frameOf())
	}
	if got := b.Delay(); got != DefaultMax {
		t.Errorf("delay is %v, want %v", got, DefaultMax)
	}
	fixed := New(Config{Min: 200 * ms, Max: 200 * ms})
	if got := play(fixed, 12, steady(0, 0, 5)); got != "..........01" {
		t.Errorf("with a fixed delay of 200 ms played %s", got)
	}
}

func TestQuietFramesMakeUpForADelayThatIsTooLong(t *testing.T) {
	all := steady(0, 0, 1500)
	for i := range all {
		all[i].level = quiet
		if i >= 50 && i < 58 {
			all[i].at = 20 * 58 // one spike of 160 ms, thirty seconds ago
		}
	}
	b := New(Config{})
	play(b, 1505, all)
	if got := b.Stats(); got.Skipped == 0 || got.Skipped > 10 || got.Late > 0 || got.Lost > 0 {
		t.Errorf("counted %+v, want a few skipped", got)
	}
	if held := b.Waiting(); held > 4 {
		t.Errorf("%d frames are held, want a short delay again", held)
	}
}

func TestClocksThatDrift(t *testing.T) {
	for _, ppm := range []int{-300, 300} {
		b := New(Config{})
		var all []come
		for i := range 30000 { // ten minutes
			at := 20 * i
			all = append(all, come{at: at + at*ppm/1e6, seq: uint64(i), level: uint8(60 * (i % 50 / 40))})
		}
		play(b, 30000, all)
		got := b.Stats()
		if got.Late+got.Lost+got.Skipped > 30 || got.Played < 29900 {
			t.Errorf("%d ppm: counted %+v, want nearly all played", ppm, got)
		}
		if b.Delay() > 60*ms {
			t.Errorf("%d ppm: delay grew to %v", ppm, b.Delay())
		}
	}
}

func TestAPlayerThatStoodStillCatchesUp(t *testing.T) {
	b := New(Config{})
	for i := range uint64(500) {
		b.Push(time.Duration(i)*20*ms, 0, i, come{seq: i}.frameOf())
	}
	f, state := b.Pop(10 * time.Second)
	if state != OK || f.Timestamp/audio.FrameSamples < 485 {
		t.Errorf("after ten seconds frame %d, %v is played, want one of the last", f.Timestamp/audio.FrameSamples, state)
	}
	if len(b.queue) > capacity {
		t.Errorf("%d frames are held, want at most %d", len(b.queue), capacity)
	}
}

// TestNeverTwiceNeverBackwards feeds anything at all. Packets say which frame of all
// they are; what the buffer is told is a number under one of several keys.
func TestNeverTwiceNeverBackwards(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		b := New(Config{})
		start := rapid.Uint64Max(1<<62).Draw(t, "start")
		wild := rapid.Bool().Draw(t, "wild")
		var now time.Duration
		var last uint64
		var pushed, played uint64
		low, high := uint64(math.MaxUint64), uint64(0)
		perKey := rapid.Uint64Range(40, 400).Draw(t, "perKey")
		begins := rapid.SliceOfN(rapid.Uint64Max(1<<40), 4, 4).Draw(t, "begins")
		for range rapid.IntRange(1, 300).Draw(t, "steps") {
			now += time.Duration(rapid.IntRange(0, 30).Draw(t, "step")) * ms
			for range rapid.IntRange(0, 3).Draw(t, "pushes") {
				seq := start + uint64(now/(20*ms)) + uint64(rapid.IntRange(0, 20).Draw(t, "seq"))
				low, high = min(low, seq), max(high, seq)
				key := seq / perKey
				f := audio.Frame{Timestamp: uint32(seq * audio.FrameSamples), Packet: strconv.AppendUint(nil, seq, 10)}
				if wild { // then only the numbers can tell the order
					key = 0
					f.Timestamp = rapid.Uint32().Draw(t, "timestamp")
				}
				b.Push(now, key, begins[key%4]+seq-key*perKey, f)
				pushed++
			}
			f, state := b.Pop(now)
			if (state == OK) != (f.Packet != nil) {
				t.Fatalf("state %d with packet %q", state, f.Packet)
			}
			if state != OK {
				continue
			}
			seq, _ := strconv.ParseUint(string(f.Packet), 10, 64)
			if played > 0 && seq <= last {
				t.Fatalf("frame %d is played after %d", seq, last)
			}
			last = seq
			played++
		}
		s := b.Stats()
		if s.Played != played || s.Played+s.Late+s.Duplicates+s.Skipped+uint64(b.Waiting()) != pushed {
			t.Fatalf("of %d frames %d were played, but counted %+v and %d held", pushed, played, s, b.Waiting())
		}
		if pushed > 0 && s.Lost > high-low {
			t.Fatalf("%d lost between %d and %d", s.Lost, low, high)
		}
		if d := b.Delay(); d < DefaultMin || d > DefaultMax {
			t.Fatalf("delay is %v", d)
		}
	})
}

func BenchmarkPushPop(b *testing.B) {
	buffer := New(Config{})
	b.ReportAllocs()
	for seq := uint64(0); b.Loop(); seq++ {
		now := time.Duration(seq) * 20 * ms
		buffer.Push(now, 0, seq, come{seq: seq}.frameOf())
		buffer.Pop(now)
	}
}
