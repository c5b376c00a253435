package web

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"runtime"
	"syscall"
	"testing"
)

// TestOtherUsersAreKeptOut asks a real server as another user of this machine, with all
// that a user could have stolen.
func TestOtherUsersAreKeptOut(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("only the superuser can be somebody else")
	}
	s, err := New(t.Context(), Config{Node: newFake(), Token: "token"})
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- s.Run(ctx) }()
	defer func() {
		stop()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	}()
	const bearer = "Authorization: Bearer token"
	cookie := fmt.Sprintf("Cookie: %s=%s\r\nSec-Fetch-Site: same-origin", s.guard.cookie, s.keys.session(s.guard.now()))
	const other = 65534 // nobody
	tests := []struct {
		name   string
		uid    int
		path   string
		header string
		want   int
	}{
		{"oneself, by the token", 0, "/api/v1/state", bearer, 200},
		{"oneself, by a cookie", 0, "/api/v1/state", cookie, 200},
		{"another, by the token", other, "/api/v1/state", bearer, 403},
		{"another, by a cookie", other, "/api/v1/state", cookie, 403},
		{"another, by a link that was not used", other, "/?token=" + s.keys.link(), "X: y", 403},
		{"another, for a script of the page", other, "/js/main.js", "X: y", 403},
	}
	for _, tt := range tests {
		c := dialAs(t, tt.uid, s.door.Addr().String())
		fmt.Fprintf(c, "GET %s HTTP/1.1\r\nHost: %s\r\n%s\r\n\r\n", tt.path, s.door.Addr(), tt.header)
		answer, err := http.ReadResponse(bufio.NewReader(c), nil)
		if err != nil || answer.StatusCode != tt.want {
			t.Errorf("%s: %v, %v; want status %d", tt.name, answer, err, tt.want)
		}
		if err := errors.Join(answer.Body.Close(), c.Close()); err != nil {
			t.Error(err)
		}
	}
}

// dialAs connects as some user: a socket is of whom its thread is when it is made.
func dialAs(t *testing.T, uid int, address string) net.Conn {
	t.Helper()
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	if err := syscall.Setfsuid(uid); err != nil {
		t.Fatal(err)
	}
	c, err := net.Dial("tcp", address)
	if err := errors.Join(err, syscall.Setfsuid(os.Geteuid())); err != nil {
		t.Fatal(err)
	}
	return c
}

func TestAConnectionThatIsClosedIsNobodys(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	client, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	served, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	defer served.Close()
	if uid, err := owner(served); err != nil || uid != os.Geteuid() {
		t.Errorf("the connection is of user %d, %v; want %d", uid, err, os.Geteuid())
	}
	if err := client.Close(); err != nil {
		t.Fatal(err)
	}
	if uid, err := owner(served); !errors.Is(err, errNoOwner) {
		t.Errorf("closed, the connection is of user %d, %v; want %v", uid, err, errNoOwner)
	}
}
