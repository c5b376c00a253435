// Package process runs a program of ours as a process of its own and reads the events
// that it prints with --json.
//
// Each process has one goroutine that reads its output and ends with it.
package process

import (
	"bufio"
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/exec"
	"sync"
	"syscall"
	"time"

	"github.com/banyan-rooms/banyan/cmd/internal/events"
	cli "github.com/banyan-rooms/banyan/cmd/internal/program"
)

// stopGrace is how long a process has to leave the room before it is killed.
const stopGrace = 10 * time.Second

// Config says what to run. Name, Program and Log have no default.
type Config struct {
	Name    string // in what is logged of it
	Program string // path
	Args    []string
	Log     *slog.Logger
	Logs    io.Writer             // what it logs; nil means nowhere
	Start   func(*exec.Cmd) error // starts it, such as on another machine of a lab; nil means [exec.Cmd.Start]
	Told    func(events.Event)    // is given each event, in order, before Wait returns it; may be nil
}

// Process is a running program.
type Process struct {
	cfg  Config
	cmd  *exec.Cmd
	life io.WriteCloser // the process ends when this does, at the latest with us
	last *lastLine      // of what it logged

	done chan struct{} // closed when the process has ended and all it said is read
	err  error         // how it ended; read after done

	mu      sync.Mutex
	seen    map[string]events.Event // the newest of each kind
	changed chan struct{}           // closed and replaced at each event
}

// Start runs a program until it ends, or ctx does.
func Start(ctx context.Context, cfg Config) (*Process, error) {
	p := &Process{
		cfg: cfg, last: &lastLine{},
		done: make(chan struct{}), seen: make(map[string]events.Event), changed: make(chan struct{}),
	}
	p.cmd = exec.CommandContext(ctx, cfg.Program, append(cfg.Args, "--"+cli.WithParent)...)
	p.cmd.Cancel = func() error { return p.cmd.Process.Signal(os.Interrupt) }
	p.cmd.WaitDelay = stopGrace
	p.cmd.Stderr = io.MultiWriter(cmp.Or[io.Writer](cfg.Logs, io.Discard), p.last)
	out, err := p.cmd.StdoutPipe()
	if err == nil {
		p.life, err = p.cmd.StdinPipe()
	}
	if err == nil && cfg.Start != nil {
		err = cfg.Start(p.cmd)
	} else if err == nil {
		err = p.cmd.Start()
	}
	if err != nil {
		return nil, fmt.Errorf("start %s: %w", cfg.Name, err)
	}
	cfg.Log.Debug("started", "process", cfg.Name, "pid", p.cmd.Process.Pid)
	go p.read(out)
	return p, nil
}

func (p *Process) read(out io.Reader) {
	lines := bufio.NewScanner(out)
	lines.Buffer(nil, 1<<20) // a report carries histograms
	for lines.Scan() {
		var e events.Event
		if err := json.Unmarshal(lines.Bytes(), &e); err != nil {
			p.cfg.Log.Warn("not an event", "process", p.cfg.Name, "line", lines.Text())
			continue
		}
		if p.cfg.Told != nil {
			p.cfg.Told(e)
		}
		p.mu.Lock()
		p.seen[e.Event] = e
		close(p.changed)
		p.changed = make(chan struct{})
		p.mu.Unlock()
	}
	p.err = p.cmd.Wait()
	close(p.done)
}

// Wait returns the newest event of a kind as soon as there is one.
func (p *Process) Wait(ctx context.Context, kind string) (events.Event, error) {
	for {
		p.mu.Lock()
		e, ok := p.seen[kind]
		changed := p.changed
		p.mu.Unlock()
		if ok {
			return e, nil
		}
		select {
		case <-changed:
		case <-p.done:
			if e, ok := p.Event(kind); ok {
				return e, nil
			}
			return events.Event{}, p.Why()
		case <-ctx.Done():
			return events.Event{}, fmt.Errorf("%s has not said %q: %w", p.cfg.Name, kind, context.Cause(ctx))
		}
	}
}

// Why is why the process ended by itself. It is asked after [Process.Done].
func (p *Process) Why() error {
	if words := p.last.String(); words != "" {
		return fmt.Errorf("the %s ended early: %s", p.cfg.Name, words)
	}
	return fmt.Errorf("the %s ended early: %w", p.cfg.Name, cmp.Or(p.err, io.EOF))
}

// lastLine is the last line that was written and is not empty. Writing and reading may
// not be at the same time.
type lastLine struct{ line, begun []byte }

func (l *lastLine) Write(b []byte) (int, error) {
	for part := range bytes.Lines(b) {
		l.begun = append(l.begun, bytes.TrimRight(part, "\n")...)
		if l.begun = l.begun[:min(len(l.begun), maxLine)]; part[len(part)-1] != '\n' {
			continue
		}
		if len(l.begun) > 0 {
			l.line = l.begun
		}
		l.begun = nil
	}
	return len(b), nil
}

func (l *lastLine) String() string { return cmp.Or(string(l.begun), string(l.line)) }

// maxLine bounds what is kept of a line.
const maxLine = 1 << 10

// Event returns the newest event of a kind, if there is one.
func (p *Process) Event(kind string) (events.Event, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	e, ok := p.seen[kind]
	return e, ok
}

// Name is what the process is called.
func (p *Process) Name() string { return p.cfg.Name }

// Done is closed when the process has ended and all that it said was read.
func (p *Process) Done() <-chan struct{} { return p.done }

// Stop asks the process to leave and waits until it has; it kills what does not.
func (p *Process) Stop() {
	_ = p.cmd.Process.Signal(os.Interrupt) // it may have ended by itself
	select {
	case <-p.done:
	case <-time.After(stopGrace):
		p.cfg.Log.Warn("did not stop, killed", "process", p.cfg.Name)
		p.Kill()
	}
}

// Kill ends the process as a power cut would.
func (p *Process) Kill() {
	_ = p.cmd.Process.Signal(syscall.SIGKILL) // it may have ended by itself
	<-p.done
}
