package ogg

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/banyan-rooms/banyan/node/audio"
)

// packet20 is a CELT packet of 20 ms with size bytes.
func packet20(size int, fill byte) []byte {
	return append([]byte{31 << 3}, bytes.Repeat([]byte{fill}, size-1)...)
}

// readAll gives all packets of a file.
func readAll(t testing.TB, file []byte) (packets [][]byte) {
	t.Helper()
	r, err := NewReader(bytes.NewReader(file))
	if err != nil {
		t.Fatal(err)
	}
	for {
		packet, _, err := r.Next()
		if errors.Is(err, io.EOF) {
			return packets
		}
		if err != nil {
			t.Fatal(err)
		}
		packets = append(packets, packet)
	}
}

func pages(t testing.TB, file []byte) (all []page) {
	t.Helper()
	for r := bytes.NewReader(file); ; {
		p, err := readPage(r)
		if errors.Is(err, io.EOF) {
			return all
		}
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, p)
	}
}

func TestDuration(t *testing.T) {
	tests := []struct {
		name   string
		packet []byte
		want   int // 0: an error
	}{
		{"SILK 10 ms", []byte{0}, 480},
		{"SILK 60 ms", []byte{3 << 3}, 2880},
		{"hybrid 20 ms", []byte{13 << 3}, 960},
		{"CELT 2.5 ms", []byte{16 << 3}, 120},
		{"CELT 20 ms stereo", []byte{31<<3 | 4}, 960},
		{"two frames", []byte{31<<3 | 1}, 1920},
		{"two frames of other sizes", []byte{31<<3 | 2}, 1920},
		{"six frames", []byte{31<<3 | 3, 6}, 5760},
		{"seven frames are too long", []byte{31<<3 | 3, 7}, 0},
		{"no frames", []byte{31<<3 | 3, 0}, 0},
		{"no frame count", []byte{31<<3 | 3}, 0},
		{"nothing", nil, 0},
	}
	for _, test := range tests {
		got, err := Duration(test.packet)
		if got != test.want || (err != nil) != (test.want == 0) {
			t.Errorf("%s: %d, %v, want %d", test.name, got, err, test.want)
		}
	}
}

func TestGapsAreFilledAndCounted(t *testing.T) {
	const f = audio.FrameSamples
	tests := []struct {
		name      string
		positions []int64
		want      string // x a packet, - a lost one
		past      bool   // the last is refused
	}{
		{"in a row", []int64{0, f, 2 * f}, "xxx", false},
		{"a late begin", []int64{3 * f}, "---x", false},
		{"a gap", []int64{0, 4 * f}, "x---x", false},
		{"nearly in a row", []int64{0, f + 400, 2*f + 400}, "xxx", false},
		{"a gap that is nearly a frame", []int64{0, 2*f - 400}, "x-x", false},
		{"the same again", []int64{0, f, f}, "xx", true},
		{"backwards", []int64{0, 5 * f, f}, "x----x", true},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			var file bytes.Buffer
			w, err := NewWriter(&file, 7, "ann")
			if err != nil {
				t.Fatal(err)
			}
			for _, at := range test.positions {
				err = w.Write(at, packet20(40, 1))
			}
			if past := errors.Is(err, ErrPast); past != test.past {
				t.Errorf("last write: %v, want past %v", err, test.past)
			}
			if err := w.Close(); err != nil {
				t.Fatal(err)
			}
			got := ""
			for _, packet := range readAll(t, file.Bytes()) {
				if samples, err := Duration(packet); err != nil || samples != f {
					t.Errorf("packet %x lasts %d, %v", packet, samples, err)
				}
				got += map[bool]string{true: "-", false: "x"}[len(packet) == 1]
			}
			if got != test.want {
				t.Errorf("packets %s, want %s", got, test.want)
			}
			all := pages(t, file.Bytes())
			last := all[len(all)-1]
			if last.granule != int64(len(test.want)*f) || last.flags != flagLast || w.Position() != last.granule {
				t.Errorf("last page ends at %d with flags %d, position %d", last.granule, last.flags, w.Position())
			}
		})
	}
}

func TestLostPacketsKeepTheMode(t *testing.T) {
	for config := range byte(32) {
		toc := concealing(config << 3)
		if samples, _ := Duration([]byte{toc}); samples != audio.FrameSamples {
			t.Errorf("mode %d: lost packet of %d samples", config, samples)
		}
		if config < 12 && toc>>5 != config>>2 {
			t.Errorf("mode %d: lost packet in mode %d", config, toc>>3)
		}
	}
}

func TestAPageIsWrittenEverySecond(t *testing.T) {
	var file bytes.Buffer
	w, err := NewWriter(&file, 1, "")
	if err != nil {
		t.Fatal(err)
	}
	for i := range int64(151) {
		if err := w.Write(i*audio.FrameSamples, packet20(600, 9)); err != nil {
			t.Fatal(err)
		}
	}
	var ends []int64
	for _, p := range pages(t, file.Bytes())[2:] {
		ends = append(ends, p.granule)
	}
	if len(ends) != 3 || ends[0] != 48000 || ends[2] != 144000 {
		t.Errorf("pages end at %d, want one each second", ends)
	}
}

