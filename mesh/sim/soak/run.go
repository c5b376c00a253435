package soak

import (
	"cmp"
	"errors"
	"fmt"
	"regexp"
	"runtime/debug"
	"strings"
	"time"

	"github.com/banyan-rooms/banyan/mesh/sim/scenarios"
)

// Failure is a case that failed.
type Failure struct {
	Scenario scenarios.Scenario
	Way      string        // how it failed, in words without numbers or names: what failures are told apart by
	At       time.Duration // of simulated time
	Err      error         // the whole story
}

// ErrPanic is a machine, or the simulator, that broke down.
var ErrPanic = errors.New("panic")

// Run plays a case. stop is asked now and then; what it returns ends the run and is
// returned. A case that fails is no error: it is what was looked for.
func Run(s scenarios.Scenario, stop func() error) (ran scenarios.Ran, failed *Failure, err error) {
	var ended error
	ran, err = caught(s, func() error {
		ended = stop()
		return ended
	})
	if ended != nil {
		return ran, nil, ended
	}
	if err == nil {
		return ran, nil, nil
	}
	at := time.Duration(ran.Report.DurationSeconds * float64(time.Second)).Round(time.Millisecond)
	return ran, &Failure{Scenario: s, Way: way(err), At: at, Err: err}, nil
}

// caught plays a case and makes an error of a panic.
func caught(s scenarios.Scenario, stop func() error) (ran scenarios.Ran, err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("%w: %v\n%s", ErrPanic, r, debug.Stack())
		}
	}()
	return scenarios.Run(s, s.Seed, stop)
}

var (
	// where is how the simulator says of which run it speaks.
	where = regexp.MustCompile(`^seed \d+ at \S+, event \d+: `)
	// whole is an invariant of the simulator's, numbered one of the mesh's, as errors begin.
	whole    = regexp.MustCompile(`^invariant "[^"]*"`)
	numbered = regexp.MustCompile(`invariant \d+`)
	// digits differ between runs that fail alike.
	digits = regexp.MustCompile(`\d+`)
)

// way says how a run failed, the same of all runs that failed alike.
func way(err error) string {
	switch {
	case errors.Is(err, ErrPanic):
		first, _, _ := strings.Cut(err.Error(), "\n")
		return digits.ReplaceAllString(first, "…")
	case errors.Is(err, scenarios.ErrUnsettled):
		if strings.Contains(err.Error(), "both roots") {
			return scenarios.ErrUnsettled.Error() + ": two roots"
		}
		return scenarios.ErrUnsettled.Error()
	case errors.Is(err, scenarios.ErrDeaf):
		return scenarios.ErrDeaf.Error()
	}
	text := where.ReplaceAllString(err.Error(), "")
	if name := whole.FindString(text); name != "" {
		return cmp.Or(numbered.FindString(text[len(name):]), name)
	}
	return digits.ReplaceAllString(text, "…")
}
