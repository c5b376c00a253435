//go:build slow

package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/banyan-rooms/banyan/cmd/internal/events"
	"github.com/banyan-rooms/banyan/crypto/invite"
	"github.com/banyan-rooms/banyan/node/store"
)

// hosting runs a host without a page until the test ends, and returns its room and
// what ends it.
func hosting(t *testing.T, data string, args ...string) (made events.Event, host *exec.Cmd) {
	t.Helper()
	banyan, _ := built(t)
	args = append([]string{"room", "create", "--title", "x", "--kind", "invite", "--json", "--data", data}, args...)
	host = exec.CommandContext(t.Context(), banyan, append(args, quiet...)...)
	out, err := host.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := host.Start(); err != nil {
		t.Fatal(err)
	}
	lines := json.NewDecoder(out)
	for made.Event != events.Made {
		if err := lines.Decode(&made); err != nil {
			t.Fatalf("the host ended: %v", err)
		}
	}
	go func() { _, _ = io.Copy(io.Discard, out) }() // ends with the host
	return made, host
}

// says runs banyan and returns what it printed, which is no error.
func says(t *testing.T, args ...string) (out, notes string) {
	t.Helper()
	banyan, _ := built(t)
	cmd := exec.CommandContext(t.Context(), banyan, args...)
	var errs strings.Builder
	cmd.Stderr = &errs
	said, err := cmd.Output()
	if err != nil {
		t.Fatalf("%v: %v: %s", args, err, errs.String())
	}
	return strings.TrimSpace(string(said)), errs.String()
}

func TestSlowCommandsAskTheNodeThatRuns(t *testing.T) {
	banyan, _ := built(t)
	data := filepath.Join(t.TempDir(), "data")
	made, host := hosting(t, data)
	first, err := invite.ParseLink(made.Link)
	if err != nil {
		t.Fatal(err)
	}

	id, _ := says(t, "id", "--data", data)
	if !strings.HasSuffix(first.Addrs[0], id) {
		t.Errorf("the identity is %s, the host's address %s", id, first.Addrs[0])
	}
	text, _ := says(t, append([]string{"invite", made.Room, "--uses", "1", "--data", data}, quiet...)...)
	if link, err := invite.ParseLink(text); err != nil || link.Bearer == nil || link.Addrs[0] != first.Addrs[0] {
		t.Errorf("the link %q (%v) does not lead to the node that runs", text, err)
	}
	page, _ := says(t, "--open=false", "--data", data)
	_, url, found := strings.Cut(page, "http://")
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+url, nil)
	if !found || err != nil {
		t.Fatalf("the page is %q: %v", page, err)
	}
	r, err := http.DefaultTransport.RoundTrip(request)
	if err != nil {
		t.Fatal(err)
	}
	if err := r.Body.Close(); err != nil || r.StatusCode != http.StatusSeeOther {
		t.Errorf("the page's link: %s, %v; want to be let in", r.Status, err)
	}
	if list, _ := says(t, append([]string{"room", "list", "--data", data}, quiet...)...); !strings.Contains(list, "No public rooms") {
		t.Errorf("the lobby is %q", list)
	}
	said, err := exec.CommandContext(t.Context(), banyan, append([]string{"join", made.Room, "--data", data}, quiet...)...).CombinedOutput()
	if err == nil || !strings.Contains(string(said), "in use") {
		t.Errorf("a second node: %v, said %q; want that the directory is in use", err, said)
	}

	if err := host.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	if err := host.Wait(); err != nil {
		t.Errorf("the host did not stop cleanly: %v", err)
	}
	if again, _ := says(t, "id", "--data", data); again != id {
		t.Errorf("the identity was %s and is %s", id, again)
	}
}

// A host that was killed makes a link by which one comes in through those who are
// there, and is at its old address when it runs again.
func TestSlowInviteWhileTheHostIsAway(t *testing.T) {
	banyan, _ := built(t)
	dir := t.TempDir()
	data := func(who string) []string {
		return append([]string{"--data", filepath.Join(dir, who)}, quiet...)
	}
	made, host := hosting(t, filepath.Join(dir, "host"))
	friend := exec.CommandContext(t.Context(), banyan, append([]string{"join", made.Link, "--json"}, data("friend")...)...)
	out, err := friend.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := friend.Start(); err != nil {
		t.Fatal(err)
	}
	lines := json.NewDecoder(out)
	for e := (events.Event{}); e.Event != events.Room; {
		if err := lines.Decode(&e); err != nil {
			t.Fatal(err)
		}
	}
	waitForFile(t, filepath.Join(dir, "host", "banyan.db"), []byte("/p2p/"), 20*time.Second) // the friend is remembered
	if err := host.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = host.Wait() // killed

	guest, _ := says(t, "id", "--data", filepath.Join(dir, "guest"))
	link, _ := says(t, append([]string{"invite", made.Room, "--to", guest}, data("host")...)...)
	if _, notes := says(t, append([]string{"join", link, "--for", "1s"}, data("guest")...)...); strings.Contains(notes, "level=ERROR") {
		t.Errorf("the guest: %s", notes)
	}
	if err := friend.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	_, _ = io.Copy(io.Discard, out)
	if err := friend.Wait(); err != nil {
		t.Errorf("the friend did not stop cleanly: %v", err)
	}

	link, notes := says(t, append([]string{"invite", made.Room, "--to", guest}, data("host")...)...)
	if !strings.Contains(notes, "Nobody else") {
		t.Errorf("a link that names nobody who is there comes with %q", notes)
	}
	back := exec.CommandContext(t.Context(), banyan, append([]string{"join", made.Room}, data("host")...)...)
	if err := back.Start(); err != nil {
		t.Fatal(err)
	}
	says(t, append([]string{"join", link, "--for", "1s"}, data("guest")...)...)
	if err := back.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	if err := back.Wait(); err != nil {
		t.Errorf("the host did not stop cleanly: %v", err)
	}
}

// waitForFile waits until a file holds something.
func waitForFile(t *testing.T, path string, part []byte, within time.Duration) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), within)
	defer cancel()
	again := time.NewTicker(50 * time.Millisecond)
	defer again.Stop()
	for {
		if text, err := os.ReadFile(path); err == nil && bytes.Contains(text, part) {
			return
		}
		select {
		case <-again.C:
		case <-ctx.Done():
			t.Fatalf("%s does not hold %q after %v", path, part, within)
		}
	}
}

// A demo that is killed takes its processes along.
func TestSlowAKilledDemoLeavesNothingBehind(t *testing.T) {
	banyan, _ := built(t)
	dir := t.TempDir()
	demo := exec.CommandContext(t.Context(), banyan, "demo", "--headless", "--for", "5m", "--listeners", "1", "--dir", dir)
	progress, err := demo.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := demo.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(progress)
	for up := false; !up; {
		if !lines.Scan() {
			t.Fatalf("the demo ended: %v", lines.Err())
		}
		up = strings.Contains(lines.Text(), "hears")
	}
	if err := demo.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = demo.Wait() // killed
	for _, who := range []string{"relay", "host", "guest", "listener-1"} {
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
		for err := errors.New("not tried"); err != nil; { // while its node has the directory
			var s *store.Store
			if s, err = store.Open(filepath.Join(dir, who), nil); err == nil {
				err = s.Close()
			}
			if ctx.Err() != nil {
				t.Errorf("the %s runs on: %v", who, err)
				break
			}
		}
		cancel()
	}
}
