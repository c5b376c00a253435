package main

import (
	"context"
	"time"

	"github.com/spf13/cobra"

	"github.com/banyan-rooms/banyan/cmd/internal/events"
	"github.com/banyan-rooms/banyan/cmd/internal/program"
	"github.com/banyan-rooms/banyan/crypto/identity"
	"github.com/banyan-rooms/banyan/crypto/invite"
	"github.com/banyan-rooms/banyan/node"
)

// inviteFlags are the flags of banyan invite.
type inviteFlags struct {
	to, role string
	uses     uint32
	expires  time.Duration
	stay     bool
}

func newInvite() *cobra.Command {
	var f nodeFlags
	var i inviteFlags
	cmd := &cobra.Command{
		Use:   "invite ROOM",
		Short: "Make an invite link to a room of yours",
		Long: `Make an invite link to a room that you are in, by its ID or its own link.

A named invite (--to) is good for that person alone and can be used while you are
away. Any other link is good for whoever has it; it is exchanged for a ticket at
this node, so leave the node running (--stay) until your guests have come.`,
		Example: `  banyan invite bafkrei... --stay
  banyan invite bafkrei... --to 12D3KooW... --role speaker`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			o, err := i.options()
			if err != nil {
				return err
			}
			return run(cmd, f, func(ctx context.Context, d *desk) error {
				room, err := d.Join(ctx, args[0])
				if err != nil {
					return err
				}
				link, err := d.Invite(ctx, room, o)
				if err != nil {
					return err
				}
				d.say(events.Event{Event: events.Made, Room: room.String(), Link: link.String()})
				printf(cmd, f, "%s", link)
				if i.stay {
					<-ctx.Done()
				}
				return nil
			})
		},
	}
	f.add(cmd)
	flags := cmd.Flags()
	flags.StringVar(&i.to, "to", "", "peer ID of the one person whom the invite is for (see banyan id)")
	flags.StringVar(&i.role, "role", "listener", "what the guest may be: listener or speaker")
	flags.Uint32Var(&i.uses, "uses", 0, "how many people may use the link (0: any number)")
	flags.DurationVar(&i.expires, "expires", 24*time.Hour, "how long the invite is good for")
	flags.BoolVar(&i.stay, "stay", false, "stay in the room until Ctrl-C, to let guests in")
	return cmd
}

func (i inviteFlags) options() (node.InviteOptions, error) {
	role, err := invite.ParseRole(i.role)
	if err != nil {
		return node.InviteOptions{}, program.Usage("--role: %w", err)
	}
	if i.expires <= 0 {
		return node.InviteOptions{}, program.Usage("--expires %v: want a duration like 24h", i.expires)
	}
	o := node.InviteOptions{Bearer: i.to == "", Role: role, Uses: i.uses, Expires: i.expires}
	if i.to != "" {
		if o.Named, err = identity.ParseID(i.to); err != nil {
			return node.InviteOptions{}, program.Usage("--to: %w", err)
		}
	}
	return o, nil
}
