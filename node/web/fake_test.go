package web

import (
	"context"
	"errors"
	"maps"
	"slices"
	"strconv"
	"sync"

	"github.com/banyan-rooms/banyan/crypto/identity"
	"github.com/banyan-rooms/banyan/crypto/invite"
	"github.com/banyan-rooms/banyan/node"
	"github.com/banyan-rooms/banyan/node/audio"
	"github.com/banyan-rooms/banyan/rooms"
)

// fake is a node that does what it is told at once, and remembers what it heard.
type fake struct {
	mu      sync.Mutex
	status  node.Status
	watch   map[chan struct{}]bool
	ears    map[chan node.Heard]identity.RoomID
	levels  map[identity.ID]uint8
	said    chan audio.Frame // what WHIP brought
	invited []node.InviteOptions
	revoked []string
	made    []rooms.Policy
	err     error // what every act answers
}

func newFake() *fake {
	return &fake{
		status: node.Status{Self: node.Self{ID: peer(1), Name: "Mai"}},
		watch:  make(map[chan struct{}]bool), ears: make(map[chan node.Heard]identity.RoomID),
		levels: make(map[identity.ID]uint8), said: make(chan audio.Frame, 64),
	}
}

// peer makes an ID that can be told from others, and whose text form can be read.
func peer(n byte) identity.ID {
	key, err := identity.Generate(seeded(n))
	if err != nil {
		panic(err)
	}
	return key.ID()
}

// seeded is an endless stream of one byte.
type seeded byte

func (s seeded) Read(b []byte) (int, error) {
	for i := range b {
		b[i] = byte(s)
	}
	return len(b), nil
}

// roomID makes a room's name.
func roomID(n byte) identity.RoomID { return identity.RoomOf([]byte{n}) }

// inRoom puts the fake's person into a room, on stage with speakers 2, 3, ….
func (f *fake) inRoom(id identity.RoomID, onStage bool, speakers int) {
	r := node.RoomStatus{ID: id, Title: "Roots", Kind: "open", Host: peer(2), Role: "listener", OnStage: onStage}
	r.People = append(r.People, node.Person{ID: peer(1), Name: "Mai", Role: r.Role, OnStage: onStage, Self: true})
	for n := range speakers {
		r.People = append(r.People, node.Person{ID: peer(byte(n + 2)), Name: "Speaker", Role: "speaker", OnStage: true})
	}
	f.change(func(s *node.Status) { s.Rooms = append(s.Rooms, r) })
}

// change changes the status and tells the watchers.
func (f *fake) change(do func(*node.Status)) {
	f.mu.Lock()
	defer f.mu.Unlock()
	do(&f.status)
	for c := range f.watch {
		select {
		case c <- struct{}{}:
		default:
		}
	}
}

func (f *fake) Status() node.Status {
	f.mu.Lock()
	defer f.mu.Unlock()
	s := f.status
	s.Rooms = slices.Clone(s.Rooms)
	for i := range s.Rooms {
		people := slices.Clone(s.Rooms[i].People)
		for j, p := range people {
			level, heard := f.levels[p.ID]
			people[j].Speaking = heard && level <= speech
		}
		s.Rooms[i].People = people
	}
	return s
}

func (f *fake) Watch() (<-chan struct{}, func()) {
	c := make(chan struct{}, 1)
	f.mu.Lock()
	defer f.mu.Unlock()
	f.watch[c] = true
	return c, func() {
		f.mu.Lock()
		defer f.mu.Unlock()
		delete(f.watch, c)
	}
}

func (f *fake) SetName(_ context.Context, name string) error {
	if f.err == nil {
		f.change(func(s *node.Status) { s.Self.Name = name })
	}
	return f.err
}

func (f *fake) Create(_ context.Context, p rooms.Policy) (identity.RoomID, error) {
	f.made = append(f.made, p)
	id := identity.RoomOf([]byte(p.Title))
	if f.err == nil {
		f.inRoom(id, true, 0)
		f.change(func(s *node.Status) {
			r := &s.Rooms[len(s.Rooms)-1]
			r.Title, r.Kind, r.Host, r.Role = p.Title, p.Kind.String(), peer(1), "host"
		})
	}
	return id, f.err
}

func (f *fake) Join(_ context.Context, link string) (identity.RoomID, error) {
	id, err := identity.ParseRoomID(link)
	if err != nil {
		id = identity.RoomOf([]byte(link))
	}
	if f.err == nil {
		f.inRoom(id, false, 1)
	}
	return id, f.err
}

func (f *fake) Do(_ context.Context, room identity.RoomID, c rooms.Command) error {
	if f.err != nil {
		return f.err
	}
	if !slices.ContainsFunc(f.Status().Rooms, func(r node.RoomStatus) bool { return r.ID == room }) {
		return node.ErrNoRoom
	}
	f.change(func(s *node.Status) {
		s.Rooms = slices.Clone(s.Rooms)
		i := slices.IndexFunc(s.Rooms, func(r node.RoomStatus) bool { return r.ID == room })
		if _, leave := c.(rooms.Leave); leave {
			s.Rooms = slices.Delete(s.Rooms, i, i+1)
			return
		}
		s.Rooms[i].People = slices.Clone(s.Rooms[i].People)
		obey(&s.Rooms[i], c)
	})
	return nil
}

