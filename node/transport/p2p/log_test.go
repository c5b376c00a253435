package p2p

import (
	"bytes"
	"log/slog"
	"strings"
	"testing"
)

func TestQuietLog(t *testing.T) {
	var out bytes.Buffer
	handler := slog.NewTextHandler(&out, &slog.HandlerOptions{Level: slog.LevelInfo})
	slog.New(quiet{handler}).Error("the sky falls")
	if out.Len() != 0 {
		t.Errorf("said %q at info level", &out)
	}
	handler = slog.NewTextHandler(&out, &slog.HandlerOptions{Level: slog.LevelDebug})
	slog.New(quiet{handler}).With("a", 1).WithGroup("g").Error("the sky falls", "b", 2)
	for _, want := range []string{"level=DEBUG", "the sky falls", "libp2p=ERROR", "a=1", "g.b=2"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("said %q, want %q in it", &out, want)
		}
	}
}
