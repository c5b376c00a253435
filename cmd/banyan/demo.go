package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/sync/errgroup"

	"github.com/banyan-rooms/banyan/cmd/banyan/demo"
	"github.com/banyan-rooms/banyan/cmd/internal/program"
)

// demoFlags are the flags of banyan demo.
type demoFlags struct {
	headless, json, record bool
	listeners, maxChildren int
	length, killRelay      time.Duration
	relay, dir, page       string
	host, guest            string
	pageFlags
}

func newDemo() *cobra.Command {
	var f demoFlags
	cmd := &cobra.Command{
		Use:   "demo",
		Short: "Run a live room on this machine",
		Long: `Run a neighbourhood of real processes on this machine: a relay, a host and a
guest who talk in turns, some listeners, and your own node with its page open in
that room. Look at the tree, raise your hand, speak. All traffic stays on this
machine; nothing is kept afterwards.

With --headless there is no page: the room runs for a while and what everyone
heard is reported.`,
		Example: `  banyan demo
  banyan demo --headless --for 20s --kill-relay 8s --listeners 8 --json`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return runDemo(cmd, f) },
	}
	flags := cmd.Flags()
	flags.BoolVar(&f.headless, "headless", false, "no page; run for a while, then report")
	flags.IntVar(&f.listeners, "listeners", 4, "how many others listen")
	flags.IntVar(&f.maxChildren, "max-children", 4, "how many peers each peer feeds at most")
	flags.DurationVar(&f.length, "for", 0, "how long (default: 20s with --headless, else until Ctrl-C)")
	flags.DurationVar(&f.killRelay, "kill-relay", 0, "kill the relay (as kill -9 does) after this long")
	flags.BoolVar(&f.json, "json", false, "print the report as one JSON object")
	flags.BoolVar(&f.record, "record", false, "listeners record what they hear, below --dir")
	flags.StringVar(&f.dir, "dir", "", "keep data directories, recordings and logs here (default: a temporary one, removed afterwards)")
	flags.StringVar(&f.relay, "relay", "", "path of banyan-relay (default: beside banyan, then in PATH)")
	f.add(cmd, &f.page)
	flags.StringVar(&f.host, "host-file", "", "what the host says, a WAV or Ogg file (default: a bundled recording)")
	flags.StringVar(&f.guest, "guest-file", "", "what the guest says")
	return cmd
}

func runDemo(cmd *cobra.Command, f demoFlags) error {
	switch {
	case f.listeners < 0:
		return program.Usage("--listeners %d: want 0 or more", f.listeners)
	case f.killRelay < 0 || f.length < 0, f.headless && f.length == 0 && cmd.Flags().Changed("for"):
		return program.Usage("--for and --kill-relay: want a duration like 20s")
	case f.headless && f.length == 0:
		f.length = 20 * time.Second
	}
	if f.length > 0 && f.killRelay >= f.length {
		return program.Usage("--kill-relay %v: the demo is over after %v", f.killRelay, f.length)
	}
	log, err := program.Log(cmd)
	if err != nil {
		return err
	}
	cfg := demo.Config{
		Listeners: f.listeners, MaxChildren: f.maxChildren, For: f.length, KillRelay: f.killRelay,
		LogLevel: cmd.Flag("log-level").Value.String(), Record: f.record, Host: f.host, Guest: f.guest, Log: log,
	}
	if cfg.Banyan, cfg.Relay, err = programs(f.relay); err != nil {
		return err
	}
	if cfg.Dir, err = demoDir(f.dir); err != nil {
		return err
	}
	if f.dir == "" {
		defer func() { _ = os.RemoveAll(cfg.Dir) }() // it is temporary
	}
	logs, err := os.Create(filepath.Join(cfg.Dir, "processes.log"))
	if err != nil {
		return fmt.Errorf("keep the processes' logs: %w", err)
	}
	defer func() { _ = logs.Close() }() // a log
	cfg.Logs = logs
	if !f.json {
		cfg.Progress = progress(cmd.ErrOrStderr())
	}
	if !f.headless {
		return demoWithPage(cmd, f, cfg)
	}
	report, err := demo.Run(cmd.Context(), cfg)
	if err != nil {
		return err
	}
	if f.json {
		return json.NewEncoder(cmd.OutOrStdout()).Encode(report)
	}
	return report.Print(cmd.OutOrStdout())
}

func demoDir(asked string) (string, error) {
	if asked == "" {
		dir, err := os.MkdirTemp("", "banyan-demo-")
		if err != nil {
			return "", fmt.Errorf("make a directory for the demo: %w", err)
		}
		return dir, nil
	}
	if err := os.MkdirAll(asked, 0o700); err != nil {
		return "", fmt.Errorf("make a directory for the demo: %w", err)
	}
	return asked, nil
}

// programs finds the two programs that the demo runs.
func programs(relay string) (banyan, relayPath string, err error) {
	banyan, err = os.Executable()
	if err != nil {
		return "", "", fmt.Errorf("find banyan itself: %w", err)
	}
	if relay != "" {
		if _, err := exec.LookPath(relay); err != nil {
			return "", "", fmt.Errorf("--relay %s is no program that can be run: build one with `make`, or leave the flag out (%w)", relay, err)
		}
		return banyan, relay, nil
	}
	beside := filepath.Join(filepath.Dir(banyan), "banyan-relay")
	if _, err := os.Stat(beside); err == nil {
		return banyan, beside, nil
	}
	relay, err = exec.LookPath("banyan-relay")
	if err != nil {
		return "", "", fmt.Errorf("the demo needs banyan-relay beside banyan or in PATH: build it with `make`, or name it with --relay (%w)", err)
	}
	return banyan, relay, nil
}

// progress shows the neighbourhood coming up, a line a step.
func progress(to io.Writer) func(done, of int, what string) {
	return func(done, of int, what string) { fmt.Fprintf(to, "[%d/%d] %s\n", done, of, what) }
}

// demoWithPage runs the neighbourhood with the user's own node in its room.
func demoWithPage(cmd *cobra.Command, f demoFlags, cfg demo.Config) error {
	room := make(chan string, 1)
	cfg.Ready = func(link string) error { room <- link; return nil }
	both, ctx := errgroup.WithContext(cmd.Context())
	both.Go(func() error {
		_, err := demo.Run(ctx, cfg)
		return err
	})
	both.Go(func() error {
		select {
		case link := <-room:
			return runDemoPage(ctx, cmd, f, cfg.Dir, link)
		case <-ctx.Done():
			return nil
		}
	})
	return both.Wait()
}
