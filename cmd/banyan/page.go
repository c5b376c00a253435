package main

import (
	"context"
	"fmt"
	"io"
	"os/exec"
	"path/filepath"
	"runtime"

	"github.com/spf13/cobra"

	"github.com/banyan-rooms/banyan/cmd/internal/events"
	"github.com/banyan-rooms/banyan/node/web"
)

// pageFlags are the flags of commands that show the page.
type pageFlags struct {
	open bool
}

func (p *pageFlags) add(cmd *cobra.Command, address *string) {
	flags := cmd.Flags()
	flags.StringVar(address, "page", "127.0.0.1:0", "where the page listens; only this machine can reach it (port 0: any free one)")
	flags.BoolVar(&p.open, "open", true, "open the page in the browser")
}

// runPage is banyan without a subcommand: the node and its page, or the page of the
// node that runs already.
func runPage(cmd *cobra.Command, f nodeFlags, p pageFlags) error {
	f.asks = true
	return runOrAsk(cmd, f, func(ctx context.Context, d *desk) error {
		err := showPage(cmd, f, p, func() (string, error) { return d.page.URL(), nil })
		if err != nil {
			return err
		}
		printf(cmd, f, "Ctrl-C stops the node.")
		<-ctx.Done()
		return nil
	}, func(ctx context.Context, running web.Client) error {
		note(cmd, "Your node runs already; this is a new link to its page.")
		return showPage(cmd, f, p, func() (string, error) { return running.Page(ctx) })
	})
}

// showPage prints a link to the page, and opens another: each works once, so what is
// printed is left for a second browser.
func showPage(cmd *cobra.Command, f nodeFlags, p pageFlags, link func() (string, error)) error {
	url, err := link()
	if err != nil {
		return err
	}
	if f.json {
		return events.Write(cmd.OutOrStdout(), events.Event{Event: events.Page, Page: url})
	}
	printf(cmd, f, "Your page: %s", url)
	if !p.open {
		return nil
	}
	if url, err = link(); err != nil {
		return err
	}
	browse(url, cmd.ErrOrStderr())
	return nil
}

// browse opens an address in the browser, as the system does it. Where there is none,
// the printed address is enough.
func browse(url string, complain io.Writer) {
	program, args := "xdg-open", []string{url}
	switch runtime.GOOS {
	case "darwin":
		program = "open"
	case "windows":
		program, args = "rundll32", []string{"url.dll,FileProtocolHandler", url}
	}
	cmd := exec.Command(program, args...) //nolint:noctx // the browser outlives this program
	if err := cmd.Start(); err != nil {
		fmt.Fprintln(complain, "No browser could be opened: open the address above yourself.")
		return
	}
	go cmd.Wait() //nolint:errcheck // reaps the opener; how it ended tells nothing
}

// runDemoPage is the user's own node in the demo's room, with its page.
func runDemoPage(ctx context.Context, cmd *cobra.Command, demo demoFlags, dir, link string) error {
	f := nodeFlags{data: filepath.Join(dir, "you"), name: "You", listen: []string{demoListen}, json: demo.json, page: demo.page}
	return runWith(ctx, cmd, f, func(ctx context.Context, d *desk) error {
		room, err := d.Join(ctx, link)
		if err != nil {
			return err
		}
		err = showPage(cmd, f, demo.pageFlags, func() (string, error) { return d.page.URL() + "#/room/" + room.String(), nil })
		if err != nil {
			return err
		}
		<-ctx.Done()
		return nil
	})
}

// demoListen keeps the demo's traffic on this machine.
const demoListen = "/ip4/127.0.0.1/udp/0/quic-v1"
