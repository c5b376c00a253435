package demo

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

// process is one running program of the neighbourhood. Its events are read by a
// goroutine of its own that ends with the process.
type process struct {
	name string
	cmd  *exec.Cmd
	log  *slog.Logger
	life io.WriteCloser // the process ends when this does, at the latest with us
	last *lastLine      // of what it logged

	done chan struct{} // closed when the process has ended and all it said is read
	err  error         // how it ended; read after done

	mu      sync.Mutex
	seen    map[string]events.Event // the newest of each kind
	changed chan struct{}           // closed and replaced at each event
}

// start runs a program whose standard output are events. What it logs goes to logs.
func start(ctx context.Context, log *slog.Logger, logs io.Writer, name, program string, args ...string) (*process, error) {
	p := &process{
		name: name, log: log, last: &lastLine{},
		done: make(chan struct{}), seen: make(map[string]events.Event), changed: make(chan struct{}),
	}
	p.cmd = exec.CommandContext(ctx, program, append(args, "--"+cli.WithParent)...)
	p.cmd.Cancel = func() error { return p.cmd.Process.Signal(os.Interrupt) }
	p.cmd.WaitDelay = stopGrace
	p.cmd.Stderr = io.MultiWriter(cmp.Or[io.Writer](logs, io.Discard), p.last)
	out, err := p.cmd.StdoutPipe()
	if err == nil {
		p.life, err = p.cmd.StdinPipe()
	}
	if err != nil {
		return nil, fmt.Errorf("start %s: %w", name, err)
	}
	if err := p.cmd.Start(); err != nil {
		return nil, fmt.Errorf("start %s: %w", name, err)
	}
	log.Debug("started", "process", name, "pid", p.cmd.Process.Pid)
	go p.read(out)
	return p, nil
}

func (p *process) read(out io.Reader) {
	lines := bufio.NewScanner(out)
	lines.Buffer(nil, 1<<20) // a report carries histograms
	for lines.Scan() {
		var e events.Event
		if err := json.Unmarshal(lines.Bytes(), &e); err != nil {
			p.log.Warn("not an event", "process", p.name, "line", lines.Text())
			continue
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

// wait returns the newest event of a kind as soon as there is one.
func (p *process) wait(ctx context.Context, kind string) (events.Event, error) {
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
			if e, ok := p.event(kind); ok {
				return e, nil
			}
			return events.Event{}, p.why()
		case <-ctx.Done():
			return events.Event{}, fmt.Errorf("%s has not said %q: %w", p.name, kind, context.Cause(ctx))
		}
	}
}

// why is why the process ended by itself. It is asked after done.
func (p *process) why() error {
	if words := p.last.String(); words != "" {
		return fmt.Errorf("the %s ended early: %s", p.name, words)
	}
	return fmt.Errorf("the %s ended early: %w", p.name, cmp.Or(p.err, io.EOF))
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

// event returns the newest event of a kind, if there is one.
func (p *process) event(kind string) (events.Event, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	e, ok := p.seen[kind]
	return e, ok
}

// stop asks the process to leave and waits until it has; it kills what does not.
func (p *process) stop() {
	_ = p.cmd.Process.Signal(os.Interrupt) // it may have ended by itself
	select {
	case <-p.done:
	case <-time.After(stopGrace):
		p.log.Warn("did not stop, killed", "process", p.name)
		p.kill()
	}
}

// kill ends the process as a power cut would.
func (p *process) kill() {
	_ = p.cmd.Process.Signal(syscall.SIGKILL) // it may have ended by itself
	<-p.done
}
