package main

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/banyan-rooms/banyan/crypto/identity"
	"github.com/banyan-rooms/banyan/crypto/invite"
	"github.com/banyan-rooms/banyan/node"
)

func newInspect() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "inspect LINK",
		Short: "Say in plain words what an invite link holds",
		Long: `Say in plain words what an invite link holds: to which room, who invited whom, for how
long, and where somebody of the room is to be found. Nothing is joined and nobody is
asked, so what only the room knows (whether its host is who the link says, whether an
invite was taken back or used up) is not in it.

The exit code is 0 for a link that holds now, 1 for one that does not.`,
		Example: "  banyan invite inspect 'banyan:...'",
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			link, err := invite.ParseLink(args[0])
			if err != nil {
				return err
			}
			i, err := node.Inspect(link, time.Now())
			if err != nil {
				return err
			}
			if asJSON {
				err = json.NewEncoder(cmd.OutOrStdout()).Encode(i)
			} else {
				inspection(i).print(cmd.OutOrStdout())
			}
			if err == nil && i.Trouble != "" {
				return fmt.Errorf("%s", i.Trouble)
			}
			return err
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print one JSON object")
	return cmd
}

// inspection is what a link holds, for people.
type inspection node.Inspection

// print says it to people.
func (i inspection) print(w io.Writer) {
	fmt.Fprintf(w, "An invite to %q\nRoom  %s\n", i.Title, i.Room)
	if len(i.Invites) == 0 {
		fmt.Fprintln(w, "No right is needed and none is given: the room is open, or you have a ticket from before.")
	}
	for n, s := range i.Invites {
		fmt.Fprintf(w, "\n%d. %s\n", n+1, i.words(s))
	}
	if len(i.Addrs) > 0 {
		fmt.Fprintln(w, "\nSomebody of the room is, or was, at")
	}
	for _, a := range i.Addrs {
		fmt.Fprintln(w, "  "+a)
	}
}

// words is one invite in a sentence.
func (i inspection) words(s node.InspectedInvite) string {
	who := func(id identity.ID) string {
		if id == i.Host {
			return "the host (" + id.String() + ")"
		}
		return id.String()
	}
	var b strings.Builder
	fmt.Fprintf(&b, "By %s: ", who(s.Issuer))
	switch {
	case !s.Invitee.IsZero():
		fmt.Fprintf(&b, "%s may come in, as a %s", s.Invitee, s.Role)
	case s.Uses == 1:
		fmt.Fprintf(&b, "the first who uses this link may come in, as a %s", s.Role)
	case s.Uses > 1:
		fmt.Fprintf(&b, "the first %d who use this link may come in, as a %s", s.Uses, s.Role)
	default:
		fmt.Fprintf(&b, "whoever has this link may come in, as a %s", s.Role)
	}
	if s.From != nil {
		fmt.Fprintf(&b, ", from %s", s.From.Format(dayAndTime))
	}
	if s.Until != nil {
		fmt.Fprintf(&b, ", until %s", s.Until.Format(dayAndTime))
	}
	b.WriteString(".")
	if s.Quota > 0 {
		fmt.Fprintf(&b, " Whoever comes in by it may invite %d more.", s.Quota)
	}
	if s.Invitee.IsZero() {
		fmt.Fprintf(&b, " It is exchanged for a ticket at %s's node", who(s.Issuer))
		for _, r := range s.Redeemers {
			fmt.Fprintf(&b, ", or %s's", who(r))
		}
		b.WriteString(", so one of those has to be there.")
	}
	return b.String()
}

const dayAndTime = "2 January 2006 15:04 MST"
