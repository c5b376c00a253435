package main

import (
	"context"
	"encoding/json"
	"fmt"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/sync/errgroup"

	"github.com/banyan-rooms/banyan/cmd/internal/events"
	"github.com/banyan-rooms/banyan/cmd/internal/program"
	"github.com/banyan-rooms/banyan/node"
	"github.com/banyan-rooms/banyan/node/web"
	"github.com/banyan-rooms/banyan/rooms"
)

func newRoom() *cobra.Command {
	cmd := &cobra.Command{Use: "room", Short: "Make a room, or see which there are"}
	cmd.AddCommand(newRoomCreate(), newRoomList())
	return cmd
}

func newRoomCreate() *cobra.Command {
	var f nodeFlags
	var v visitFlags
	var title, kind, language string
	var welcome bool
	cmd := &cobra.Command{
		Use:   "create",
		Short: "Make a room and stay in it as its host",
		Long: `Make a room, print its invite link, and stay in it as its host until Ctrl-C. The
room lives on without you as long as others are in it.`,
		Example: `  banyan room create --title "Friday talk"
  banyan room create --title "Radio" --speak show.ogg --loop --record radio/
  banyan room create --title "Family" --kind invite`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			policy := rooms.Policy{Title: title, Language: language}
			switch kind {
			case "open":
				policy.Kind = rooms.Open
			case "invite":
				policy.Kind = rooms.InviteOnly
			case "secret":
				policy.Kind = rooms.Secret
			default:
				return program.Usage("--kind %q: want open or invite or secret", kind)
			}
			if title == "" {
				return program.Usage("--title is missing: what is the room called?")
			}
			if err := v.check(); err != nil {
				return err
			}
			return run(cmd, f, func(ctx context.Context, d *desk) error { return host(ctx, cmd, f, v, d, policy, welcome) })
		},
	}
	f.add(cmd)
	v.add(cmd)
	cmd.Flags().StringVar(&title, "title", "", "what the room is called")
	cmd.Flags().StringVar(&kind, "kind", "open", "who may come in: open (anyone, announced in the lobby), invite (with a link) or secret (likewise, and nothing in public names the room)")
	cmd.Flags().StringVar(&language, "language", "", "the language spoken, such as en")
	cmd.Flags().BoolVar(&welcome, "welcome", false, "invite up everyone who raises a hand")
	return cmd
}

// host makes a room and stays in it.
func host(ctx context.Context, cmd *cobra.Command, f nodeFlags, v visitFlags, d *desk, policy rooms.Policy, welcome bool) error {
	begun := time.Now()
	room, err := d.Create(ctx, policy)
	if err != nil {
		return err
	}
	link, err := d.Invite(ctx, room, node.InviteOptions{})
	if err != nil {
		return err
	}
	d.say(events.Event{Event: events.Made, Room: room.String(), Title: policy.Title, Link: link.String()})
	printf(cmd, f, "Room  %s\nLink  %s", room, link)
	g := &guest{desk: d, cmd: cmd, flags: f, visit: v, room: room, begun: begun, made: true}
	if welcome {
		ctx, cancel := context.WithCancel(ctx)
		var doorman errgroup.Group
		doorman.Go(func() error { return g.welcome(ctx) })
		defer func() {
			cancel()
			_ = doorman.Wait() // what went wrong was logged
		}()
	}
	return visit(ctx, g)
}

// lobbyPatience is how long a list waits for cards: peers pass them on to newcomers
// within seconds.
const lobbyPatience = 8 * time.Second

func newRoomList() *cobra.Command {
	var f nodeFlags
	var wait time.Duration
	cmd := &cobra.Command{
		Use:   "list",
		Short: "List the public rooms",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if wait < 0 {
				return program.Usage("--wait %v: want a duration like 8s", wait)
			}
			return runOrAsk(cmd, f, func(ctx context.Context, d *desk) error {
				note(cmd, "Listening for rooms for %v...", wait)
				select {
				case <-ctx.Done():
				case <-time.After(wait):
				}
				st := d.Status()
				return printLobby(cmd, f, st.Lobby, st.Self.Peers)
			}, func(ctx context.Context, running web.Client) error {
				st, err := running.State(ctx)
				if err != nil {
					return err
				}
				return printLobby(cmd, f, st.Lobby, st.Self.Peers)
			})
		},
	}
	f.add(cmd)
	cmd.Flags().DurationVar(&wait, "wait", lobbyPatience, "how long to listen for rooms")
	return cmd
}

// printLobby prints the public rooms that a node with so many peers knows.
func printLobby(cmd *cobra.Command, f nodeFlags, lobby []node.Card, peers int) error {
	if f.json {
		return json.NewEncoder(cmd.OutOrStdout()).Encode(struct {
			Event string      `json:"event"`
			Rooms []node.Card `json:"rooms"`
		}{"lobby", lobby})
	}
	if len(lobby) == 0 {
		fmt.Fprintln(cmd.OutOrStdout(), "No public rooms were announced.")
		if peers == 0 {
			fmt.Fprintln(cmd.OutOrStdout(), "No other node was found either: name one with --bootstrap, or join a room by its link.")
		}
		return nil
	}
	w := tabwriter.NewWriter(cmd.OutOrStdout(), 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "TITLE\tHOST\tPEOPLE\tROOM")
	for _, c := range lobby {
		fmt.Fprintf(w, "%s\t%s\t%d\t%s\n", c.Title, c.HostName, c.People, c.Room)
	}
	return w.Flush()
}
