// Package program is what Banyan's three programs have in common on a command
// line: signals, logs, exit codes and the version command.
package program

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"syscall"

	"github.com/spf13/cobra"
)

// Exit codes, as shells and scripts expect them.
const (
	exitOK      = 0
	exitFailure = 1 // what was asked for could not be done
	exitUsage   = 2 // what was asked for makes no sense
)

// usageError marks an error of the command line itself.
type usageError struct{ error }

func (e usageError) Unwrap() error { return e.error }

// Usage returns an error that says the command line is wrong, for exit code 2.
func Usage(format string, args ...any) error { return usageError{fmt.Errorf(format, args...)} }

// Main runs a root command until it ends or a signal (SIGINT, SIGTERM) ends it,
// and returns the exit code. A second signal ends the process at once.
func Main(root *cobra.Command, version string) int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, stop) // the second signal is the system's to handle

	root.SilenceUsage, root.SilenceErrors = true, true
	root.Version = version
	root.CompletionOptions.HiddenDefaultCmd = true
	root.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return usageError{err} })
	root.PersistentFlags().String("log-level", "info", "how much to log: debug, info, warn or error")
	withParent(root)
	root.AddCommand(versionCommand(version))
	markUsage(root)

	ran, err := root.ExecuteContextC(ctx)
	if err == nil {
		return exitOK
	}
	fmt.Fprintf(os.Stderr, "%s: %v\n", root.Name(), err)
	if _, ok := errors.AsType[usageError](err); ok || ran == root && !root.Runnable() {
		fmt.Fprintf(os.Stderr, "Try: %s --help\n", ran.CommandPath())
		return exitUsage
	}
	return exitFailure
}

// WithParent is the flag with which a program that starts others has them end when it
// does, however it ends: it holds the other end of their standard input.
const WithParent = "with-parent"

// withParent teaches a root command that flag.
func withParent(root *cobra.Command) {
	var with bool
	root.PersistentFlags().BoolVar(&with, WithParent, false, "stop when standard input ends")
	_ = root.PersistentFlags().MarkHidden(WithParent) // it is there
	root.PersistentPreRun = func(cmd *cobra.Command, _ []string) {
		if !with {
			return
		}
		ctx, stop := context.WithCancel(cmd.Context())
		cmd.SetContext(ctx)
		go func() { // ends with the process at the latest
			_, _ = io.Copy(io.Discard, cmd.InOrStdin())
			stop()
		}()
	}
}

// markUsage makes wrong arguments errors of usage, in the command and all below it. A
// command that only holds others takes none and prints its help.
func markUsage(cmd *cobra.Command) {
	if !cmd.Runnable() {
		cmd.Args = cobra.NoArgs
		cmd.RunE = func(cmd *cobra.Command, _ []string) error { return cmd.Help() }
	}
	if check := cmd.Args; check != nil {
		cmd.Args = func(cmd *cobra.Command, args []string) error {
			if err := check(cmd, args); err != nil {
				return usageError{err}
			}
			return nil
		}
	}
	for _, sub := range cmd.Commands() {
		markUsage(sub)
	}
}

func versionCommand(version string) *cobra.Command {
	return &cobra.Command{
		Use:   "version",
		Short: "Print the version",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			_, err := fmt.Fprintln(cmd.OutOrStdout(), cmd.Root().Name(), version)
			return err
		},
	}
}

// Log returns the program's log, on standard error, at the level that was asked for.
func Log(cmd *cobra.Command) (*slog.Logger, error) {
	var level slog.Level
	name, err := cmd.Flags().GetString("log-level")
	if err != nil {
		return nil, err
	}
	if err := level.UnmarshalText([]byte(name)); err != nil {
		return nil, Usage("--log-level %q: want debug, info, warn or error", name)
	}
	return slog.New(slog.NewTextHandler(cmd.ErrOrStderr(), &slog.HandlerOptions{Level: level})), nil
}
