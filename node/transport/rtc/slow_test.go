//go:build slow

package rtc

import (
	"testing"
	"time"
)

// TestSlowDeadPeerIsNoticed cuts one side's socket, as a pulled cable would.
func TestSlowDeadPeerIsNoticed(t *testing.T) {
	_, p := peers(t, 2)
	a, _ := p[0].link(t, p[1])
	start := time.Now()
	if err := p[1].first().mux.Close(); err != nil {
		t.Fatal(err)
	}
	within(t, 10*time.Second, "the end of the link", a.Done())
	took := time.Since(start)
	t.Logf("noticed after %v", took)
	if took < disconnected || took > disconnected+failed+2*time.Second {
		t.Errorf("noticed after %v, want about %v", took, disconnected+failed)
	}
}
