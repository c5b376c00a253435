package record

import (
	"errors"
	"io"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/banyan-rooms/banyan/crypto/identity"
	"github.com/banyan-rooms/banyan/node/audio"
	"github.com/banyan-rooms/banyan/node/audio/jitter"
	"github.com/banyan-rooms/banyan/node/audio/ogg"
	"github.com/banyan-rooms/banyan/node/audio/wav"
)

// flat is a codec whose packet is one value, held for 20 ms; a lost one is 7.
type flat struct{}

func (flat) Decode(pcm []int16, packet []byte) error {
	if len(packet) != 3 {
		return ogg.ErrPacket
	}
	for i := range pcm {
		pcm[i] = int16(packet[1])<<8 | int16(packet[2])
	}
	return nil
}

func (flat) Conceal(pcm []int16) error {
	for i := range pcm {
		pcm[i] = 7
	}
	return nil
}

func newFlat() (audio.Decoder, error) { return flat{}, nil }

func say(value int16, seq uint64) audio.Frame {
	return audio.Frame{
		Timestamp: uint32(seq * audio.FrameSamples),
		Packet:    []byte{31 << 3, byte(value >> 8), byte(value)},
	}
}

var ann, bob = identity.ID{1}, identity.ID{2}

func start(t *testing.T) (*Recorder, string) {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "recording")
	r, err := New(dir, newFlat)
	if err != nil {
		t.Fatal(err)
	}
	return r, dir
}

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// mixOf gives the mix, a value for each 20 ms, taken from the middle.
func mixOf(t *testing.T, dir string) (values []int16) {
	t.Helper()
	f, err := os.Open(filepath.Join(dir, MixName))
	check(t, err)
	defer f.Close()
	r, err := wav.NewReader(f)
	check(t, err)
	all := make([]int16, 1<<20)
	n, err := r.Read(all)
	if !errors.Is(err, io.EOF) {
		t.Fatal(err)
	}
	for i := audio.FrameSamples/2 - ogg.PreSkip; i < n; i += audio.FrameSamples {
		values = append(values, all[i])
	}
	return values
}

// packetsOf gives the values of an Ogg file, -1 for a lost packet.
func packetsOf(t *testing.T, path string) (values []int16) {
	t.Helper()
	f, err := os.Open(path)
	check(t, err)
	defer f.Close()
	r, err := ogg.NewReader(f)
	check(t, err)
	for {
		packet, _, err := r.Next()
		if errors.Is(err, io.EOF) {
			return values
		}
		check(t, err)
		if len(packet) == 1 {
			values = append(values, -1)
		} else {
			values = append(values, int16(packet[1])<<8|int16(packet[2]))
		}
	}
}

func at(slot int) time.Duration { return time.Hour + time.Duration(slot)*audio.FrameDuration }

func TestTwoSpeakersLieWhereTheyWereHeard(t *testing.T) {
	r, dir := start(t)
	check(t, r.Tick(at(0)))
	for i := range 60 {
		if i >= 5 && i < 20 && i != 9 { // ann speaks from slot 5 on, and one is lost
			check(t, r.Heard(Frame{Speaker: ann, Name: "Ann", Number: uint64(i), Frame: say(100, uint64(i)), Arrived: at(i)}))
		}
		if i == 12 {
			check(t, r.Heard(Frame{Speaker: ann, Name: "Ann", Number: 11, Frame: say(100, 11), Arrived: at(i)})) // again
		}
		if i >= 15 && i < 25 {
			check(t, r.Heard(Frame{Speaker: bob, Name: "Bob", Number: uint64(i + 1000), Frame: say(1000, uint64(i)), Arrived: at(i)}))
		}
		check(t, r.Tick(at(i)))
	}
	check(t, r.Close())

	mix := mixOf(t, dir)
	annSaid := packetsOf(t, filepath.Join(dir, "Ann.ogg"))
	bobSaid := packetsOf(t, filepath.Join(dir, "Bob.ogg"))
	for i := range 60 {
		want, wantAnn, wantBob := int16(0), int16(-1), int16(-1)
		switch {
		case i == 9:
			want = 7
		case i >= 5 && i < 20:
			want, wantAnn = 100, 100
		case i >= 20 && i < 25: // the end of Ann is concealed
			want = 7
		}
		switch {
		case i >= 15 && i < 25:
			want, wantBob = want+1000, 1000
		case i >= 25 && i < 30:
			want = 7
		}
		if mix[i] != want {
			t.Errorf("mix at %d is %d, want %d", i, mix[i], want)
		}
		if i < len(annSaid) && annSaid[i] != wantAnn {
			t.Errorf("Ann's file at %d has %d, want %d", i, annSaid[i], wantAnn)
		}
		if i < len(bobSaid) && bobSaid[i] != wantBob {
			t.Errorf("Bob's file at %d has %d, want %d", i, bobSaid[i], wantBob)
		}
	}
	if len(annSaid) != 20 || len(bobSaid) != 25 {
		t.Errorf("files of %d and %d packets, want 20 and 25", len(annSaid), len(bobSaid))
	}
	got := r.Speakers()
	if len(got) != 2 || got[0].ID != ann || got[0].Stats != (jitter.Stats{Played: 14, Lost: 1, Duplicates: 1}) ||
		got[1].Stats != (jitter.Stats{Played: 10}) || got[0].Path != filepath.Join(dir, "Ann.ogg") {
		t.Errorf("counted %+v", got)
	}
}

