package sample

import (
	"errors"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/banyan-rooms/banyan/node/audio"
)

func TestTheRecordingsCanBeSpoken(t *testing.T) {
	for _, name := range Names() {
		source, err := Open(name)
		if err != nil {
			t.Fatal(err)
		}
		var long time.Duration
		size := 0
		for {
			frame, err := source.Next()
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			long += audio.FrameDuration
			size += len(frame.Packet)
		}
		if long < 8*time.Second || long > 20*time.Second {
			t.Errorf("%s lasts %v, want 8 to 20 s", name, long)
		}
		if rate := float64(size) * 8 / long.Seconds(); rate < 12000 || rate > 30000 {
			t.Errorf("%s has %.0f bit/s, want about 24000", name, rate)
		}
	}
	if len(Host) > 60<<10 || len(Guest) > 60<<10 {
		t.Errorf("recordings of %d and %d bytes, want at most 60 KB each", len(Host), len(Guest))
	}
}

func TestUnknownRecording(t *testing.T) {
	if _, err := Open("moderator"); err == nil || !strings.Contains(err.Error(), "host") {
		t.Errorf("Open: %v, want the names that there are", err)
	}
}
