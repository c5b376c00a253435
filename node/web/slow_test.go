//go:build slow

package web

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/banyan-rooms/banyan/node"
	"github.com/banyan-rooms/banyan/node/audio"
	"github.com/banyan-rooms/banyan/node/audio/tone"
	"github.com/banyan-rooms/banyan/node/audio/wav"
)

// The slow tests drive Chromium by the scripts in browser/. Screenshots go to
// $BANYAN_OUT/browser.

// script is a script of browser/ that runs.
type script struct {
	cmd   *exec.Cmd
	lines *bufio.Scanner
	input io.Writer
}

// startScript starts a script; the npm package that it needs is installed first.
func startScript(t *testing.T, name string, args ...string) *script {
	t.Helper()
	if _, err := os.Stat("browser/node_modules/playwright-core"); err != nil {
		install := exec.CommandContext(t.Context(), "npm", "ci", "--no-audit", "--no-fund")
		install.Dir = "browser"
		if out, err := install.CombinedOutput(); err != nil {
			t.Fatalf("npm ci in node/web/browser: %v\n%s", err, out)
		}
	}
	ctx, cancel := context.WithTimeout(t.Context(), 4*time.Minute)
	t.Cleanup(cancel)
	cmd := exec.CommandContext(ctx, "node", append([]string{name}, args...)...)
	cmd.Dir = "browser"
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatalf("start %s (is Node.js installed?): %v", name, err)
	}
	return &script{cmd: cmd, lines: bufio.NewScanner(out), input: in}
}

// follow logs what a script says until it ends; please does what it asks for.
func (s *script) follow(t *testing.T, please func(what string)) {
	t.Helper()
	for s.lines.Scan() {
		if what, asks := strings.CutPrefix(s.lines.Text(), "please: "); asks {
			please(what)
			fmt.Fprintln(s.input, "done")
			continue
		}
		t.Log(s.lines.Text())
	}
	if err := s.cmd.Wait(); err != nil {
		t.Errorf("the browser's script: %v (what it said is above, pictures are in %s)", err, pictures(t))
	}
}

// pictures is where the screenshots of a run go.
func pictures(t *testing.T) string {
	t.Helper()
	dir := os.Getenv("BANYAN_OUT")
	if dir == "" {
		dir = filepath.Join(os.TempDir(), "banyan-out")
	}
	dir = filepath.Join(dir, "browser")
	if err := os.MkdirAll(dir, 0o750); err != nil {
		t.Fatal(err)
	}
	return dir
}

// spoken writes a file for a browser to say instead of what a microphone hears: a
// voice with pauses of about a second, no two alike, which are found again in what
// somebody else hears whatever the jitter buffers do to it.
func spoken(t *testing.T, seed uint64) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "voice.wav")
	f, err := os.Create(name)
	if err != nil {
		t.Fatal(err)
	}
	w, err := wav.NewWriter(f)
	if err != nil {
		t.Fatal(err)
	}
	pcm := tone.Speech(seed, time.Minute)
	random := rand.New(rand.NewPCG(seed, 0))
	for at := 0; at < len(pcm); {
		at += (800 + random.IntN(800)) * audio.SampleRate / 1000
		pause := (800 + random.IntN(600)) * audio.SampleRate / 1000
		clear(pcm[min(at, len(pcm)):min(at+pause, len(pcm))])
		at += pause
	}
	if err := w.Write(pcm); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	return name
}

// TestSlowPage walks through the page with a node of made-up people.
func TestSlowPage(t *testing.T) {
	f := newFake()
	f.change(func(s *node.Status) { *s = madeUp() })
	over := make(chan struct{})
	defer close(over)
	go f.chatter(over)

	var address string
	start := func(listen string) (stop func()) {
		ctx, cancel := context.WithCancel(t.Context())
		s, err := New(ctx, Config{Node: f, Listen: listen, Token: "token", Version: "test"})
		if err != nil {
			t.Fatal(err)
		}
		address = s.Address()
		ended := make(chan error, 1)
		go func() { ended <- s.Run(ctx) }()
		return func() {
			cancel()
			if err := <-ended; err != nil {
				t.Error(err)
			}
		}
	}
	stop := start("")
	script := startScript(t, "page.mjs", address, "token", spoken(t, 1), pictures(t))
	script.follow(t, func(what string) {
		switch what {
		case "stop":
			stop()
		case "start":
			stop = start(strings.TrimPrefix(address, "http://"))
		}
	})
	stop()
}

// TestSlowTwoPages is a room of two people, each with a node and a browser, and a
// relay: all real processes.
func TestSlowTwoPages(t *testing.T) {
	relay := startProgram(t, "banyan-relay", "--data", t.TempDir(), "--json", "--listen", "/ip4/127.0.0.1/udp/0/quic-v1")
	addrs := relay.await(t, "ready").Addrs
	link := func() string {
		args := []string{"--data", t.TempDir(), "--json", "--open=false", "--mdns=false", "--listen", "/ip4/127.0.0.1/udp/0/quic-v1"}
		for _, a := range addrs {
			args = append(args, "--bootstrap", a)
		}
		return startProgram(t, "banyan", args...).await(t, "page").Page
	}
	script := startScript(t, "room.mjs", link(), spoken(t, 1), link(), spoken(t, 2), pictures(t))
	script.follow(t, func(what string) { t.Errorf("the script asks for %q", what) })
}

// program is one of ours that runs.
type program struct {
	name   string
	out    io.Reader
	lines  *bufio.Scanner
	cmd    *exec.Cmd
	killed bool // on purpose
}

// said is what a program prints with --json.
type said struct {
	Event string   `json:"event"`
	Addrs []string `json:"addrs"`
	Page  string   `json:"page"`
}

// startProgram builds and starts a program, and stops it politely when the test ends.
func startProgram(t *testing.T, name string, args ...string) *program {
	t.Helper()
	dir := os.Getenv("BANYAN_BIN")
	if dir == "" {
		dir = t.TempDir()
		build := exec.CommandContext(t.Context(), "go", "build", "-tags", "nolibopusfile", "-o", dir, "../../cmd/"+name)
		if out, err := build.CombinedOutput(); err != nil {
			t.Fatalf("build %s: %v\n%s", name, err, out)
		}
	}
	cmd := exec.CommandContext(context.Background(), filepath.Join(dir, name), args...)
	var log bytes.Buffer
	cmd.Stderr = &log
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	p := &program{name: name, out: out, lines: bufio.NewScanner(out), cmd: cmd}
	t.Cleanup(func() {
		_ = cmd.Process.Signal(syscall.SIGTERM)
		late := time.AfterFunc(10*time.Second, func() { _ = cmd.Process.Kill() })
		defer late.Stop()
		if err := cmd.Wait(); err != nil && !p.killed {
			t.Errorf("%s did not end well: %v", name, err)
		}
		if t.Failed() {
			t.Logf("%s said:\n%s", name, &log)
		}
	})
	return p
}

// kill ends a program as a power cut does.
func (p *program) kill(t *testing.T) {
	t.Helper()
	p.killed = true
	if err := p.cmd.Process.Kill(); err != nil {
		t.Error(err)
	}
}

// drain drops what a program says, so that it can go on.
func (p *program) drain() { go io.Copy(io.Discard, p.out) }

// await reads events until one is of a kind; what comes after is read and dropped.
func (p *program) await(t *testing.T, event string) said {
	t.Helper()
	for p.lines.Scan() {
		var s said
		if json.Unmarshal(p.lines.Bytes(), &s) == nil && s.Event == event {
			p.drain()
			return s
		}
	}
	t.Fatalf("%s ended before %s", p.name, event)
	return said{}
}
