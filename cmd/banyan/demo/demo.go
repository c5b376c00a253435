// Package demo runs a neighbourhood of real processes on one machine: a relay, a
// host and a second speaker who talk in turns, and listeners.
//
// It starts the programs that a person would start and reads what they print with
// --json; it knows nothing of a node's insides. [Run] waits for all of them.
package demo

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"path/filepath"
	"strconv"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/banyan-rooms/banyan/cmd/internal/events"
	"github.com/banyan-rooms/banyan/cmd/internal/process"
)

// startLimit is how long everyone together has to come up and hear the first
// sound; on two cores thirty processes take some seconds.
const startLimit = 90 * time.Second

// Config says what neighbourhood to run. Programs and Dir have no default.
type Config struct {
	Banyan, Relay string        // the programs' paths
	Dir           string        // data directories and logs go here
	Listeners     int           // 0 means none
	MaxChildren   int           // that each peer feeds; 0 leaves it to the programs
	For           time.Duration // how long everyone stays once all of them hear; 0 means until ctx ends
	KillRelay     time.Duration // when the relay is killed, counted like For; 0 means never
	Record        bool          // listeners record into Dir/listener-N/recording
	Solo          bool          // the host speaks all the time, and there is no guest
	Host, Guest   string        // files that the speakers play; empty means the bundled ones
	LogLevel      string        // of the processes; empty leaves it to them
	Log           *slog.Logger
	Logs          io.Writer                       // what the processes log
	Progress      func(done, of int, what string) // called as the neighbourhood comes up; may be nil
	Ready         func(link string) error         // called when everyone hears, while the room lives; may be nil
}

// neighbourhood is everyone who runs.
type neighbourhood struct {
	cfg       Config
	relay     *process.Process
	host      *process.Process
	guest     *process.Process
	listeners []*process.Process
	link      string
	steps     int
}

// Run brings the neighbourhood up, lets it live, takes it down and reports.
func Run(ctx context.Context, cfg Config) (Report, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	n := &neighbourhood{cfg: cfg}
	defer n.stopAll()

	started := time.Now()
	if err := n.comeUp(ctx); err != nil {
		return Report{}, err
	}
	cfg.Log.Info("everyone hears", "listeners", cfg.Listeners, "after", time.Since(started).Round(time.Millisecond))
	if cfg.Ready != nil {
		if err := cfg.Ready(n.link); err != nil {
			return Report{}, err
		}
	}
	if err := n.live(ctx); err != nil {
		return Report{}, err
	}
	return n.report(context.WithoutCancel(ctx))
}

// comeUp starts everyone in the order in which they need each other, and returns
// when every listener has heard a sound.
func (n *neighbourhood) comeUp(ctx context.Context) error {
	ctx, cancel := context.WithTimeoutCause(ctx, startLimit, fmt.Errorf("the room was not up after %v", startLimit))
	defer cancel()
	if err := n.startRelay(ctx); err != nil {
		return err
	}
	if err := n.startSpeakers(ctx); err != nil {
		return err
	}
	return n.startListeners(ctx)
}

func (n *neighbourhood) startRelay(ctx context.Context) error {
	args := []string{"--data", filepath.Join(n.cfg.Dir, "relay"), "--listen", loopback, "--json"}
	relay, err := n.start(ctx, "relay", n.cfg.Relay, args)
	if err != nil {
		return err
	}
	n.relay = relay
	_, err = relay.Wait(ctx, events.Ready)
	n.progress("the relay runs")
	return err
}

// loopback keeps the demo's traffic on this machine.
const loopback = "/ip4/127.0.0.1/udp/0/quic-v1"