func TestFlush(t *testing.T) {
	var file bytes.Buffer
	w, err := NewWriter(&file, 1, "")
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Write(0, packet20(40, 9)); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(w.Flush(), w.Flush()); err != nil {
		t.Fatal(err)
	}
	if got := pages(t, file.Bytes()); len(got) != 3 || got[2].granule != audio.FrameSamples || got[2].flags != 0 {
		t.Errorf("after two flushes the pages are %+v, want one of sound", got)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if got := readAll(t, file.Bytes()); len(got) != 2 || len(got[1]) != 1 {
		t.Errorf("packets %x, want one of sound and a lost one for the last page", got)
	}
	all := pages(t, file.Bytes())
	if last := all[len(all)-1]; last.flags != flagLast || last.granule != 2*audio.FrameSamples {
		t.Errorf("last page %+v, want the end of 40 ms", last)
	}
}

// whole is a small proper file.
func whole(t testing.TB, sizes ...int) []byte {
	t.Helper()
	var file bytes.Buffer
	w, err := NewWriter(&file, 1, "a title")
	if err != nil {
		t.Fatal(err)
	}
	for i, size := range sizes {
		if err := w.Write(int64(i)*audio.FrameSamples, packet20(size, byte(i))); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return file.Bytes()
}

func TestWhatIsWrittenIsRead(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		sizes := rapid.SliceOfN(rapid.IntRange(1, audio.MaxPacket), 1, 200).Draw(rt, "sizes")
		got := readAll(t, whole(t, sizes...))
		if len(got) != len(sizes) {
			rt.Fatalf("%d packets, want %d", len(got), len(sizes))
		}
		for i, packet := range got {
			if want := packet20(sizes[i], byte(i)); !bytes.Equal(packet, want) {
				rt.Fatalf("packet %d is %x, want %x", i, packet, want)
			}
		}
	})
}

func TestPacketsAcrossPagesAndOtherStreams(t *testing.T) {
	file := whole(t, 10)
	all := pages(t, file)
	long := packet20(1000, 5) // a page may end within a packet: 510 bytes here, 490 there
	var out []byte
	other := page{flags: flagFirst, serial: 99, lengths: []byte{7}, data: []byte("theora!")}
	for _, p := range []page{
		other, all[0], all[1],
		{granule: noPacketEnds, serial: 1, sequence: 2, lengths: []byte{255, 255}, data: long[:510]},
		{flags: 0, serial: 99, lengths: []byte{3}, data: []byte("abc")},
		{flags: flagContinued | flagLast, granule: 960, serial: 1, sequence: 3, lengths: []byte{255, 235}, data: long[510:]},
	} {
		out = p.appendTo(out)
	}
	if got := readAll(t, out); len(got) != 1 || !bytes.Equal(got[0], long) {
		t.Errorf("read %x", got)
	}
}

func TestFilesThatAreBroken(t *testing.T) {
	good := whole(t, 30, 30)
	flip := bytes.Clone(good)
	flip[len(flip)-1] ^= 1
	head := bytes.Clone(good)
	copy(head[28:], "Vorbis!!")
	tests := []struct {
		name string
		file []byte
		want error // nil: any
	}{
		{"nothing", nil, ErrNotOpus},
		{"text", []byte(strings.Repeat("hello world ", 10)), ErrNotOpus},
		{"cut in the header", good[:30], ErrNotOpus},
		{"cut in the tags", good[:60], io.ErrUnexpectedEOF},
		{"cut in the sound", good[:len(good)-5], io.ErrUnexpectedEOF},
		{"a bit flipped", flip, nil},
		{"not Opus", head, ErrNotOpus},
	}
	for _, test := range tests {
		r, err := NewReader(bytes.NewReader(test.file))
		for err == nil {
			_, _, err = r.Next()
		}
		if errors.Is(err, io.EOF) && test.want == nil || test.want != nil && !errors.Is(err, test.want) {
			t.Errorf("%s: %v, want %v", test.name, err, test.want)
		}
	}
}

func TestSource(t *testing.T) {
	s, err := NewSource(bytes.NewReader(whole(t, 40, 2, 40)))
	if err != nil {
		t.Fatal(err)
	}
	for i, level := range []uint8{30, 127, 30} {
		frame, err := s.Next()
		if err != nil || frame.Level != level || frame.Timestamp != uint32(i*audio.FrameSamples) {
			t.Errorf("frame %d: %+v, %v, want level %d", i, frame, err, level)
		}
	}
	if _, err := s.Next(); !errors.Is(err, io.EOF) {
		t.Errorf("after the last: %v", err)
	}
	cut := whole(t, 40, 40)
	if s, err = NewSource(bytes.NewReader(cut[:len(cut)-1])); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Next(); !errors.Is(err, io.EOF) {
		t.Errorf("a file cut off in its only page of sound: %v, want its end", err)
	}
	var file bytes.Buffer
	w, _ := NewWriter(&file, 1, "")
	_ = w.Write(0, []byte{3 << 3, 1, 2, 3})
	_ = w.Close()
	if _, err = NewSource(&file); !errors.Is(err, ErrDuration) {
		t.Errorf("60 ms packets: %v, want %v", err, ErrDuration)
	}
}

func FuzzReader(f *testing.F) {
	f.Add(whole(f, 30, 1, 600))
	f.Add(whole(f))
	f.Fuzz(func(t *testing.T, file []byte) {
		r, err := NewReader(bytes.NewReader(file))
		for err == nil {
			var packet []byte
			var samples int
			if packet, samples, err = r.Next(); err == nil && (len(packet) == 0 || samples <= 0 || samples > maxSamples) {
				t.Fatalf("packet %x of %d samples", packet, samples)
			}
		}
	})
}
