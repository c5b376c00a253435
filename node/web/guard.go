package web

import (
	"context"
	"errors"
	"net"
	"net/http"
	"os"
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
	owner  func(net.Conn) (uid int, err error)
}

func newGuard(k *keys, port int) *guard {
	return &guard{keys: k, port: port, cookie: "banyan-" + strconv.Itoa(port), now: time.Now, owner: owner}
}

// strangerKey is where a connection's context holds why it is not the local user's.
type strangerKey struct{}

// meet looks at who connects. Other users of this machine may come by a cookie, which
// browsers send to all ports of a machine, or see a link among the arguments of a browser
// that was started with it; where the system tells whose a connection is, neither is of
// use to them. The superuser, who can do everything in any case, may come in: so do what
// forwards ports.
func (g *guard) meet(ctx context.Context, c net.Conn) context.Context {
	uid, err := g.owner(c)
	switch {
	case errors.Is(err, errors.ErrUnsupported):
		return ctx
	case err != nil:
		err = refuse(http.StatusForbidden, "it cannot be told whose program asks: %w", err)
	case uid != os.Geteuid() && uid != 0:
		err = refuse(http.StatusForbidden, "this page belongs to another user of this machine; run banyan yourself")
	default:
		return ctx
	}
	return context.WithValue(ctx, strangerKey{}, err)
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
		if err, stranger := r.Context().Value(strangerKey{}).(error); stranger {
			writeError(w, err)
			return
		}
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
