package rooms

import (
	"cmp"
	"maps"
	"slices"
	"time"

	"github.com/banyan-rooms/banyan/crypto/identity"
	"github.com/banyan-rooms/banyan/crypto/invite"
)

// View is a room as people see it. It is a copy.
type View struct {
	ID     identity.RoomID
	Title  string
	Policy Policy
	Host   identity.ID
	Self   identity.ID
	Epoch  uint32
	Closed bool
	Left   bool          // the own person has left
	Banned bool          // the own person may not be here
	People []Person      // the stage first: host, moderators, speakers; then the audience; each by name and ID
	Hands  []identity.ID // raised, first come first
}

// Person is somebody in the room.
type Person struct {
	ID      identity.ID
	Name    string
	Role    invite.Role
	OnStage bool      // may be heard
	Invited bool      // to the stage, and has not answered
	Muted   bool      // by themselves
	Hand    time.Time // when it went up; zero when it is down
}

// Me is the own person, if it is in the room.
func (v View) Me() (Person, bool) {
	at := slices.IndexFunc(v.People, func(p Person) bool { return p.ID == v.Self })
	if at < 0 {
		return Person{}, false
	}
	return v.People[at], true
}

// View returns what people see now.
func (r *Room) View() View {
	v := View{
		ID: r.id, Title: r.state.title, Policy: r.genesis.Policy, Host: r.genesis.Host, Self: r.own.Author,
		Epoch: r.state.epoch, Closed: r.state.closed, Left: r.left, Banned: r.state.people[r.own.Author].banned,
	}
	for _, id := range r.present() {
		if p := r.people[id]; !p.Gone {
			v.People = append(v.People, r.person(p))
		}
	}
	slices.SortFunc(v.People, func(a, b Person) int {
		return cmp.Or(cmp.Compare(stageOrder(a), stageOrder(b)), cmp.Compare(a.Name, b.Name), a.ID.Compare(b.ID))
	})
	v.Hands = hands(v.People)
	return v
}

// present are the people of whom a presence is kept, by ID.
func (r *Room) present() []identity.ID {
	return slices.SortedFunc(maps.Keys(r.people), identity.ID.Compare)
}

func (r *Room) person(p *person) Person {
	v := Person{ID: p.Author, Name: p.Name, Role: r.role(p.Author), Muted: p.Muted, OnStage: r.mayBeHeard(p)}
	v.Invited = !v.OnStage && !r.state.closed && r.invitation(p) != Hash{}
	if p.Hand != 0 && p.Hand > r.state.lowered[p.Author] && v.Role < invite.Speaker {
		v.Hand = time.UnixMilli(p.Hand)
	}
	return v
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

// role is what somebody may do now: by the log or, where it says nothing about them,
// by their ticket, which makes a speaker at most: authority is the log's to give.
func (r *Room) role(who identity.ID) invite.Role {
	if who == r.genesis.Host {
		return invite.Host
	}
	if st, ok := r.state.people[who]; ok {
		return st.role
	}
	if p := r.people[who]; p != nil {
		return max(invite.Listener, min(p.right.Role, invite.Speaker))
	}
	return invite.Listener
}

// invitation is what somebody has to accept in order to be on the stage: the op that
// grants it or the ticket that does; none for those who need no invitation.
func (r *Room) invitation(p *person) Hash {
	if p == nil || r.role(p.Author) != invite.Speaker {
		return Hash{}
	}
	if st, ok := r.state.people[p.Author]; ok {
		return st.by
	}
	return p.ticket
}

// mayBeHeard tells whether somebody is on the stage.
func (r *Room) mayBeHeard(p *person) bool {
	if r.state.closed || p.Gone {
		return false
	}
	if r.role(p.Author) >= invite.Moderator {
		return true
	}
	by := r.invitation(p)
	return by != Hash{} && p.Accepted == by
}

// onStage is how many people are on the stage.
func (r *Room) onStage() int { return len(r.Speakers()) }

// Speakers are those who may be heard now, by ID.
func (r *Room) Speakers() []identity.ID {
	return slices.DeleteFunc(r.present(), func(id identity.ID) bool { return !r.mayBeHeard(r.people[id]) })
}
