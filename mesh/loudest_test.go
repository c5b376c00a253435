package mesh

import (
	"testing"
	"time"
)

func TestLoudest(t *testing.T) {
	type said struct {
		at    time.Duration
		kid   uint64
		level uint8
		want  bool
	}
	for name, all := range map[string][]said{
		"three at once": {{0, 1, 30, true}, {0, 2, 30, true}, {0, 3, 30, true}},
		"a fourth that is no louder waits": {
			{0, 1, 30, true}, {0, 2, 30, true}, {0, 3, 30, true}, {20 * ms, 4, 30, false}, {20 * ms, 4, 25, false},
		},
		"a fourth that is louder takes a place": {
			{0, 1, 30, true}, {0, 2, 40, true}, {0, 3, 30, true}, {20 * ms, 4, 30, true}, {20 * ms, 2, 40, false}, {20 * ms, 1, 30, true},
		},
		"a place is free a while after its last frame": {
			{0, 1, 30, true}, {0, 2, 30, true}, {0, 3, 30, true}, {hangTime, 4, 30, false}, {hangTime + ms, 4, 30, true},
		},
	} {
		var l loudest
		for i, s := range all {
			if got := l.admit(s.at+time.Second, s.kid, s.level); got != s.want {
				t.Errorf("%s, frame %d: sent on %v, want %v", name, i, got, s.want)
			}
		}
	}
}
