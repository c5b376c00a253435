package main

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/banyan-rooms/banyan/cmd/internal/events"
	"github.com/banyan-rooms/banyan/cmd/internal/program"
	"github.com/banyan-rooms/banyan/crypto/identity"
	"github.com/banyan-rooms/banyan/crypto/invite"
	"github.com/banyan-rooms/banyan/node"
	"github.com/banyan-rooms/banyan/node/web"
)

// inviteFlags are the flags of banyan invite.
type inviteFlags struct {
	to, role string
	uses     uint32
	quota    uint32
	expires  time.Duration
	stay     bool
}

func newInvite() *cobra.Command {
	var f nodeFlags
	var i inviteFlags
	cmd := &cobra.Command{
		Use:   "invite ROOM",
		Short: "Make an invite link to a room of yours",
		Long: `Make an invite link to a room that you are in or were in, by its ID or one of its
links. If your node runs already, it is asked, and lets your guests in.

A named invite (--to) is good for that person alone, and needs nobody's leave: it can
be used while you are away, as long as somebody of the room can be reached. Any other
link to an invite-only room is good for whoever has it; it is exchanged for a ticket
at your node, so leave that running (banyan, or --stay) until your guests have come.`,
		Example: `  banyan invite bafkrei... --stay
  banyan invite bafkrei... --to 12D3KooW... --role speaker
  banyan invite list bafkrei...              what you handed out, and who used it
  banyan invite inspect 'banyan:...'         what a link holds, before one joins`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			wish, err := i.wish()
			if err != nil {
				return err
			}
			room, err := roomOf(args[0])
			if err != nil {
				return err
			}
			return runOrAsk(cmd, f,
				func(ctx context.Context, d *desk) error { return i.invite(ctx, cmd, f, d, args[0], wish) },
				func(ctx context.Context, running web.Client) error {
					if err := running.Enter(ctx, room); err != nil {
						return err
					}
					made, err := running.Invite(ctx, room, wish)
					if err != nil {
						return err
					}
					return printLink(cmd, f, room, made.URI)
				})
		},
	}
	f.add(cmd)
	cmd.AddCommand(newInspect(), newInviteList(), newInviteRevoke())
	flags := cmd.Flags()
	flags.StringVar(&i.to, "to", "", "peer ID of the one person whom the invite is for (see banyan id)")
	flags.StringVar(&i.role, "role", "listener", "what the guest may be: listener or speaker")
	flags.Uint32Var(&i.uses, "uses", 0, "how many people may use the link (0: any number)")
	flags.Uint32Var(&i.quota, "quota", 0, "how many people each guest may invite in turn")
	flags.DurationVar(&i.expires, "expires", 24*time.Hour, "how long the invite is good for")
	flags.BoolVar(&i.stay, "stay", false, "stay in the room until Ctrl-C, to let guests in")
	return cmd
}

// wish is what the flags ask for.
func (i inviteFlags) wish() (web.NewInvite, error) {
	w := web.NewInvite{Role: i.role, Uses: i.uses, Quota: i.quota, Expires: i.expires.String()}
	if _, err := invite.ParseRole(i.role); err != nil {
		return w, program.Usage("--role: %w", err)
	}
	if i.expires <= 0 {
		return w, program.Usage("--expires %v: want a duration like 24h", i.expires)
	}
	if i.to == "" {
		return w, nil
	}
	var err error
	if w.Peer, err = identity.ParseID(i.to); err != nil {
		return w, fmt.Errorf("--to: %w", errPeerID(i.to))
	}
	return w, nil
}

// roomOf is the room of an ID or a link.
func roomOf(text string) (identity.RoomID, error) {
	if id, err := identity.ParseRoomID(strings.TrimSpace(text)); err == nil {
		return id, nil
	}
	link, err := invite.ParseLink(text)
	if err != nil {
		return identity.RoomID{}, fmt.Errorf("%q is neither a room's ID (bafkrei...) nor a link to one: %w", text, err)
	}
	return link.Room, nil
}

// invite makes a link at this node, which was started for that.
func (i inviteFlags) invite(ctx context.Context, cmd *cobra.Command, f nodeFlags, d *desk, text string, wish web.NewInvite) error {
	room, err := d.Join(ctx, text)
	if err != nil {
		return err
	}
	status, met := d.company(ctx, cmd, room)
	o, err := wish.Options()
	if err != nil {
		return err
	}
	link, err := d.Invite(ctx, room, o)
	if err != nil {
		return err
	}
	if err := printLink(cmd, f, room, link.String()); err != nil {
		return err
	}
	switch {
	case i.stay:
		note(cmd, "Letting guests in until Ctrl-C.")
		<-ctx.Done()
	case link.Bearer != nil:
		note(cmd, "This link is exchanged for a ticket at your node: it is good while that runs (banyan, or this command with --stay).")
	case !met:
		note(cmd, "Nobody else of %q can be reached now: this link leads in while your node runs (banyan, or this command with --stay).", status.Title)
	}
	return nil
}

func printLink(cmd *cobra.Command, f nodeFlags, room identity.RoomID, link string) error {
	if f.json {
		return events.Write(cmd.OutOrStdout(), events.Event{Event: events.Made, Room: room.String(), Link: link})
	}
	printf(cmd, f, "%s", link)
	return nil
}

// companyPatience is how long a link waits for somebody whom it can name.
const companyPatience = 8 * time.Second

// company waits until somebody else of a room is met, but not for long.
func (d *desk) company(ctx context.Context, cmd *cobra.Command, room identity.RoomID) (st node.RoomStatus, met bool) {
	changed, stop := d.Watch()
	defer stop()
	late := time.NewTimer(companyPatience)
	defer late.Stop()
	for first := true; ; first = false {
		st, here := d.look(room)
		if !here || len(st.People) > 1 || slices.ContainsFunc(st.Network.Paths, func(p node.Path) bool { return !p.Parent.IsZero() }) {
			return st, here
		}
		if first {
			note(cmd, "Looking for somebody else of %q, whom the link can name...", st.Title)
		}
		select {
		case <-changed:
		case <-late.C:
			return st, false
		case <-ctx.Done():
			return st, false
		}
	}
}
