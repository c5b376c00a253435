package web

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"sync"
	"time"
)

// Config is all that the page's server can be told. Only Node has no default.
type Config struct {
	Node    Node
	Listen  string       // host:port, loopback only; empty means 127.0.0.1 and a free port
	Token   string       // for scripts; if it outlives a restart, so do the browser's sessions. Empty means a random one
	Version string       // shown in the page
	Base    string       // web page that hands invite links on (https://…); empty: links are banyan: only
	Log     *slog.Logger // nil means no log
}

const (
	// A page on the same machine needs a fraction of these.
	headerFor = 5 * time.Second
	readFor   = 15 * time.Second
	idleFor   = 2 * time.Minute
	maxHeader = 16 << 10
	// stopFor is how long a stop waits for requests that are under way.
	stopFor = 3 * time.Second
)

// Server is the local page.
type Server struct {
	cfg   Config
	log   *slog.Logger
	door  net.Listener
	keys  *keys
	guard *guard
	ui    ui
	rtc   rtc
	hub   *hub
}

// New takes the page's address, so that a port in use is known at once. [Server.Run]
// must be called to serve it and to give it back.
func New(ctx context.Context, cfg Config) (*Server, error) {
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	files, err := loadUI()
	if err != nil {
		return nil, err
	}
	l, err := listen(ctx, cfg.Listen)
	if err != nil {
		return nil, err
	}
	k := newKeys(cfg.Token)
	port := l.Addr().(*net.TCPAddr).Port
	return &Server{
		cfg: cfg, log: cfg.Log, door: l, keys: k, guard: newGuard(k, port),
		ui: files, hub: newHub(cfg.Node, cfg.Version),
	}, nil
}

// listen opens the page's address, which must be this machine's own.
func listen(ctx context.Context, address string) (net.Listener, error) {
	if address == "" {
		address = "127.0.0.1:0"
	}
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return nil, fmt.Errorf("the page's address %q is not host:port, such as 127.0.0.1:7777: %w", address, err)
	}
	if host == "" || host == "localhost" {
		host = "127.0.0.1"
	}
	if ip := net.ParseIP(host); ip == nil || !ip.IsLoopback() {
		return nil, fmt.Errorf("the page's address %q can be reached from other machines; the page is for this machine only, so use 127.0.0.1", address)
	}
	var config net.ListenConfig
	l, err := config.Listen(ctx, "tcp", net.JoinHostPort(host, port))
	if err != nil {
		return nil, fmt.Errorf("open the page at %s (is the port in use? then choose another): %w", address, err)
	}
	return l, nil
}

// URL makes a link that lets one browser in, once.
func (s *Server) URL() string {
	return s.Address() + "/?token=" + url.QueryEscape(s.keys.link())
}

// Address is where the page is, without a way in: http://127.0.0.1:7777.
func (s *Server) Address() string {
	a := s.door.Addr().(*net.TCPAddr)
	return "http://" + net.JoinHostPort(a.IP.String(), strconv.Itoa(a.Port))
}

// Token is what scripts send as a bearer token.
func (s *Server) Token() string { return s.keys.token }

// Run serves the page until ctx ends. It returns when everything it started has.
func (s *Server) Run(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	srv := &http.Server{
		Handler:           s.handler(),
		BaseContext:       func(net.Listener) context.Context { return ctx },
		ConnContext:       s.guard.meet,
		ReadHeaderTimeout: headerFor,
		ReadTimeout:       readFor,
		WriteTimeout:      actFor + writeFor, // event streams set their own
		IdleTimeout:       idleFor,
		MaxHeaderBytes:    maxHeader,
		ErrorLog:          slog.NewLogLogger(s.log.Handler(), slog.LevelDebug),
	}
	var wg sync.WaitGroup
	wg.Go(func() { s.hub.run(ctx) })
	wg.Go(func() {
		<-ctx.Done()
		s.stop(ctx, srv)
	})
	err := srv.Serve(s.door)
	cancel()
	wg.Wait()
	if errors.Is(err, http.ErrServerClosed) {
		err = nil
	}
	return errors.Join(err, s.rtc.close())
}

// stop lets requests finish, event streams end with ctx, and what hangs is cut.
func (s *Server) stop(ctx context.Context, srv *http.Server) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopFor)
	defer cancel()
	if err := srv.Shutdown(ctx); err != nil {
		_ = srv.Close() // it was cut; there is nothing more to do
	}
}

// handler is everything, behind its guards.
func (s *Server) handler() http.Handler {
	mux := http.NewServeMux()
	mux.Handle("/api/", s.guard.admit(s.api()))
	mux.Handle("/", byMethod(map[string]handler{"GET": s.serveFiles, "HEAD": s.serveFiles}))
	return s.guard.harden(mux)
}