func TestWhatARepairedTreeBringsLateIsInItsPlace(t *testing.T) {
	r, dir := start(t)
	for i := range 100 {
		check(t, r.Tick(at(i)))
		switch {
		case i >= 30 && i < 60:
		case i == 60:
			for late := 30; late <= 60; late++ {
				check(t, r.Heard(Frame{Speaker: ann, Name: "Ann", Number: uint64(late), Frame: say(int16(late), uint64(late)), Arrived: at(i)}))
			}
		default:
			check(t, r.Heard(Frame{Speaker: ann, Name: "Ann", Number: uint64(i), Frame: say(int16(i), uint64(i)), Arrived: at(i)}))
		}
	}
	check(t, r.Close())
	for i, v := range packetsOf(t, filepath.Join(dir, "Ann.ogg")) {
		if int(v) != i {
			t.Errorf("packet %d is %d", i, v)
		}
	}
	if got := r.Speakers()[0].Stats; got != (jitter.Stats{Played: 100}) {
		t.Errorf("counted %+v, want all played", got)
	}
}

func TestANewKeyGoesOn(t *testing.T) {
	r, dir := start(t)
	for i := range 40 {
		key, number := uint64(1), uint64(i+700)
		if i >= 20 {
			key, number = 2, uint64(i-20)
		}
		check(t, r.Heard(Frame{Speaker: ann, Name: "Ann", Key: key, Number: number, Frame: say(int16(i), uint64(i)), Arrived: at(i)}))
	}
	check(t, r.Close())
	for i, v := range packetsOf(t, filepath.Join(dir, "Ann.ogg")) {
		if int(v) != i {
			t.Errorf("packet %d is %d", i, v)
		}
	}
	if got := r.Speakers()[0].Stats; got != (jitter.Stats{Played: 40}) {
		t.Errorf("counted %+v, want all played", got)
	}
}

func TestAQuickerPathCutsNothing(t *testing.T) {
	r, _ := start(t)
	for i := range 150 {
		late := 7 // frames are on their way for 140 ms
		if i >= 75 {
			late = 0
		}
		if i >= 75 && i < 82 { // what was on its way comes with what is quicker
			check(t, r.Heard(Frame{Speaker: ann, Name: "Ann", Number: uint64(i - 7), Frame: say(1, uint64(i-7)), Arrived: at(i)}))
		}
		if i >= late {
			check(t, r.Heard(Frame{Speaker: ann, Name: "Ann", Number: uint64(i - late), Frame: say(1, uint64(i-late)), Arrived: at(i)}))
		}
	}
	check(t, r.Close())
	if got := r.Speakers()[0].Stats; got != (jitter.Stats{Played: 150}) {
		t.Errorf("counted %+v, want all played", got)
	}
}

func TestTheLastWordsAreWrittenInTheSilenceAfterThem(t *testing.T) {
	r, dir := start(t)
	for i := range 170 { // and then the recorder is killed
		if i < 10 {
			check(t, r.Heard(Frame{Speaker: ann, Name: "Ann", Number: uint64(i), Frame: say(5, uint64(i)), Arrived: at(i)}))
		}
		check(t, r.Tick(at(i)))
	}
	f, err := os.Open(filepath.Join(dir, "Ann.ogg"))
	check(t, err)
	defer f.Close()
	source, err := ogg.NewSource(f)
	check(t, err)
	for i := range 10 {
		if _, err := source.Next(); err != nil {
			t.Fatalf("word %d: %v", i, err)
		}
	}
	check(t, r.Close())
}

func TestBrokenPacketsAreConcealed(t *testing.T) {
	r, dir := start(t)
	frame := say(100, 0)
	frame.Packet = []byte{3 << 3, 1, 2} // 60 ms
	check(t, r.Heard(Frame{Speaker: ann, Name: "Ann", Number: 0, Frame: frame, Arrived: at(0)}))
	frame = say(100, 1)
	frame.Packet = []byte{31 << 3, 1, 2, 3} // the decoder refuses it
	check(t, r.Heard(Frame{Speaker: ann, Name: "Ann", Number: 1, Frame: frame, Arrived: at(1)}))
	check(t, r.Heard(Frame{Speaker: ann, Name: "Ann", Number: 2, Frame: say(100, 2), Arrived: at(2)}))
	check(t, r.Close())
	if mix := mixOf(t, dir); mix[0] != 7 || mix[1] != 7 || mix[2] != 100 {
		t.Errorf("mix is %d, want two concealed", mix)
	}
	if got := packetsOf(t, filepath.Join(dir, "Ann.ogg")); len(got) != 3 || got[1] != -1 {
		t.Errorf("file has %d, want two lost", got)
	}
	if got := r.Speakers()[0].Broken; got != 2 {
		t.Errorf("%d broken, want 2", got)
	}
}

