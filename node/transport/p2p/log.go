package p2p

import (
	"context"
	"log/slog"
	"os"

	golog "github.com/ipfs/go-log/v2"
	"github.com/libp2p/go-libp2p/gologshim"
)

// SetLog has the libraries' own messages go to a log, all at debug level, where
// they would go to standard error: what libp2p calls an error is mostly a peer
// that went away. It holds for the whole process and is called before the first
// [New], by who owns the process.
func SetLog(log *slog.Logger) {
	gologshim.SetDefaultHandler(quiet{log.Handler()})
	golog.SetAllLoggers(golog.LevelPanic) // those that cannot be redirected: the DHT's
	_ = os.Setenv("QUIC_GO_DISABLE_RECEIVE_BUFFER_WARNING", "true")
}

// quiet is a handler to which everything is at debug level.
type quiet struct{ slog.Handler }

// Enabled asks about debug, whatever the level.
func (q quiet) Enabled(ctx context.Context, _ slog.Level) bool {
	return q.Handler.Enabled(ctx, slog.LevelDebug)
}

// Handle passes a record on at debug level, and keeps the one it had beside it.
func (q quiet) Handle(ctx context.Context, r slog.Record) error {
	r.AddAttrs(slog.String("libp2p", r.Level.String()))
	r.Level = slog.LevelDebug
	return q.Handler.Handle(ctx, r)
}

// WithAttrs keeps the handler quiet.
func (q quiet) WithAttrs(attrs []slog.Attr) slog.Handler { return quiet{q.Handler.WithAttrs(attrs)} }

// WithGroup keeps the handler quiet.
func (q quiet) WithGroup(name string) slog.Handler { return quiet{q.Handler.WithGroup(name)} }
