package web

import (
	"cmp"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/banyan-rooms/banyan/crypto/identity"
	"github.com/banyan-rooms/banyan/crypto/invite"
	"github.com/banyan-rooms/banyan/node"
	"github.com/banyan-rooms/banyan/rooms"
)

// NewRoom is what a room is made from.
type NewRoom struct {
	Title    string `json:"title"`
	Kind     string `json:"kind"`     // open, invite or secret
	Language string `json:"language"` // BCP 47, or empty
}

// policy is what a node makes of it.
func (r NewRoom) policy() (rooms.Policy, error) {
	p := rooms.Policy{Title: strings.TrimSpace(r.Title), Language: r.Language}
	switch r.Kind {
	case rooms.Open.String():
		p.Kind = rooms.Open
	case rooms.InviteOnly.String():
		p.Kind = rooms.InviteOnly
	case rooms.Secret.String():
		p.Kind = rooms.Secret
	default:
		return p, refuse(http.StatusBadRequest, "kind is %q; a room is %q, %q or %q", r.Kind, rooms.Open, rooms.InviteOnly, rooms.Secret)
	}
	return p, nil
}

// NewInvite is what an invite is made from; all of it is optional.
type NewInvite struct {
	Role    string      `json:"role,omitempty"`    // what the guest becomes; empty is listener
	Uses    uint32      `json:"uses,omitempty"`    // how many people may use the link; 0 is any number
	Expires string      `json:"expires,omitempty"` // 90m or 24h, as [time.ParseDuration] reads it; empty is a day
	Quota   uint32      `json:"quota,omitempty"`   // further invites that the guest may make
	Peer    identity.ID `json:"peer,omitzero"`     // for this person only; zero is for whoever has the link
}

// Options is what a node makes of it.
func (i NewInvite) Options() (node.InviteOptions, error) {
	role, err := invite.ParseRole(cmp.Or(i.Role, invite.Listener.String()))
	if err != nil {
		return node.InviteOptions{}, refuse(http.StatusBadRequest, "%w", err)
	}
	o := node.InviteOptions{Bearer: i.Peer.IsZero(), Named: i.Peer, Role: role, Uses: i.Uses, Quota: i.Quota}
	if i.Expires != "" {
		if o.Expires, err = time.ParseDuration(i.Expires); err != nil || o.Expires <= 0 {
			return o, refuse(http.StatusBadRequest, "expires is %q; an invite is good for a while such as 90m or 24h", i.Expires)
		}
	}
	return o, nil
}

// Invitation is a link to hand to a guest, in its two forms.
type Invitation struct {
	Link string `json:"link"` // https, for chats that know no other; the URI where no base is known
	URI  string `json:"uri"`  // banyan:
}

// Command is something done in a room.
type Command struct {
	Do   string      `json:"do"`   // one of deeds
	Peer identity.ID `json:"peer"` // to whom; zero is oneself
	Text string      `json:"text"` // the title of rename
}

// deeds are all that one can do in a room.
var deeds = map[string]func(c Command) rooms.Command{
	"raise-hand":     func(Command) rooms.Command { return rooms.RaiseHand{} },
	"lower-hand":     func(c Command) rooms.Command { return rooms.LowerHand{Who: c.Peer} },
	"invite-up":      func(c Command) rooms.Command { return rooms.InviteUp{Who: c.Peer} },
	"accept":         func(Command) rooms.Command { return rooms.AcceptStage{} },
	"decline":        func(Command) rooms.Command { return rooms.DeclineStage{} },
	"mute":           func(Command) rooms.Command { return rooms.SetMuted{Muted: true} },
	"unmute":         func(Command) rooms.Command { return rooms.SetMuted{} },
	"move-down":      func(c Command) rooms.Command { return rooms.MoveDown{Who: c.Peer} },
	"make-moderator": func(c Command) rooms.Command { return rooms.Grant{Who: c.Peer, Role: invite.Moderator} },
	"mute-speaker":   func(c Command) rooms.Command { return rooms.MuteOther{Who: c.Peer} },
	"lock-mic":       func(c Command) rooms.Command { return rooms.MuteOther{Who: c.Peer, Locked: true} },
	"unmute-speaker": func(c Command) rooms.Command { return rooms.UnmuteOther{Who: c.Peer} },
	"lock-stage":     func(Command) rooms.Command { return rooms.Set{What: rooms.StageLocked, On: true} },
	"unlock-stage":   func(Command) rooms.Command { return rooms.Set{What: rooms.StageLocked} },
	"hands-off":      func(Command) rooms.Command { return rooms.Set{What: rooms.HandsOff, On: true} },
	"hands-on":       func(Command) rooms.Command { return rooms.Set{What: rooms.HandsOff} },
	"ban":            func(c Command) rooms.Command { return rooms.Ban{Who: c.Peer} },
	"ban-branch":     func(c Command) rooms.Command { return rooms.Ban{Who: c.Peer, Branch: true} },
	"unban":          func(c Command) rooms.Command { return rooms.Unban{Who: c.Peer} },
	"hand-over":      func(c Command) rooms.Command { return rooms.HandOver{Who: c.Peer} },
	"name-successor": func(c Command) rooms.Command { return rooms.NameSuccessor{Who: c.Peer} },
	"take-over":      func(Command) rooms.Command { return rooms.TakeOver{} },
	"leave":          func(Command) rooms.Command { return rooms.Leave{} },
	"close":          func(Command) rooms.Command { return rooms.Close{} },
	"rename":         func(c Command) rooms.Command { return rooms.SetTitle{Title: strings.TrimSpace(c.Text)} },
}

// toSomeone are the deeds that are done to somebody else.
var toSomeone = map[string]bool{
	"invite-up": true, "make-moderator": true, "mute-speaker": true, "lock-mic": true, "unmute-speaker": true,
	"ban": true, "ban-branch": true, "unban": true, "hand-over": true,
}

// command is what a room makes of it.
func (c Command) command() (rooms.Command, error) {
	deed, known := deeds[c.Do]
	switch {
	case !known:
		all := strings.Join(slices.Sorted(maps.Keys(deeds)), ", ")
		return nil, refuse(http.StatusBadRequest, "do is %q, which is nothing that one can do in a room; these are: %s", c.Do, all)
	case toSomeone[c.Do] && c.Peer.IsZero():
		return nil, refuse(http.StatusBadRequest, "%s needs the peer that it is done to", c.Do)
	}
	return deed(c), nil
}
