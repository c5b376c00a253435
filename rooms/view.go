package rooms

import (
	"cmp"
	"slices"
	"time"

	"github.com/banyan-rooms/banyan/crypto/identity"
	"github.com/banyan-rooms/banyan/crypto/invite"
)

// View is a room as people see it. It is a copy.
type View struct {
	ID      identity.RoomID
	Title   string
	Policy  Policy
	Host    identity.ID // now
	Owner   identity.ID // who can take the room back: the host, unless a successor acts for them
	Heir    identity.ID // whom the host has named to take over while they are away, or zero
	Self    identity.ID
	Epoch   uint32
	Closed  bool
	Locked  bool           // the stage: nobody new comes onto it
	NoHand  bool           // hands cannot be raised
	Left    bool           // the own person has left
	Banned  bool           // the own person may not be here, being banned or by an invite that was taken back
	People  []Person       // the stage first: host, moderators, speakers; then the audience; each by name and ID
	Hands   []identity.ID  // raised, first come first
	Removed []identity.ID  // who is banned, in rising order
	Cheats  []invite.Cheat // who gave the same invite to two, in the order in which it was found out here
}

// Person is somebody in the room.
type Person struct {
	ID      identity.ID
	Name    string
	Role    invite.Role
	By      identity.ID // who gave them the role; zero if a ticket did, or nobody
	Since   time.Time   // by that one's clock; zero if nobody did
	OnStage bool        // may be heard
	Invited bool        // to the stage, and has not answered
	Muted   bool        // by themselves, or by a moderator
	Mute    Mute        // by a moderator
	Hand    time.Time   // when it went up; zero when it is down
}

// Mute is what a moderator did to somebody's microphone.
type Mute uint8

// Muted people can make an end of it themselves, locked ones cannot.
const (
	NotMuted Mute = iota
	Muted
	MicLocked
)

// String is for people who read a log.
func (m Mute) String() string { return [...]string{"no", "muted", "locked"}[m] }

// Me is the own person, if it is in the room.
func (v View) Me() (Person, bool) {
	at := slices.IndexFunc(v.People, func(p Person) bool { return p.ID == v.Self })
	if at < 0 {
		return Person{}, false
	}
	return v.People[at], true
}

// NameOf is the name of somebody who is in the room, else empty.
func (v View) NameOf(who identity.ID) string {
	at := slices.IndexFunc(v.People, func(p Person) bool { return p.ID == who })
	if at < 0 {
		return ""
	}
	return v.People[at].Name
}

// View returns what people see now.
func (r *Room) View() View {
	v := View{
		ID: r.id, Title: r.state.title(), Policy: r.genesis.Policy, Host: r.log.hosts(), Owner: r.log.latest().owner, Heir: r.log.successor(), Self: r.own.Author,
		Closed: r.state.closed(), Locked: r.isOn(StageLocked), NoHand: r.isOn(HandsOff), Left: r.left, Banned: r.barred(r.own.Author, r.path) != nil,
	}
	v.Policy.Topics = slices.Clone(v.Policy.Topics)
	v.Epoch, _ = r.Epoch()
	up := r.stage()
	for p := range r.present() {
		v.People = append(v.People, r.person(p, slices.Contains(up, p)))
	}
	slices.SortFunc(v.People, func(a, b Person) int {
		return cmp.Or(cmp.Compare(stageOrder(a), stageOrder(b)), cmp.Compare(a.Name, b.Name), a.ID.Compare(b.ID))
	})
	for who := range r.state.bans {
		if r.state.banned(who) {
			v.Removed = append(v.Removed, who)
		}
	}
	slices.SortFunc(v.Removed, identity.ID.Compare)
	v.Hands, v.Cheats = hands(v.People), slices.Clone(r.frauds.cheats)
	return v
}

// NameOf is what somebody calls themselves, or did as long as this peer remembers it.
func (r *Room) NameOf(who identity.ID) string {
	if p := r.people[who]; p != nil {
		return p.Name
	}
	return ""
}

func (r *Room) person(p *person, onStage bool) Person {
	v := Person{ID: p.Author, Name: p.Name, Role: r.role(p.Author), Muted: p.Muted, OnStage: onStage}
	if o := r.by(p.Author); o != nil {
		v.By, v.Since = o.Author, time.UnixMilli(o.Time)
	}
	v.Invited = !onStage && !r.state.closed() && r.invitation(p) != Hash{}
	if mute, ok := r.silenced(p); ok {
		v.Muted, v.Mute = true, Muted
		if mute.On {
			v.Mute = MicLocked
		}
	}
	if up := r.handUp(p); up != 0 {
		v.Hand = time.UnixMilli(up)
	}
	return v
}

// by is the op that gave somebody their role, if one did.
func (r *Room) by(who identity.ID) *Op {
	if who == r.log.hosts() {
		if at := r.log.latest().by; at >= 0 {
			return &r.log.entries[at].op
		}
		return nil
	}
	if st, ok := r.state.standing(who); ok && st.role > invite.Listener {
		return &r.log.entries[st.at].op
	}
	return nil
}

// stageOrder puts the host first and the audience last.
func stageOrder(p Person) int {
	if !p.OnStage {
		return int(invite.Host)
	}
	return int(invite.Host - p.Role)
}

// hands are those whose hand is up, first come first.
func hands(people []Person) []identity.ID {
	var up []Person
	for _, p := range people {
		if !p.Hand.IsZero() {
			up = append(up, p)
		}
	}
	slices.SortFunc(up, func(a, b Person) int { return cmp.Or(a.Hand.Compare(b.Hand), a.ID.Compare(b.ID)) })
	ids := make([]identity.ID, len(up))
	for i, p := range up {
		ids[i] = p.ID
	}
	return ids
}
