package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"strconv"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/banyan-rooms/banyan/crypto/identity"
	"github.com/banyan-rooms/banyan/node"
	"github.com/banyan-rooms/banyan/node/web"
)

func newInviteList() *cobra.Command {
	var f nodeFlags
	cmd := &cobra.Command{
		Use:   "list ROOM",
		Short: "List the invites that you handed out",
		Long: `List the invites into a room that you made, with what became of them and how many
people you may still invite. With --json their links are in it, to be handed out again.`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			room, err := roomOf(args[0])
			if err != nil {
				return err
			}
			return runOrAsk(cmd, f, func(ctx context.Context, d *desk) error {
				if err := d.Enter(ctx, room); err != nil {
					return err
				}
				list, err := d.Invites(ctx, room)
				return printInvites(cmd, f, list, err)
			}, func(ctx context.Context, running web.Client) error {
				if err := running.Enter(ctx, room); err != nil {
					return err
				}
				list, err := running.Invites(ctx, room)
				return printInvites(cmd, f, list, err)
			})
		},
	}
	f.add(cmd)
	return cmd
}

func printInvites(cmd *cobra.Command, f nodeFlags, list node.IssuedList, err error) error {
	if err != nil {
		return err
	}
	if f.json {
		return json.NewEncoder(cmd.OutOrStdout()).Encode(list)
	}
	return writeInvites(cmd.OutOrStdout(), list, time.Now())
}

func writeInvites(to io.Writer, list node.IssuedList, now time.Time) error {
	if len(list.Invites) == 0 {
		fmt.Fprintln(to, "You have handed out no invites into this room.")
	} else {
		w := tabwriter.NewWriter(to, 0, 0, 2, ' ', 0)
		fmt.Fprintln(w, "ID\tFOR\tAS\tUSED\tSTATE")
		for _, i := range list.Invites {
			who, used := "whoever has the link", strconv.FormatUint(i.Used, 10)
			if i.Uses > 0 {
				used = fmt.Sprintf("%d of %d", i.Used, i.Uses)
			}
			if !i.Peer.IsZero() {
				who, used = i.Peer.String(), "-"
			}
			state := fmt.Sprintf("good for %v", i.Until.Sub(now).Round(time.Minute))
			switch {
			case i.Revoked:
				state = "taken back"
			case i.Expired:
				state = "expired"
			}
			fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\n", i.ID, who, i.Role, used, state)
		}
		if err := w.Flush(); err != nil {
			return err
		}
	}
	if list.Limited {
		fmt.Fprintf(to, "You may invite %d more.\n", list.Left)
	}
	return nil
}

func newInviteRevoke() *cobra.Command {
	var f nodeFlags
	cmd := &cobra.Command{
		Use:   "revoke ROOM ID",
		Short: "Take an invite back",
		Long: `Take an invite back, by the ID that banyan invite list shows. If you are the room's host
or a moderator, nobody comes in by it any more, and whoever came by it is removed; the
room gets a new key. Anybody else takes back a link of their own: nobody new comes in by
it.`,
		Args: cobra.ExactArgs(2),
		RunE: func(cmd *cobra.Command, args []string) error {
			room, err := roomOf(args[0])
			if err != nil {
				return err
			}
			return runOrAsk(cmd, f, func(ctx context.Context, d *desk) error {
				if err := d.Enter(ctx, room); err != nil {
					return err
				}
				_, met := d.company(ctx, cmd, room)
				if err := d.Revoke(ctx, room, args[1]); err != nil {
					return err
				}
				if !met {
					note(cmd, "Nobody else of the room could be reached: they will hear of it when your node meets one of them.")
				}
				return taken(cmd, f, room, args[1])
			}, func(ctx context.Context, running web.Client) error {
				if err := running.Enter(ctx, room); err != nil {
					return err
				}
				if err := running.Revoke(ctx, room, args[1]); err != nil {
					return err
				}
				return taken(cmd, f, room, args[1])
			})
		},
	}
	f.add(cmd)
	return cmd
}

func taken(cmd *cobra.Command, f nodeFlags, room identity.RoomID, id string) error {
	if f.json {
		return json.NewEncoder(cmd.OutOrStdout()).Encode(struct {
			Event string          `json:"event"`
			Room  identity.RoomID `json:"room"`
			ID    string          `json:"id"`
		}{"revoked", room, id})
	}
	printf(cmd, f, "Taken back.")
	return nil
}
