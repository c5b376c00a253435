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

// runPage is banyan without a subcommand: the node and its page.
func runPage(cmd *cobra.Command, f nodeFlags, page string, open bool) error {
	f.asks = true
	return run(cmd, f, func(ctx context.Context, d *desk) error {
		return servePage(ctx, cmd, f, d, page, open, "")
	})
}

// servePage serves the page until ctx ends, and opens it at a view of it.
func servePage(ctx context.Context, cmd *cobra.Command, f nodeFlags, d *desk, page string, open bool, view string) error {
	s, err := web.New(ctx, web.Config{Node: d.Node, Listen: page, Version: version, Log: d.log})
	if err != nil {
		return err
	}
	url := s.URL() + view
	d.say(events.Event{Event: events.Page, Page: url})
	printf(cmd, f, "Your page: %s\nCtrl-C stops the node.", url)
	if open && !f.json {
		browse(url, cmd.ErrOrStderr())
	}
	return s.Run(ctx)
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
	f := nodeFlags{data: filepath.Join(dir, "you"), name: "You", listen: []string{demoListen}, json: demo.json}
	return runWith(ctx, cmd, f, func(ctx context.Context, d *desk) error {
		room, err := d.Join(ctx, link)
		if err != nil {
			return err
		}
		return servePage(ctx, cmd, f, d, demo.page, !demo.json, "#/room/"+room.String())
	})
}

// demoListen keeps the demo's traffic on this machine.
const demoListen = "/ip4/127.0.0.1/udp/0/quic-v1"
