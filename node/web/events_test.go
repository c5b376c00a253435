package web

import (
	"bufio"
	"context"
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/banyan-rooms/banyan/node"
)

// patience is how long a test waits for what must happen.
const patience = 20 * time.Second

// runServer runs a server until the test ends, and sees it end well.
func runServer(t *testing.T, f *fake) *Server {
	t.Helper()
	s, err := New(t.Context(), Config{Node: f, Token: "token", Version: "test"})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- s.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		select {
		case err := <-ended:
			if err != nil {
				t.Errorf("run: %v", err)
			}
		case <-time.After(patience):
			t.Error("the server does not end")
		}
		if n := f.hearing(); n != 0 {
			t.Errorf("%d ears are still open", n)
		}
	})
	return s
}

// send sends a script's request to a running server.
func (s *Server) send(t *testing.T, method, path, kind, body string) *http.Response {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	t.Cleanup(cancel)
	r, err := http.NewRequestWithContext(ctx, method, s.Address()+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer token")
	r.Header.Set("Content-Type", kind)
	client := http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	w, err := client.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { w.Body.Close() })
	return w
}

// reader reads events off a stream.
type reader struct{ lines *bufio.Scanner }

func events(t *testing.T, s *Server) *reader {
	t.Helper()
	w := s.send(t, "GET", "/api/v1/events", "", "")
	if w.StatusCode != http.StatusOK || w.Header.Get("Content-Type") != "text/event-stream" {
		t.Fatalf("events: %d %s", w.StatusCode, w.Header.Get("Content-Type"))
	}
	lines := bufio.NewScanner(w.Body)
	lines.Buffer(nil, 1<<20)
	return &reader{lines}
}

// next returns the next event of a kind.
func (r *reader) next(t *testing.T, kind string, into any) {
	t.Helper()
	name := ""
	for r.lines.Scan() {
		if n, ok := strings.CutPrefix(r.lines.Text(), "event: "); ok {
			name = n
		}
		if data, ok := strings.CutPrefix(r.lines.Text(), "data: "); ok && name == kind {
			if err := json.Unmarshal([]byte(data), into); err != nil {
				t.Fatalf("event %s: %v", kind, err)
			}
			return
		}
	}
	t.Fatalf("the stream ended before %s: %v", kind, r.lines.Err())
}

// until reads states until one is as wanted.
func (r *reader) until(t *testing.T, wanted func(State) bool) State {
	t.Helper()
	for {
		var st State
		if r.next(t, "state", &st); wanted(st) {
			return st
		}
	}
}

func TestEventsTellTheState(t *testing.T) {
	f := newFake()
	s := runServer(t, f)
	first, second := events(t, s), events(t, s)
	for _, r := range []*reader{first, second} {
		r.until(t, func(st State) bool { return st.Self.Name == "Mai" })
	}
	f.change(func(st *node.Status) { st.Self.Name = "Linh" })
	for _, r := range []*reader{first, second} {
		r.until(t, func(st State) bool { return st.Self.Name == "Linh" })
	}
	late := events(t, s)
	if st := late.until(t, func(State) bool { return true }); st.Self.Name != "Linh" {
		t.Errorf("who comes late sees %q first, want the latest", st.Self.Name)
	}
}

func TestEventsAreCoalesced(t *testing.T) {
	f := newFake()
	s := runServer(t, f)
	r := events(t, s)
	r.until(t, func(State) bool { return true })
	start := time.Now()
	go func() {
		for n := range 2000 {
			f.change(func(st *node.Status) { st.Self.Peers = n + 1 })
		}
	}()
	seen := 0
	r.until(t, func(st State) bool { seen++; return st.Self.Peers == 2000 })
	if most := int(time.Since(start)/beat) + 2; seen > most {
		t.Errorf("%d states in %v, want at most %d", seen, time.Since(start), most)
	}
}

func TestLevelsAndSpeaking(t *testing.T) {
	f := newFake()
	room := roomID(1)
	f.inRoom(room, false, 2)
	s := runServer(t, f)
	r, loud := events(t, s), events(t, s)
	r.until(t, func(st State) bool { return len(st.Rooms) == 1 })
	loud.until(t, func(st State) bool { return len(st.Rooms) == 1 })
	f.loud(peer(2), 23)
	var l Levels
	loud.next(t, "levels", &l)
	if l.Room != room || len(l.Levels) != 1 || l.Levels[peer(2)] != 23 {
		t.Errorf("levels %v, want the one who speaks", l)
	}
	r.until(t, func(st State) bool { return st.Rooms[0].People[1].Speaking && !st.Rooms[0].People[2].Speaking })
	f.loud(peer(2), silence)
	r.until(t, func(st State) bool { return !st.Rooms[0].People[1].Speaking })
}

func TestASlowReaderHoldsNobodyUp(t *testing.T) {
	f := newFake()
	s := runServer(t, f)
	f.change(func(st *node.Status) { st.Self.Addrs = []string{strings.Repeat("x", 1<<16)} })
	slow := events(t, s) // never read again
	_ = slow
	quick := events(t, s)
	for n := range 15 {
		f.change(func(st *node.Status) { st.Self.Peers = n + 1 })
		quick.until(t, func(st State) bool { return st.Self.Peers == n+1 })
	}
}
