package web

import (
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"time"
)

// testServer is a server that is not run: its handler is called directly.
func testServer(t *testing.T, f *fake) *Server {
	t.Helper()
	s, err := New(t.Context(), Config{Node: f, Token: "token", Version: "test", Base: "https://rooms.example/"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		s.hub.calls.close()
		s.hub.ears.close()
		if err := s.rtc.close(); err != nil {
			t.Error(err)
		}
		if err := s.door.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

// ask sends one request to a server's handler. Headers come in pairs.
func (s *Server) ask(t *testing.T, method, path, body string, headers ...string) *http.Response {
	t.Helper()
	r := httptest.NewRequest(method, "http://"+s.door.Addr().String()+path, strings.NewReader(body))
	for i := 0; i < len(headers); i += 2 {
		if headers[i] == "Host" {
			r.Host = headers[i+1]
		} else {
			r.Header.Set(headers[i], headers[i+1])
		}
	}
	w := httptest.NewRecorder()
	s.handler().ServeHTTP(w, r)
	return w.Result()
}

func TestWhoGetsIn(t *testing.T) {
	s := testServer(t, newFake())
	addr := s.door.Addr().String()
	port := strconv.Itoa(s.guard.port)
	cookie := s.guard.cookie + "=" + s.keys.session(time.Now())
	old := s.guard.cookie + "=" + s.keys.session(time.Now().Add(-2*sessionLife))
	const bearer = "Bearer token"
	tests := []struct {
		name    string
		method  string
		path    string
		headers []string
		want    int
	}{
		{"nothing at all", "GET", "/api/v1/state", nil, 401},
		{"bearer", "GET", "/api/v1/state", []string{"Authorization", bearer}, 200},
		{"wrong bearer", "GET", "/api/v1/state", []string{"Authorization", "Bearer nekot"}, 401},
		{"empty bearer", "GET", "/api/v1/state", []string{"Authorization", "Bearer "}, 401},
		{"wrong bearer beside a good cookie", "GET", "/api/v1/state", []string{"Authorization", "Bearer x", "Cookie", cookie, "Sec-Fetch-Site", "same-origin"}, 401},
		{"our page", "GET", "/api/v1/state", []string{"Cookie", cookie, "Sec-Fetch-Site", "same-origin"}, 200},
		{"our page in an old browser", "POST", "/api/v1/links", []string{"Cookie", cookie, "Origin", "http://" + addr}, 201},
		{"expired cookie", "GET", "/api/v1/state", []string{"Cookie", old, "Sec-Fetch-Site", "same-origin"}, 401},
		{"cookie of another port", "GET", "/api/v1/state", []string{"Cookie", strings.Replace(cookie, port, "1", 1), "Sec-Fetch-Site", "same-origin"}, 401},
		{"cookie, but who asks?", "GET", "/api/v1/state", []string{"Cookie", cookie}, 403},
		{"cookie, typed into the address bar", "GET", "/api/v1/state", []string{"Cookie", cookie, "Sec-Fetch-Site", "none"}, 403},
		{"another page of this machine", "POST", "/api/v1/links", []string{"Cookie", cookie, "Sec-Fetch-Site", "same-site", "Origin", "http://127.0.0.1:1"}, 403},
		{"another page of this machine reads", "GET", "/api/v1/state", []string{"Cookie", cookie, "Sec-Fetch-Site", "same-site"}, 403},
		{"a page of the web", "POST", "/api/v1/links", []string{"Cookie", cookie, "Sec-Fetch-Site", "cross-site", "Origin", "https://evil.example"}, 403},
		{"a page of the web that knows the token", "POST", "/api/v1/links", []string{"Authorization", bearer, "Origin", "https://evil.example"}, 403},
		{"a sandboxed frame", "POST", "/api/v1/links", []string{"Cookie", cookie, "Origin", "null"}, 403},
		{"our origin by another scheme", "POST", "/api/v1/links", []string{"Cookie", cookie, "Origin", "https://" + addr}, 403},
		{"events for a page of the web", "GET", "/api/v1/events", []string{"Cookie", cookie, "Sec-Fetch-Site", "cross-site"}, 403},
		{"events without a cookie", "GET", "/api/v1/events", []string{"Sec-Fetch-Site", "same-origin"}, 401},

		{"by the name localhost", "GET", "/api/v1/state", []string{"Host", "localhost:" + port, "Authorization", bearer}, 200},
		{"by the name LOCALHOST", "GET", "/api/v1/state", []string{"Host", "LOCALHOST:" + port, "Authorization", bearer}, 200},
		{"by IPv6", "GET", "/api/v1/state", []string{"Host", "[::1]:" + port, "Authorization", bearer}, 200},
		{"rebound name", "GET", "/api/v1/state", []string{"Host", "evil.example:" + port, "Authorization", bearer}, 403},
		{"rebound name asks for the page", "GET", "/", []string{"Host", "evil.example:" + port, "Cookie", cookie}, 403},
		{"rebound name asks for a script", "GET", "/js/main.js", []string{"Host", "evil.example:" + port}, 403},
		{"other port", "GET", "/", []string{"Host", "127.0.0.1:1"}, 403},
		{"no port", "GET", "/", []string{"Host", "127.0.0.1"}, 403},
		{"no host", "GET", "/", []string{"Host", ""}, 403},
		{"our name as a prefix", "GET", "/", []string{"Host", "127.0.0.1.evil.example:" + port}, 403},

		{"the page, let in", "GET", "/", []string{"Cookie", cookie}, 200},
		{"the page's head, let in", "HEAD", "/", []string{"Cookie", cookie}, 200},
		{"the page, locked", "GET", "/", nil, 401},
		{"the page, by a link elsewhere", "GET", "/", []string{"Sec-Fetch-Site", "cross-site"}, 200},
		{"a made-up link", "GET", "/?token=guess", nil, 403},
		{"the page by its file's name", "GET", "/index.html", []string{"Cookie", cookie}, 404},
		{"a script", "GET", "/js/main.js", nil, 200},
		{"a style sheet", "GET", "/style/base.css", nil, 200},
		{"no such file", "GET", "/js/none.js", nil, 404},
		{"a folder", "GET", "/js/", nil, 404},
		{"out of the folder", "GET", "/js/..%2f..%2fserver.go", nil, 404},
		{"out of the folder, backwards", "GET", `/js/..%5c..%5cserver.go`, nil, 404},
		{"out of the folder, in clear", "GET", "/../server.go", nil, 307},
		{"writing a file", "PUT", "/js/main.js", nil, 405},
		{"posting to the page", "POST", "/", nil, 405},
		{"wrong method", "DELETE", "/api/v1/state", []string{"Authorization", bearer}, 405},
		{"no such path", "GET", "/api/v2/state", []string{"Authorization", bearer}, 404},
		{"no such path, locked", "GET", "/api/v2/state", nil, 401},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := s.ask(t, tt.method, tt.path, "", tt.headers...); got.StatusCode != tt.want {
				t.Errorf("%s %s: %d, want %d", tt.method, tt.path, got.StatusCode, tt.want)
			}
		})
	}
}

func TestLinkBecomesCookie(t *testing.T) {
	s := testServer(t, newFake())
	path := strings.TrimPrefix(s.URL(), s.Address())
	if got := s.ask(t, "HEAD", path, ""); got.StatusCode != http.StatusForbidden {
		t.Errorf("a look at the link's head: %d, want it to open nothing", got.StatusCode)
	}
	first := s.ask(t, "GET", path, "")
	if first.StatusCode != http.StatusSeeOther || first.Header.Get("Location") != "/" {
		t.Fatalf("the link answers %d to %q, want 303 to /", first.StatusCode, first.Header.Get("Location"))
	}
	cookies := first.Cookies()
	if len(cookies) != 1 {
		t.Fatalf("%d cookies, want 1", len(cookies))
	}
	c := cookies[0]
	if !c.HttpOnly || c.SameSite != http.SameSiteStrictMode || c.Path != "/" || c.Domain != "" {
		t.Errorf("cookie %v, want HttpOnly, SameSite=Strict, Path=/ and no domain", c)
	}
	if got := s.ask(t, "GET", "/", "", "Cookie", c.Name+"="+c.Value); got.StatusCode != http.StatusOK {
		t.Errorf("the page with the cookie: %d, want 200", got.StatusCode)
	}
	if got := s.ask(t, "GET", path, ""); got.StatusCode != http.StatusForbidden {
		t.Errorf("the link, used again: %d, want 403", got.StatusCode)
	}
	if got := s.ask(t, "GET", path, "", "Cookie", c.Name+"="+c.Value); got.StatusCode != http.StatusSeeOther {
		t.Errorf("the link, used again by who is in: %d, want 303", got.StatusCode)
	}
}

func TestEveryAnswerIsHardened(t *testing.T) {
	s := testServer(t, newFake())
	for _, path := range []string{"/", "/js/main.js", "/none", "/api/v1/state", "/?token=guess"} {
		h := s.ask(t, "GET", path, "").Header
		for name, want := range map[string]string{
			"Content-Security-Policy":      "default-src 'none'; script-src 'self'; style-src 'self'",
			"X-Content-Type-Options":       "nosniff",
			"Referrer-Policy":              "no-referrer",
			"Cross-Origin-Opener-Policy":   "same-origin",
			"Cross-Origin-Resource-Policy": "same-origin",
			"Permissions-Policy":           "microphone=(self)",
		} {
			if got := h.Get(name); !strings.HasPrefix(got, want) {
				t.Errorf("%s: %s is %q, want %q", path, name, got, want)
			}
		}
		if h.Get("Access-Control-Allow-Origin") != "" {
			t.Errorf("%s lets other origins read", path)
		}
	}
}

func TestListenOnlyHere(t *testing.T) {
	busy := testServer(t, newFake())
	tests := []struct {
		name, address, want string // want: in the error
	}{
		{"all addresses", "0.0.0.0:0", "this machine only"},
		{"all IPv6 addresses", "[::]:0", "this machine only"},
		{"another's address", "192.0.2.1:0", "this machine only"},
		{"a name", "banyan.example:0", "this machine only"},
		{"no port", "127.0.0.1", "not host:port"},
		{"port in use", busy.door.Addr().String(), "in use"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := New(t.Context(), Config{Node: newFake(), Listen: tt.address})
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("%q: %v, want an error with %q", tt.address, err, tt.want)
			}
		})
	}
}
