package file

import (
	"bytes"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/banyan-rooms/banyan/node/audio"
	"github.com/banyan-rooms/banyan/node/audio/ogg"
	"github.com/banyan-rooms/banyan/node/audio/wav"
)

// plain is an encoder whose packets say the first sample, and its decoder.
type plain struct{}

func (plain) Encode(dst []byte, pcm []int16) ([]byte, error) {
	return append(dst, 31<<3, byte(pcm[0]>>8), byte(pcm[0])), nil
}

func (plain) Decode(pcm []int16, packet []byte) error {
	if len(packet) < 3 {
		return ogg.ErrPacket
	}
	for i := range pcm {
		pcm[i] = int16(packet[1])<<8 | int16(packet[2])
	}
	return nil
}

func (plain) Conceal(pcm []int16) error {
	clear(pcm)
	return nil
}

func newPlain() (audio.Encoder, error) { return plain{}, nil }

// save writes a file of the test.
func save(t *testing.T, b []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "recording")
	if err := os.WriteFile(path, b, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func wavFile(t *testing.T, pcm []int16) string {
	t.Helper()
	f, err := os.Create(filepath.Join(t.TempDir(), "x"))
	if err != nil {
		t.Fatal(err)
	}
	w, err := wav.NewWriter(f)
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(w.Write(pcm), w.Close(), f.Close()); err != nil {
		t.Fatal(err)
	}
	return f.Name()
}

func oggFile(t *testing.T, packets ...[]byte) string {
	t.Helper()
	var b bytes.Buffer
	w, err := ogg.NewWriter(&b, 1, "")
	if err != nil {
		t.Fatal(err)
	}
	for _, packet := range packets {
		if err := w.Write(w.Position(), packet); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return save(t, b.Bytes())
}

func TestWAVIsEncoded(t *testing.T) {
	pcm := make([]int16, 2*audio.FrameSamples+100)
	for i := range pcm {
		pcm[i] = 3277
	}
	source, err := Open(wavFile(t, pcm), newPlain)
	if err != nil {
		t.Fatal(err)
	}
	defer source.Close()
	for i, level := range []uint8{20, 20, 30} { // the last is a tenth sound, 10 dB less
		frame, err := source.Next()
		if err != nil || frame.Timestamp != uint32(i*audio.FrameSamples) || frame.Level != level || len(frame.Packet) != 3 {
			t.Errorf("frame %d: %+v, %v, want level %d", i, frame, err, level)
		}
	}
	if _, err := source.Next(); !errors.Is(err, io.EOF) {
		t.Errorf("after the end: %v", err)
	}
}

func TestOggPassesThrough(t *testing.T) {
	path := oggFile(t, []byte{31 << 3, 0x0c, 0xcd}, []byte{31 << 3, 0, 0})
	refuse := func() (audio.Encoder, error) { return nil, errors.New("not needed") }
	source, err := Open(path, refuse)
	if err != nil {
		t.Fatal(err)
	}
	defer source.Close()
	if frame, err := source.Next(); err != nil || frame.Level != 30 || frame.Packet[2] != 0xcd {
		t.Errorf("frame %+v, %v", frame, err)
	}
	if frame, err := Measure(source, plain{}).Next(); err != nil || frame.Level != audio.Silence {
		t.Errorf("measured frame %+v, %v, want silence", frame, err)
	}
	if _, err := Measure(source, plain{}).Next(); !errors.Is(err, io.EOF) {
		t.Errorf("after the end: %v", err)
	}
}

func TestWhatIsNotAudioIsRefusedInWords(t *testing.T) {
	long := oggFile(t, []byte{3 << 3, 1, 2, 3})
	tests := []struct {
		name, path, want string
	}{
		{"text", save(t, []byte("dear diary")), "convert it"},
		{"short text", save(t, []byte("hi")), "convert it"},
		{"empty", save(t, nil), "it is empty"},
		{"folder", t.TempDir(), "is a directory"},
		{"nowhere", filepath.Join(t.TempDir(), "none"), "no such file"},
		{"RIFF that is no WAV", save(t, []byte("RIFF0000AVI 00000000")), "not a WAV file"},
		{"60 ms packets", long, "encode it again"},
	}
	for _, test := range tests {
		source, err := Open(test.path, newPlain)
		if err == nil {
			_, err = source.Next()
			_ = source.Close()
		}
		if err == nil || !strings.Contains(err.Error(), test.want) || !strings.Contains(err.Error(), test.path) {
			t.Errorf("%s: %v, want %q and the path in it", test.name, err, test.want)
		}
	}
	if _, err := Open("/none", newPlain); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a file that is not there: %v", err)
	}
	failed := errors.New("no library")
	if _, err := Open(wavFile(t, nil), func() (audio.Encoder, error) { return nil, failed }); !errors.Is(err, failed) {
		t.Errorf("encoder that fails: %v", err)
	}
}
