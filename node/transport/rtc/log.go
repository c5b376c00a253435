package rtc

import (
	"context"
	"fmt"
	"log/slog"

	"github.com/pion/logging"
)

// logs hands pion's messages to slog at debug level: what pion calls an error is
// mostly a peer that went away.
type logs struct{ log *slog.Logger }

// NewLogger makes pion's logger for one of its parts.
func (l logs) NewLogger(scope string) logging.LeveledLogger {
	if l.log == nil {
		return scoped{slog.New(slog.DiscardHandler)}
	}
	return scoped{l.log.With("pion", scope)}
}

// scoped is the logger of one part of pion. Its traces are left out.
type scoped struct{ log *slog.Logger }

func (s scoped) say(level, text string, args ...any) {
	if ctx := context.Background(); s.log.Enabled(ctx, slog.LevelDebug) {
		if len(args) > 0 {
			text = fmt.Sprintf(text, args...)
		}
		s.log.DebugContext(ctx, text, "level", level)
	}
}

func (s scoped) Trace(string)                    {}
func (s scoped) Tracef(string, ...any)           {}
func (s scoped) Debug(text string)               { s.say("debug", text) }
func (s scoped) Debugf(text string, args ...any) { s.say("debug", text, args...) }
func (s scoped) Info(text string)                { s.say("info", text) }
func (s scoped) Infof(text string, args ...any)  { s.say("info", text, args...) }
func (s scoped) Warn(text string)                { s.say("warn", text) }
func (s scoped) Warnf(text string, args ...any)  { s.say("warn", text, args...) }
func (s scoped) Error(text string)               { s.say("error", text) }
func (s scoped) Errorf(text string, args ...any) { s.say("error", text, args...) }
