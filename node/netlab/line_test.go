package netlab

import (
	"testing"
	"time"
)

func TestLine(t *testing.T) {
	l := &line{}
	if _, some := l.due(); some {
		t.Error("an empty line has something due")
	}
	buffer := []byte("late")
	l.send(30, 1, buffer)
	copy(buffer, "gone") // the line has its own copy
	l.send(10, 2, []byte("first"))
	l.send(10, 3, []byte("second"))
	if at, some := l.due(); !some || at != 10 {
		t.Errorf("due at %v, %v, want 10", at, some)
	}
	if p, due := l.next(9); due {
		t.Errorf("%q came too early", p.packet)
	}
	want := []struct {
		packet string
		to     int
	}{{"first", 2}, {"second", 3}, {"late", 1}}
	for _, w := range want {
		p, due := l.next(30)
		if !due || string(p.packet) != w.packet || p.to != w.to {
			t.Fatalf("got %q to %d, %v, want %q to %d", p.packet, p.to, due, w.packet, w.to)
		}
		l.done(p)
	}
	if _, due := l.next(time.Hour); due {
		t.Error("something came twice")
	}
	l.send(40, 1, []byte("again"))
	if p, due := l.next(40); !due || string(p.packet) != "again" {
		t.Errorf("got %q, %v in used memory", p.packet, due)
	}
}

func TestALineIsBounded(t *testing.T) {
	l := &line{}
	for range maxWaiting {
		if !l.send(1, 0, nil) {
			t.Fatal("there should be room")
		}
	}
	if l.send(1, 0, nil) {
		t.Errorf("%d packets are on their way, want at most %d", len(l.waiting), maxWaiting)
	}
}

func BenchmarkLine(b *testing.B) {
	l := &line{}
	packet := make([]byte, 200)
	for i := range 1000 {
		l.send(time.Duration(i), 0, packet)
	}
	b.ReportAllocs()
	at := time.Duration(1000)
	for b.Loop() {
		l.send(at, 0, packet)
		p, _ := l.next(at)
		l.done(p)
		at++
	}
}
