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
			i, err := inspect(link, time.Now())
			if err != nil {
				return err
			}
			if asJSON {
				err = json.NewEncoder(cmd.OutOrStdout()).Encode(i)
			} else {
				i.print(cmd.OutOrStdout())
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

// inspection is what a link holds.
type inspection struct {
	Room    identity.RoomID `json:"room"`
	Title   string          `json:"title"`
	Host    identity.ID     `json:"host,omitzero"` // as the link says
	Invites []inspected     `json:"invites,omitempty"`
	Addrs   []string        `json:"addrs,omitempty"`
	Trouble string          `json:"trouble,omitempty"` // why it does not hold now
}

// inspected is one invite of it.
type inspected struct {
	ID        string        `json:"id"`
	Issuer    identity.ID   `json:"issuer"`
	Invitee   identity.ID   `json:"invitee,omitzero"` // none: whoever has the link
	Role      string        `json:"role"`
	Uses      uint32        `json:"uses,omitempty"`
	Redeemers []identity.ID `json:"redeemers,omitempty"`
	Quota     uint32        `json:"quota,omitempty"` // further invites by the invitee
	From      *time.Time    `json:"from,omitempty"`
	Until     *time.Time    `json:"until,omitempty"`
}

// inspect looks into a link as it is at a time.
func inspect(link invite.Link, now time.Time) (inspection, error) {
	i := inspection{Room: link.Room, Title: link.Title, Addrs: link.Addrs}
	if len(link.Chain) == 0 {
		return i, nil
	}
	chain, err := link.Chain.Invites()
	if err != nil {
		return i, err
	}
	i.Host = chain[0].Issuer
	for _, s := range chain {
		i.Invites = append(i.Invites, inspected{
			ID: fmt.Sprintf("%x", s.ID), Issuer: s.Issuer, Invitee: s.Invitee, Role: s.Role.String(), Uses: s.Uses,
			Redeemers: s.Redeemers, Quota: s.Quota, From: instant(s.NotBefore), Until: instant(s.NotAfter),
		})
	}
	if _, err := link.Chain.Verify(link.Room, i.Host, now); err != nil {
		i.Trouble = err.Error()
	}
	return i, nil
}

func instant(unix int64) *time.Time {
	if unix == 0 {
		return nil
	}
	t := time.Unix(unix, 0).UTC()
	return &t
}

// print says it to people.
func (i inspection) print(w io.Writer) {
	fmt.Fprintf(w, "An invite to %q\nRoom  %s\n", i.Title, i.Room)
	if len(i.Invites) == 0 {
		fmt.Fprintln(w, "No right is needed and none is given: the room is open, or you have a ticket from before.")
	}
	for n, s := range i.Invites {
		fmt.Fprintf(w, "\n%d. %s\n", n+1, s.words(i))
	}
	if len(i.Addrs) > 0 {
		fmt.Fprintln(w, "\nSomebody of the room is, or was, at")
	}
	for _, a := range i.Addrs {
		fmt.Fprintln(w, "  "+a)
	}
}

// words is one invite in a sentence.
func (s inspected) words(i inspection) string {
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
