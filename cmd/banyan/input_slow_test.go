//go:build slow

package main

import (
	"context"
	"errors"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/banyan-rooms/banyan/crypto/identity"
	"github.com/banyan-rooms/banyan/crypto/invite"
)

// quiet are the flags of a node that speaks to this machine alone.
var quiet = []string{"--listen", "/ip4/127.0.0.1/udp/0/quic-v1", "--mdns=false"}

func TestSlowBadInputIsAnsweredInASentence(t *testing.T) {
	banyan, relay := built(t)
	dir := t.TempDir()
	text := filepath.Join(dir, "notes.txt")
	if err := os.WriteFile(text, []byte("this is no sound"), 0o600); err != nil {
		t.Fatal(err)
	}
	taken, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	nobody := invite.Link{Room: identity.RoomID{1}, Addrs: []string{
		"/ip4/127.0.0.1/udp/9/quic-v1/p2p/12D3KooWK99VoVxNE7XzyBwXEzW7xhK7Gpv85r9F3V3fyKSUKPH5",
	}}.String()
	node := func(args ...string) []string {
		return append(append(args, "--data", filepath.Join(dir, "data")), quiet...)
	}
	tests := []struct {
		name    string
		program string
		args    []string
		code    int
		says    string
	}{
		{"no link", banyan, []string{"join"}, 2, "--help"},
		{"an unknown command", banyan, []string{"sing"}, 2, "sing"},
		{"an unknown flag", banyan, []string{"join", "x", "--loud"}, 2, "--loud"},
		{"prose for a link", banyan, node("join", "come in"), 1, "invite"},
		{"a cut link", banyan, node("join", nobody[:len(nobody)/2]), 1, "copy it whole"},
		{"nobody there", banyan, node("join", nobody), 1, "be reached"},
		{"no title", banyan, node("room", "create"), 2, "--title"},
		{"a kind that is none", banyan, node("room", "create", "--title", "x", "--kind", "closed"), 2, "open or invite"},
		{"a text file to speak", banyan, node("room", "create", "--title", "x", "--speak", text), 1, "notes.txt"},
		{"a file that is not there", banyan, node("room", "create", "--title", "x", "--speak", text+"2"), 1, "no such file"},
		{"no peer ID", banyan, node("invite", "x", "--to", "ann"), 2, "banyan id"},
		{"no room", banyan, node("invite", "x"), 1, "bafkrei"},
		{"an unknown command of a command", banyan, []string{"room", "bogus"}, 2, "bogus"},
		{"a folder that cannot be", banyan, node("room", "create", "--title", "x", "--record", filepath.Join(text, "talk")), 1, "choose another folder"},
		{"no time at all", banyan, []string{"demo", "--headless", "--for", "0s"}, 2, "--for"},
		{"a directory that cannot be", banyan, []string{"id", "--data", filepath.Join(text, "data")}, 1, "notes.txt"},
		{"an address that is none", banyan, []string{"room", "list", "--listen", "here", "--mdns=false", "--data", filepath.Join(dir, "data")}, 1, "here"},
		{"a page's port in use", banyan, node("--open=false", "--page", taken.Addr().String()), 1, "in use"},
		{"a page for the world", banyan, node("--open=false", "--page", "0.0.0.0:0"), 1, "0.0.0.0"},
		{"a log level that is none", banyan, node("--log-level", "loud"), 2, "loud"},
		{"no relay program", banyan, []string{"demo", "--headless", "--relay", text + "3"}, 1, "notes.txt3"},
		{"killing after the end", banyan, []string{"demo", "--headless", "--for", "5s", "--kill-relay", "6s"}, 2, "over after"},
		{"a relay for nobody", relay, []string{"--max-children", "0"}, 2, "--max-children"},
		{"metrics' port in use", relay, []string{"--data", filepath.Join(dir, "relay"), "--listen", quiet[1], "--metrics", taken.Addr().String()}, 1, "in use"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
			defer cancel()
			out, err := exec.CommandContext(ctx, tt.program, tt.args...).CombinedOutput()
			code := 0
			if exit, ok := errors.AsType[*exec.ExitError](err); ok {
				code = exit.ExitCode()
			}
			if code != tt.code || !strings.Contains(string(out), tt.says) || strings.Contains(string(out), "goroutine ") {
				t.Errorf("%v: exit code %d (want %d), said:\n%s\nwant %q in it", tt.args, code, tt.code, out, tt.says)
			}
		})
	}
}
