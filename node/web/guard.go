package web

import (
	"net"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// policy is what the page may load: nothing but its own files, and no inline code.
const policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; " +
	"connect-src 'self'; media-src 'self' blob: mediastream:; manifest-src 'self'; base-uri 'none'; " +
	"form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'"

// guard decides which requests get in.
type guard struct {
	keys   *keys
	port   int
	cookie string // its name; it holds the port, because cookies do not heed ports
	now    func() time.Time
}

func newGuard(k *keys, port int) *guard {
	return &guard{keys: k, port: port, cookie: "banyan-" + strconv.Itoa(port), now: time.Now}
}

// harden sets what every answer carries, refuses foreign hosts and bounds bodies.
func (g *guard) harden(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", policy)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("X-Frame-Options", "DENY")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		h.Set("Permissions-Policy", "microphone=(self), camera=(), geolocation=(), payment=(), usb=()")
		h.Set("Cache-Control", "no-store")
		if !g.ownHost(r.Host) {
			writeError(w, refuse(http.StatusForbidden,
				"this page answers at 127.0.0.1:%d only, not at the name that was asked for; open the link that banyan printed", g.port))
			return
		}
		r.Body = http.MaxBytesReader(w, r.Body, maxBody)
		next.ServeHTTP(w, r)
	})
}

// ownHost tells whether a Host header names this server by a name that cannot be
// pointed elsewhere.
func (g *guard) ownHost(host string) bool {
	name, port, err := net.SplitHostPort(host)
	if err != nil { // browsers leave port 80 out
		name, port = strings.Trim(host, "[]"), "80"
	}
	if port != strconv.Itoa(g.port) {
		return false
	}
	return name == "127.0.0.1" || name == "::1" || strings.EqualFold(name, "localhost")
}

// admit lets the local user's requests through.
func (g *guard) admit(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if err := g.check(r); err != nil {
			writeError(w, err)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// check says why a request to the API is refused, if it is.
func (g *guard) check(r *http.Request) error {
	ours, foreign := whence(r)
	if foreign {
		return refuse(http.StatusForbidden, "another page tried to use your node; only its own page may")
	}
	if token, given := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer "); given {
		if !g.keys.bearer(token) {
			return refuse(http.StatusUnauthorized, "the bearer token is not this node's; it changes when the node starts anew")
		}
		return nil
	}
	if !g.known(r) {
		return refuse(http.StatusUnauthorized, "this browser is not let in (yet); open the link that banyan printed when it started")
	}
	if !ours {
		return refuse(http.StatusForbidden, "the request does not say that the node's own page made it; a script should send the bearer token")
	}
	return nil
}

// known tells whether a request carries a good session.
func (g *guard) known(r *http.Request) bool {
	c, err := r.Cookie(g.cookie)
	return err == nil && g.keys.holds(c.Value, g.now())
}

// whence judges by the headers that a page cannot forge: ours is shown to come from
// the node's own page, foreign from another. Neither is a program or an old browser.
func whence(r *http.Request) (ours, foreign bool) {
	origin, site := r.Header.Get("Origin"), r.Header.Get("Sec-Fetch-Site")
	if origin != "" && origin != "http://"+r.Host {
		return false, true
	}
	if site != "" && site != "same-origin" {
		return false, true
	}
	return origin != "" || site != "", false
}

// enter turns the secret of a link into a session.
func (g *guard) enter(w http.ResponseWriter, secret string) bool {
	if !g.keys.open(secret) {
		return false
	}
	http.SetCookie(w, &http.Cookie{ //nolint:gosec // Secure would need TLS, which 127.0.0.1 has not
		Name:     g.cookie,
		Value:    g.keys.session(g.now()),
		Path:     "/",
		MaxAge:   int(sessionLife / time.Second),
		HttpOnly: true,
		SameSite: http.SameSiteStrictMode,
	})
	return true
}
