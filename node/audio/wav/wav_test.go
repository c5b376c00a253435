package wav

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/banyan-rooms/banyan/node/audio"
)

// build makes a WAV file of a wave that goes from -1 to 1.
func build(f format, n int, wave func(i, channel int) float64) []byte {
	var data []byte
	for i := range n {
		for c := range f.channels {
			v := wave(i, c)
			switch {
			case f.code == codeFloat && f.bits == 64:
				data = binary.LittleEndian.AppendUint64(data, math.Float64bits(v))
			case f.code == codeFloat:
				data = binary.LittleEndian.AppendUint32(data, math.Float32bits(float32(v)))
			case f.bits == 8:
				data = append(data, byte(v*127+128))
			case f.bits == 16:
				data = binary.LittleEndian.AppendUint16(data, uint16(int16(v*32767)))
			case f.bits == 24:
				x := int32(v * 8388607)
				data = append(data, byte(x), byte(x>>8), byte(x>>16))
			default:
				data = binary.LittleEndian.AppendUint32(data, uint32(int32(v*math.MaxInt32)))
			}
		}
	}
	return file(f, uint32(len(data)), data)
}

// file puts a header, and a chunk of no interest, before data.
func file(f format, size uint32, data []byte) []byte {
	b := binary.LittleEndian.AppendUint32([]byte("RIFF"), size+48)
	b = append(b, "WAVELIST\x03\x00\x00\x00abc\x00fmt \x10\x00\x00\x00"...)
	b = binary.LittleEndian.AppendUint16(b, f.code)
	b = binary.LittleEndian.AppendUint16(b, uint16(f.channels))
	b = binary.LittleEndian.AppendUint32(b, uint32(f.rate))
	b = binary.LittleEndian.AppendUint32(b, uint32(f.rate*f.block()))
	b = binary.LittleEndian.AppendUint16(b, uint16(f.block()))
	b = binary.LittleEndian.AppendUint16(b, uint16(f.bits))
	b = append(b, "data"...)
	return append(binary.LittleEndian.AppendUint32(b, size), data...)
}

func readAll(t testing.TB, b []byte) (all []int16) {
	t.Helper()
	r, err := NewReader(bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	pcm := make([]int16, audio.FrameSamples)
	for {
		n, err := r.Read(pcm)
		all = append(all, pcm[:n]...)
		if errors.Is(err, io.EOF) {
			return all
		}
		if err != nil {
			t.Fatal(err)
		}
	}
}

func TestEveryKindOfSampleAndRate(t *testing.T) {
	kinds := []format{
		{code: codePCM, bits: 8},
		{code: codePCM, bits: 16},
		{code: codePCM, bits: 24},
		{code: codePCM, bits: 32},
		{code: codeFloat, bits: 32},
		{code: codeFloat, bits: 64},
	}
	for _, rate := range []int{8000, 11025, 22050, 44100, 48000, 96000} {
		for _, kind := range kinds {
			kind.rate, kind.channels = rate, 2
			got := readAll(t, build(kind, rate/5, func(i, _ int) float64 {
				return math.Sin(2*math.Pi*1000*float64(i)/float64(rate)) / 2
			}))
			if len(got) != audio.SampleRate/5 {
				t.Errorf("%+v: %d samples, want a fifth of a second", kind, len(got))
			}
			worst := 0.0
			for i := 2400; i < len(got)-2400; i++ {
				want := math.Sin(2*math.Pi*1000*float64(i)/audio.SampleRate) / 2 * 32768
				worst = max(worst, math.Abs(float64(got[i])-want))
			}
			if limit := map[int]float64{8: 450}[kind.bits] + 8; worst > limit {
				t.Errorf("%+v: off by %.1f of 32768, want under %.0f", kind, worst, limit)
			}
		}
	}
}

func TestChannelsAreAveraged(t *testing.T) {
	got := readAll(t, build(format{codePCM, 2, 48000, 16}, 10, func(_, c int) float64 { return float64(c) / 2 }))
	if len(got) != 10 || got[5] < 8190 || got[5] > 8192 {
		t.Errorf("mean of 0 and a half is %d, want a quarter", got)
	}
}

func TestResamplingAddsLessThanSixteenBitsCanSay(t *testing.T) {
	for _, rate := range []int{8000, 11025, 16000, 22050, 32000, 44100, 88200, 96000, 192000} {
		for _, hz := range []float64{300, 3000, 15000} {
			if hz > 0.4*float64(rate) {
				continue // in the transition band, or over it
			}
			sine := func(i, rate int) float64 { return math.Sin(2*math.Pi*hz*float64(i)/float64(rate)) / 2 }
			got := readAll(t, build(format{codeFloat, 1, rate, 64}, rate/5, func(i, _ int) float64 { return sine(i, rate) }))
			var signal, noise float64
			for i := 2400; i < len(got)-2400; i++ {
				want := sine(i, audio.SampleRate) * 32768
				signal += want * want
				noise += (want - float64(got[i])) * (want - float64(got[i]))
			}
			if db := 10 * math.Log10(signal/noise); db < 90 {
				t.Errorf("%.0f Hz at %d samples a second: signal to noise %.1f dB, want 90", hz, rate, db)
			}
		}
	}
}

func TestWhatTheLowerRateCannotCarryIsTakenAway(t *testing.T) {
	got := readAll(t, build(format{codePCM, 1, 96000, 16}, 48000, func(i, _ int) float64 {
		return math.Sin(2*math.Pi*30000*float64(i)/96000) / 2
	}))
	for i, v := range got[1000 : len(got)-1000] {
		if v < -3 || v > 3 {
			t.Fatalf("sample %d of a 30 kHz tone is %d, want silence", i, v)
		}
	}
}

func TestHeadersThatNeedCare(t *testing.T) {
	f := format{codePCM, 1, 48000, 16}
	data := []byte{1, 0, 2, 0, 3, 0}
	extensible := append(binary.LittleEndian.AppendUint16(nil, codePCM), make([]byte, 14)...)
	ext := bytes.Replace(file(format{codeExtensible, 1, 48000, 16}, 6, data), []byte("fmt \x10"), []byte("fmt \x28"), 1)
	at := bytes.Index(ext, []byte("data"))
	ext = append(ext[:at:at], append(append(make([]byte, 8), extensible...), ext[at:]...)...)
	tests := []struct {
		name string
		b    []byte
		want []int16
	}{
		{"as it should be", file(f, 6, data), []int16{1, 2, 3}},
		{"a chunk after it", append(file(f, 6, data), "LIST\x04\x00\x00\x00abcd"...), []int16{1, 2, 3}},
		{"size not known", file(f, math.MaxUint32, data), []int16{1, 2, 3}},
		{"size zero from a pipe", file(f, 0, data), []int16{1, 2, 3}},
		{"shorter than it says", file(f, 600, data[:5]), []int16{1, 2}},
		{"extensible", ext, []int16{1, 2, 3}},
	}
	for _, test := range tests {
		got := readAll(t, test.b)
		if len(got) != len(test.want) || got[0] != 1 {
			t.Errorf("%s: %d, want %d", test.name, got, test.want)
		}
	}
}

func TestWhatIsRefused(t *testing.T) {
	tests := []struct {
		name string
		b    []byte
		want string
	}{
		{"nothing", nil, "not a WAV file"},
		{"text", []byte(strings.Repeat("hello ", 20)), "not a WAV file"},
		{"compressed", file(format{85, 1, 48000, 16}, 0, nil), "save it as 16-bit PCM"},
		{"too slow", file(format{codePCM, 1, 10, 16}, 0, nil), "10 samples a second"},
		{"no channels", file(format{codePCM, 0, 48000, 16}, 0, nil), "0 channels"},
		{"cut off", file(format{codePCM, 1, 48000, 16}, 0, nil)[:30], "unexpected EOF"},
		{"no format", []byte("RIFF\x00\x00\x00\x00WAVEdata\x00\x00\x00\x00"), "does not say"},
	}
	for _, test := range tests {
		_, err := NewReader(bytes.NewReader(test.b))
		if err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: %v, want %q in it", test.name, err, test.want)
		}
	}
}