// obey is as much of a room's rules as the tests need.
func obey(r *node.RoomStatus, c rooms.Command) {
	me := &r.People[slices.IndexFunc(r.People, func(p node.Person) bool { return p.Self })]
	switch c := c.(type) {
	case rooms.RaiseHand:
		r.Hands, me.Hand = []identity.ID{me.ID}, 1
	case rooms.LowerHand:
		r.Hands, me.Hand = nil, 0
	case rooms.InviteUp:
		for i := range r.People {
			r.People[i].Invited = r.People[i].Invited || r.People[i].ID == c.Who
		}
		r.Invited = me.Invited
	case rooms.AcceptStage:
		r.OnStage, me.OnStage, r.Invited, me.Invited = true, true, false, false
	case rooms.DeclineStage:
		r.Invited, me.Invited = false, false
	case rooms.MoveDown:
		if c.Who.IsZero() {
			r.OnStage, me.OnStage = false, false
		}
	case rooms.SetMuted:
		r.Muted, me.Muted = c.Muted, c.Muted
	case rooms.SetTitle:
		r.Title = c.Title
	case rooms.Close:
		r.Closed = true
	case rooms.Set:
		if c.What == rooms.StageLocked {
			r.Locked = c.On
		} else {
			r.NoHands = c.On
		}
	case rooms.MuteOther:
		them(r, c.Who).Muted, them(r, c.Who).Mute = true, map[bool]string{true: "locked", false: "muted"}[c.Locked]
	case rooms.UnmuteOther:
		them(r, c.Who).Muted, them(r, c.Who).Mute = false, "no"
	case rooms.Ban:
		r.Removed = append(r.Removed, node.Removed{ID: c.Who, Name: them(r, c.Who).Name})
		r.People = slices.DeleteFunc(r.People, func(p node.Person) bool { return p.ID == c.Who })
	case rooms.Unban:
		r.Removed = slices.DeleteFunc(slices.Clone(r.Removed), func(p node.Removed) bool { return p.ID == c.Who })
	case rooms.NameSuccessor:
		r.Heir = c.Who
	case rooms.HandOver:
		r.Host, r.Owner, r.Role, me.Role = c.Who, c.Who, "moderator", "moderator"
		them(r, c.Who).Role = "host"
	case rooms.Grant, rooms.TakeOver, rooms.SetName, rooms.RevokeInvite, rooms.Leave,
		rooms.NewEpoch:
	}
}

// them is somebody in a room.
func them(r *node.RoomStatus, who identity.ID) *node.Person {
	return &r.People[slices.IndexFunc(r.People, func(p node.Person) bool { return p.ID == who })]
}

func (f *fake) Invite(_ context.Context, room identity.RoomID, o node.InviteOptions) (invite.Link, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.invited = append(f.invited, o)
	return invite.Link{Room: room, Title: "Roots"}, f.err
}

func (f *fake) Invites(context.Context, identity.RoomID) (node.IssuedList, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	var list node.IssuedList
	for n, o := range f.invited {
		list.Invites = append(list.Invites, node.Issued{ID: strconv.Itoa(n), Peer: o.Named, Role: o.Role.String(), Uses: o.Uses, Quota: o.Quota})
	}
	return list, f.err
}

func (f *fake) Block(_ context.Context, who identity.ID, on bool) error {
	f.change(func(st *node.Status) {
		for i := range st.Rooms {
			for j := range st.Rooms[i].People {
				if p := &st.Rooms[i].People[j]; p.ID == who {
					p.Blocked = on
				}
			}
		}
	})
	return f.err
}

func (f *fake) Revoke(_ context.Context, _ identity.RoomID, id string) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.revoked = append(f.revoked, id)
	return f.err
}

func (f *fake) Say(_ identity.RoomID, frame audio.Frame) error {
	select {
	case f.said <- frame:
		return nil
	default:
		return errors.New("nobody listens")
	}
}

func (f *fake) Levels(identity.RoomID) map[identity.ID]uint8 {
	f.mu.Lock()
	defer f.mu.Unlock()
	return maps.Clone(f.levels)
}

// loud sets how loud someone is; silence is nothing at all.
func (f *fake) loud(who identity.ID, level uint8) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.levels[who] = level
	if level == silence {
		delete(f.levels, who)
	}
}

func (f *fake) Hear(room identity.RoomID) (<-chan node.Heard, func(), error) {
	c := make(chan node.Heard, 64)
	f.mu.Lock()
	defer f.mu.Unlock()
	f.ears[c] = room
	return c, func() {
		f.mu.Lock()
		defer f.mu.Unlock()
		if _, open := f.ears[c]; open {
			delete(f.ears, c)
			close(c)
		}
	}, nil
}

// hearing is how many ears are open.
func (f *fake) hearing() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return len(f.ears)
}

// speak lets everyone in a room hear a frame.
func (f *fake) speak(room identity.RoomID, h node.Heard) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for c, r := range f.ears {
		if r == room {
			select {
			case c <- h:
			default:
			}
		}
	}
}
