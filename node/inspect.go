package node

import (
	"fmt"
	"time"

	"github.com/banyan-rooms/banyan/crypto/identity"
	"github.com/banyan-rooms/banyan/crypto/invite"
)

// Inspection is what an invite link holds.
type Inspection struct {
	Room    identity.RoomID   `json:"room"`
	Title   string            `json:"title"`
	Host    identity.ID       `json:"host,omitzero"`    // as the link says
	Hidden  bool              `json:"hidden,omitempty"` // the room is secret
	Invites []InspectedInvite `json:"invites"`          // the host's first; none in the link of an open room
	Addrs   []string          `json:"addrs,omitempty"`
	Trouble string            `json:"trouble,omitempty"` // why it does not hold now
}

// InspectedInvite is one invite of a link's chain.
type InspectedInvite struct {
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

// Inspect looks into a link as it is at a time. Nobody is asked, so what only the room
// knows is not in it: whether its host is who the link says, whether an invite was taken
// back or used up.
func Inspect(link invite.Link, now time.Time) (Inspection, error) {
	i := Inspection{Room: link.Room, Title: link.Title, Addrs: link.Addrs, Hidden: link.Hidden, Invites: []InspectedInvite{}}
	if len(link.Chain) == 0 {
		return i, nil
	}
	chain, err := link.Chain.Invites()
	if err != nil {
		return i, err
	}
	i.Host = chain[0].Issuer
	for _, s := range chain {
		i.Invites = append(i.Invites, InspectedInvite{
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
