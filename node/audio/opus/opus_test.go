package opus

import (
	"errors"
	"math"
	"testing"

	"github.com/banyan-rooms/banyan/node/audio"
)

// tone is frame i of a 440 Hz sine at a quarter of full scale.
func tone(i int) []int16 {
	pcm := make([]int16, audio.FrameSamples)
	for n := range pcm {
		t := float64(i*audio.FrameSamples+n) / audio.SampleRate
		pcm[n] = int16(8192 * math.Sin(2*math.Pi*440*t))
	}
	return pcm
}

func rms(pcm []int16) float64 {
	var sum float64
	for _, s := range pcm {
		sum += float64(s) * float64(s)
	}
	return math.Sqrt(sum / float64(len(pcm)))
}

func pair(t testing.TB, cfg Config) (audio.Encoder, audio.Decoder) {
	t.Helper()
	encoder, err := NewEncoder(cfg)
	if err != nil {
		t.Fatal(err)
	}
	decoder, err := NewDecoder()
	if err != nil {
		t.Fatal(err)
	}
	return encoder, decoder
}

func TestToneKeepsItsLoudness(t *testing.T) {
	for _, cfg := range []Config{{}, {Bitrate: 24000}, {Bitrate: 64000, Loss: 20}} {
		encoder, decoder := pair(t, cfg)
		out := make([]int16, audio.FrameSamples)
		var packet []byte
		var heard []int16
		var size int
		for i := range 50 {
			var err error
			if packet, err = encoder.Encode(packet[:0], tone(i)); err != nil {
				t.Fatal(err)
			}
			if err := decoder.Decode(out, packet); err != nil {
				t.Fatal(err)
			}
			size += len(packet)
			if i >= 5 {
				heard = append(heard, out...)
			}
		}
		if got, want := rms(heard), 8192/math.Sqrt2; math.Abs(got/want-1) > 0.1 {
			t.Errorf("%+v: RMS is %.0f, want %.0f", cfg, got, want)
		}
		t.Logf("%+v: %d bit/s", cfg, size*8)
	}
}

func TestConcealCarriesTheToneOn(t *testing.T) {
	encoder, decoder := pair(t, Config{})
	out := make([]int16, audio.FrameSamples)
	for i := range 20 {
		packet, err := encoder.Encode(nil, tone(i))
		if err != nil {
			t.Fatal(err)
		}
		if err := decoder.Decode(out, packet); err != nil {
			t.Fatal(err)
		}
	}
	clear(out)
	if err := decoder.Conceal(out); err != nil {
		t.Fatal(err)
	}
	if got := rms(out); got < 1000 {
		t.Errorf("RMS of the first concealed frame is %.0f, want a tone", got)
	}
}

func TestEncodeAppends(t *testing.T) {
	encoder, _ := pair(t, Config{})
	got, err := encoder.Encode([]byte("head"), tone(0))
	if err != nil || string(got[:4]) != "head" || len(got) <= 4 {
		t.Errorf("Encode = %d bytes, %v; want a packet after the head", len(got), err)
	}
}

func TestWhatIsRefused(t *testing.T) {
	for _, cfg := range []Config{{Bitrate: 100}, {Bitrate: 1 << 20}, {Loss: -1}, {Loss: 101}} {
		if _, err := NewEncoder(cfg); err == nil {
			t.Errorf("NewEncoder(%+v) gives no error", cfg)
		}
	}
	encoder, decoder := pair(t, Config{})
	if _, err := encoder.Encode(nil, make([]int16, 100)); !errors.Is(err, ErrPCM) {
		t.Errorf("encode 100 samples: %v, want %v", err, ErrPCM)
	}
	out := make([]int16, audio.FrameSamples)
	if err := decoder.Decode(out, nil); err == nil {
		t.Error("an empty packet gives no error")
	}
	if err := decoder.Decode(out, []byte{0xff, 0xff}); err == nil {
		t.Error("a broken packet gives no error")
	}
	if err := decoder.Decode(out, []byte{0 << 3, 0, 0}); !errors.Is(err, ErrPCM) {
		t.Errorf("a 10 ms packet: %v, want %v", err, ErrPCM)
	}
	if err := decoder.Decode(out[:10], []byte{0xfc}); !errors.Is(err, ErrPCM) {
		t.Errorf("decode to 10 samples: %v, want %v", err, ErrPCM)
	}
	if err := decoder.Conceal(out[:10]); !errors.Is(err, ErrPCM) {
		t.Errorf("conceal 10 samples: %v, want %v", err, ErrPCM)
	}
}

// FuzzDecode feeds one decoder with what a stranger may send: whatever it is, there is
// a frame or an error, and the next good packet is heard.
func FuzzDecode(f *testing.F) {
	encoder, _ := pair(f, Config{})
	good, err := encoder.Encode(nil, tone(0))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(good)
	f.Add(good[:len(good)/2])
	f.Add([]byte{31 << 3})
	f.Add([]byte{3, 0xff, 0xff})
	f.Fuzz(func(t *testing.T, packet []byte) {
		_, decoder := pair(t, Config{})
		out := make([]int16, audio.FrameSamples)
		_ = decoder.Decode(out, packet)
		if err := decoder.Conceal(out); err != nil {
			t.Fatalf("conceal after %x: %v", packet, err)
		}
		if err := decoder.Decode(out, good); err != nil {
			t.Fatalf("a good packet after %x: %v", packet, err)
		}
	})
}

func BenchmarkEncode(b *testing.B) {
	encoder, _ := pair(b, Config{})
	pcm := tone(0)
	var packet []byte
	b.ReportAllocs()
	for b.Loop() {
		packet, _ = encoder.Encode(packet[:0], pcm)
	}
}

func BenchmarkDecode(b *testing.B) {
	encoder, decoder := pair(b, Config{})
	pcm := tone(0)
	packet, err := encoder.Encode(nil, pcm)
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		_ = decoder.Decode(pcm, packet)
	}
}
