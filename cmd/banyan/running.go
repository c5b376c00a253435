package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/banyan-rooms/banyan/node/store"
	"github.com/banyan-rooms/banyan/node/web"
)

// A node that starts opens its door within moments.
const (
	doorPatience = 3 * time.Second
	doorEvery    = 50 * time.Millisecond
)

// runOrAsk is run, unless a node of this person runs already: then that one is asked.
func runOrAsk(cmd *cobra.Command, f nodeFlags, do func(ctx context.Context, d *desk) error, ask func(ctx context.Context, running web.Client) error) error {
	err := run(cmd, f, do)
	if !errors.Is(err, store.ErrInUse) {
		return err
	}
	node, missing := running(cmd.Context(), f.data)
	switch {
	case errors.Is(missing, store.ErrNoDoor): // it is no desktop's
		return err
	case missing != nil:
		return errors.Join(err, missing)
	}
	return ask(cmd.Context(), node)
}

// running finds the node that runs on a data directory.
func running(ctx context.Context, data string) (web.Client, error) {
	again := time.NewTicker(doorEvery)
	defer again.Stop()
	ctx, cancel := context.WithTimeout(ctx, doorPatience)
	defer cancel()
	for {
		door, err := store.FindDoor(data)
		if err == nil {
			return web.Client{Address: door.Address, Token: door.Token}, nil
		}
		if !errors.Is(err, store.ErrNoDoor) {
			return web.Client{}, fmt.Errorf("ask the node that runs already: %w", err)
		}
		select {
		case <-again.C:
		case <-ctx.Done():
			return web.Client{}, err
		}
	}
}
