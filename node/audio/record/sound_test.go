//go:build cgo

package record

import (
	"errors"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/banyan-rooms/banyan/node/audio"
	"github.com/banyan-rooms/banyan/node/audio/align"
	"github.com/banyan-rooms/banyan/node/audio/opus"
	"github.com/banyan-rooms/banyan/node/audio/tone"
	"github.com/banyan-rooms/banyan/node/audio/wav"
)

// TestRealSoundIsRecordedToTheSample sends a voice through Opus, loses some of it and
// brings the rest in disorder, and looks for the voice in the mix.
func TestRealSoundIsRecordedToTheSample(t *testing.T) {
	const first, frames, lostFrom, lostTo = 25, 500, 200, 260
	said := tone.Speech(1, frames*audio.FrameDuration)
	encoder, err := opus.NewEncoder(opus.Config{})
	check(t, err)
	dir := filepath.Join(t.TempDir(), "recording")
	r, err := New(dir, opus.NewDecoder)
	check(t, err)
	random := rand.New(rand.NewPCG(1, 1))
	type arrival struct {
		at    time.Duration
		frame audio.Frame
	}
	coming := map[int][]arrival{} // by the 20 ms in which it comes
	for i := range frames {
		packet, err := encoder.Encode(nil, said[i*audio.FrameSamples:(i+1)*audio.FrameSamples])
		check(t, err)
		late := time.Duration(random.IntN(60)) * time.Millisecond
		if i == 0 {
			late = 0
		}
		when := at(first+i) + late
		slot := int((when - at(0)) / audio.FrameDuration)
		coming[slot] = append(coming[slot], arrival{when, audio.Frame{Timestamp: uint32(i * audio.FrameSamples), Packet: packet}})
	}
	for slot := range first + frames + 10 {
		check(t, r.Tick(at(slot)))
		for _, a := range coming[slot] {
			seq := uint64(a.frame.Timestamp / audio.FrameSamples)
			if seq >= lostFrom && seq < lostTo || seq%50 == 30 {
				continue
			}
			check(t, r.Heard(Frame{Speaker: ann, Name: "Ann", Number: seq, Frame: a.frame, Arrived: max(a.at, at(slot))}))
		}
	}
	check(t, r.Close())

	f, err := os.Open(filepath.Join(dir, MixName))
	check(t, err)
	defer f.Close()
	reader, err := wav.NewReader(f)
	check(t, err)
	heard := make([]int16, 1<<20)
	n, err := reader.Read(heard)
	if !errors.Is(err, io.EOF) {
		t.Fatal(err)
	}
	heard = heard[:n]
	got := align.Align(heard, said)
	if off := got.Offset - first*audio.FrameSamples; off < -3 || off > 3 || got.Correlation < 0.7 {
		t.Errorf("aligned at %+v, %d samples off; want under 3, and a correlation over 0.7", got, off)
	}
	windows := align.Windows(heard, said, got.Offset, 4800)
	for _, gap := range align.Gaps(windows, 0.6) {
		if gap.From/audio.FrameSamples < lostFrom-50 || gap.To/audio.FrameSamples > lostTo+50 {
			t.Errorf("gap %+v where nothing was lost: %+v", gap, windows)
		}
	}
	s := r.Speakers()[0]
	if s.Played+s.Lost != frames || s.Lost < lostTo-lostFrom || s.Late+s.Duplicates+s.Skipped+s.Broken > 0 {
		t.Errorf("counted %+v", s)
	}
	t.Logf("%+v, %+v", got, s.Stats)
}