func TestLoudVoicesAreClipped(t *testing.T) {
	r, dir := start(t)
	check(t, r.Heard(Frame{Speaker: ann, Name: "Ann", Number: 0, Frame: say(30000, 0), Arrived: at(0)}))
	check(t, r.Heard(Frame{Speaker: bob, Name: "Bob", Number: 0, Frame: say(30000, 0), Arrived: at(0)}))
	check(t, r.Close())
	if mix := mixOf(t, dir); mix[0] != math.MaxInt16 {
		t.Errorf("mix is %d, want it clipped", mix[0])
	}
}

func TestNamesOfFiles(t *testing.T) {
	tests := []struct{ name, want string }{
		{"Ann", "Ann"},
		{"Ann Lee", "Ann-Lee"},
		{"../../etc/passwd", "etc-passwd"},
		{"...", ""},
		{"", ""},
		{"Zoë 树", "Zoë-树"},
		{"a\x00b\nc", "a-b-c"},
		{strings.Repeat("x", 300), strings.Repeat("x", maxName)},
	}
	for _, test := range tests {
		if got := fileName(test.name); got != test.want {
			t.Errorf("file of %q is %q, want %q", test.name, got, test.want)
		}
	}
	r, dir := start(t)
	for i, name := range []string{"ann", "Ann", ""} {
		check(t, r.Heard(Frame{Speaker: identity.ID{byte(i + 1)}, Name: name, Number: 0, Frame: say(1, 0), Arrived: at(0)}))
	}
	check(t, r.Close())
	files, err := os.ReadDir(dir)
	check(t, err)
	if len(files) != 4 {
		t.Errorf("files are %v, want one for each speaker and the mix", files)
	}
}

func TestWhatCannotBeWritten(t *testing.T) {
	r, dir := start(t)
	check(t, r.Close())
	begin := func(dir string) error { _, err := New(dir, newFlat); return err }
	for name, begin := range map[string]func(string) error{"checked": Check, "begun": begin} {
		if err := begin(dir); !errors.Is(err, fs.ErrExist) || !strings.Contains(err.Error(), "choose another folder") {
			t.Errorf("a second recording in one folder, %s: %v", name, err)
		}
		if err := begin(filepath.Join(dir, MixName, "x")); err == nil || !strings.Contains(err.Error(), "choose another folder") {
			t.Errorf("a folder in a file, %s: %v", name, err)
		}
	}
	next := filepath.Join(dir, "next")
	check(t, Check(next))
	if files, err := os.ReadDir(next); err != nil || len(files) > 0 {
		t.Errorf("a check leaves %v, %v", files, err)
	}
	failed := errors.New("no library")
	r, err := New(t.TempDir(), func() (audio.Decoder, error) { return nil, failed })
	check(t, err)
	if err := r.Heard(Frame{Speaker: ann, Name: "Ann", Number: 0, Frame: say(1, 0), Arrived: at(0)}); !errors.Is(err, failed) {
		t.Errorf("a decoder that fails: %v", err)
	}
	check(t, r.Close())
}

func TestAFullDisk(t *testing.T) {
	r, dir := start(t)
	full, err := os.OpenFile("/dev/full", os.O_WRONLY, 0)
	if err != nil {
		t.Skip("there is no /dev/full here")
	}
	check(t, r.Heard(Frame{Speaker: ann, Name: "Ann", Number: 0, Frame: say(1, 0), Arrived: at(0)}))
	check(t, r.speakers[0].file.Close())
	r.speakers[0].file = full
	// The headers still have room.
	r.speakers[0].ogg, err = ogg.NewWriter(&latch{full: full, free: 2}, 0, "")
	check(t, err)
	for i := 1; i < 200 && err == nil; i++ {
		err = r.Heard(Frame{Speaker: ann, Name: "Ann", Number: uint64(i), Frame: say(1, uint64(i)), Arrived: at(i)})
	}
	if err == nil || !strings.Contains(err.Error(), "no space left") || !strings.Contains(err.Error(), "record to") || !strings.Contains(err.Error(), "make room") {
		t.Errorf("a full disk: %v", err)
	}
	if err := r.Close(); err == nil {
		t.Error("closing says nothing of the full disk")
	}
	if mix := mixOf(t, dir); len(mix) < 50 {
		t.Errorf("mix has %d frames, want what was heard before", len(mix))
	}
}

// latch lets some writes pass, and then passes them on to the full disk.
type latch struct {
	full io.Writer
	free int
}

// Write implements [io.Writer].
func (l *latch) Write(b []byte) (int, error) {
	if l.free--; l.free >= 0 {
		return len(b), nil
	}
	return l.full.Write(b)
}