func TestWhatIsWrittenIsRead(t *testing.T) {
	dir := t.TempDir()
	rapid.Check(t, func(rt *rapid.T) {
		pcm := rapid.SliceOfN(rapid.Int16(), 0, 5000).Draw(rt, "pcm")
		f, err := os.Create(filepath.Join(dir, "x.wav"))
		if err != nil {
			rt.Fatal(err)
		}
		defer f.Close()
		w, err := NewWriter(f)
		if err != nil {
			rt.Fatal(err)
		}
		for part := pcm; len(part) > 0; {
			n := min(len(part), audio.FrameSamples)
			if err := w.Write(part[:n]); err != nil {
				rt.Fatal(err)
			}
			part = part[n:]
		}
		if err := w.Close(); err != nil {
			rt.Fatal(err)
		}
		b, err := os.ReadFile(f.Name())
		if err != nil {
			rt.Fatal(err)
		}
		got := readAll(t, b)
		if len(got) != len(pcm) {
			rt.Fatalf("%d samples, want %d", len(got), len(pcm))
		}
		for i := range got {
			if got[i] != pcm[i] {
				rt.Fatalf("sample %d is %d, want %d", i, got[i], pcm[i])
			}
		}
	})
}

func TestTheFileIsWholeEverySecond(t *testing.T) {
	f, err := os.Create(filepath.Join(t.TempDir(), "x.wav"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	w, err := NewWriter(f)
	if err != nil {
		t.Fatal(err)
	}
	for range 120 { // 2.4 s, and then the writer is gone
		if err := w.Write(make([]int16, audio.FrameSamples)); err != nil {
			t.Fatal(err)
		}
	}
	b, err := os.ReadFile(f.Name())
	if err != nil {
		t.Fatal(err)
	}
	if size := binary.LittleEndian.Uint32(b[40:]); size != 2*2*audio.SampleRate || len(b) != int(size)+headerSize {
		t.Errorf("header says %d of %d bytes, want two seconds", size, len(b))
	}
}

func FuzzReader(f *testing.F) {
	f.Add(build(format{codePCM, 1, 48000, 16}, 5, func(int, int) float64 { return 0 }))
	f.Add(build(format{codeFloat, 2, 44100, 32}, 100, func(int, int) float64 { return 1 }))
	f.Add(build(format{codeFloat, 1, 96000, 64}, 100, func(int, int) float64 { return math.NaN() }))
	f.Add(build(format{codePCM, 3, 8000, 24}, 100, func(int, int) float64 { return -1 }))
	f.Fuzz(func(t *testing.T, b []byte) {
		r, err := NewReader(bytes.NewReader(b))
		if err != nil {
			return
		}
		pcm := make([]int16, audio.FrameSamples)
		total := 0
		for err == nil {
			var n int
			n, err = r.Read(pcm)
			if total += n; total > len(b)*12+1 {
				t.Fatalf("%d samples out of %d bytes", total, len(b))
			}
		}
		if !errors.Is(err, io.EOF) {
			t.Fatal(err)
		}
	})
}

func BenchmarkRead(b *testing.B) {
	one := build(format{codePCM, 2, 44100, 16}, 44100, func(i, _ int) float64 { return math.Sin(float64(i)) })
	for b.Loop() {
		readAll(b, one)
	}
}