func (n *neighbourhood) startSpeakers(ctx context.Context) error {
	ready, _ := n.relay.Event(events.Ready)
	args := []string{"room", "create", "--title", "Under the banyan", "--welcome", "--loop", "--speak", orBundled(n.cfg.Host, "builtin:host")}
	if !n.cfg.Solo {
		args = append(args, "--turn", "1/2")
	}
	for _, addr := range ready.Addrs {
		args = append(args, "--bootstrap", addr)
	}
	var err error
	if n.host, err = n.peer(ctx, "host", "Ann, the host", args...); err != nil {
		return err
	}
	room, err := n.host.Wait(ctx, events.Made)
	if err != nil {
		return err
	}
	n.link = room.Link
	n.progress("the host opened a room")
	if n.cfg.Solo {
		return nil
	}
	n.guest, err = n.peer(ctx, "guest", "Bob, a guest", "join", n.link, "--turn", "2/2", "--loop", "--speak", orBundled(n.cfg.Guest, "builtin:guest"))
	if err != nil {
		return err
	}
	_, err = n.guest.Wait(ctx, events.Stage)
	n.progress("the guest was invited up")
	return err
}

func orBundled(file, bundled string) string {
	if file == "" {
		return bundled
	}
	return file
}

func (n *neighbourhood) startListeners(ctx context.Context) error {
	for i := range n.cfg.Listeners {
		name := "listener-" + strconv.Itoa(i+1)
		args := []string{"join", n.link}
		if n.cfg.Record {
			args = append(args, "--record", filepath.Join(n.cfg.Dir, name, "recording"))
		}
		p, err := n.peer(ctx, name, "Listener "+strconv.Itoa(i+1), args...)
		if err != nil {
			return err
		}
		n.listeners = append(n.listeners, p)
	}
	for _, p := range n.listeners {
		if _, err := p.Wait(ctx, events.Sound); err != nil {
			return err
		}
		n.progress(p.Name() + " hears")
	}
	return nil
}

// peer starts a desktop node without a page.
func (n *neighbourhood) peer(ctx context.Context, name, person string, args ...string) (*process.Process, error) {
	args = append(args, "--data", filepath.Join(n.cfg.Dir, name), "--name", person, "--listen", loopback, "--mdns=false", "--json")
	return n.start(ctx, name, n.cfg.Banyan, args)
}

// start starts a process that stops with Run, and not before.
func (n *neighbourhood) start(ctx context.Context, name, program string, args []string) (*process.Process, error) {
	return process.Start(context.WithoutCancel(ctx), process.Config{
		Name: name, Program: program, Args: n.withLimits(args), Log: n.cfg.Log, Logs: n.cfg.Logs,
	})
}

// withLimits adds what all programs understand.
func (n *neighbourhood) withLimits(args []string) []string {
	if n.cfg.LogLevel != "" {
		args = append(args, "--log-level", n.cfg.LogLevel)
	}
	if n.cfg.MaxChildren > 0 {
		args = append(args, "--max-children", strconv.Itoa(n.cfg.MaxChildren))
	}
	return args
}

func (n *neighbourhood) progress(what string) {
	n.steps++
	if n.cfg.Progress != nil {
		of := 3 + n.cfg.Listeners
		if n.cfg.Solo {
			of--
		}
		n.cfg.Progress(n.steps, of, what)
	}
}

// live lets time pass, and kills the relay when it is time for that.
func (n *neighbourhood) live(ctx context.Context) error {
	var end, kill <-chan time.Time
	if n.cfg.For > 0 {
		end = time.After(n.cfg.For)
	}
	if n.cfg.KillRelay > 0 {
		kill = time.After(n.cfg.KillRelay)
	}
	for {
		select {
		case <-ctx.Done():
			return nil // asked to end: what was heard until now is still worth a report
		case <-end:
			return nil
		case <-kill:
			n.cfg.Log.Info("killing the relay")
			n.relay.Kill()
		case <-n.host.Done():
			return n.host.Why()
		}
	}
}

// stopAll takes down whoever still runs: listeners first, so that nobody counts
// the speakers' leaving as a loss.
func (n *neighbourhood) stopAll() {
	n.stopGroup(n.listeners...)
	n.stopGroup(n.guest)
	n.stopGroup(n.host)
	n.stopGroup(n.relay)
}

func (n *neighbourhood) stopGroup(group ...*process.Process) {
	var stopping errgroup.Group
	for _, p := range group {
		if p != nil {
			stopping.Go(func() error { p.Stop(); return nil })
		}
	}
	_ = stopping.Wait() // they return no errors
}
