package node

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync/atomic"
	"time"

	"github.com/banyan-rooms/banyan/crypto/epoch"
	"github.com/banyan-rooms/banyan/crypto/identity"
	"github.com/banyan-rooms/banyan/crypto/invite"
	"github.com/banyan-rooms/banyan/mesh"
	"github.com/banyan-rooms/banyan/node/transport"
	"github.com/banyan-rooms/banyan/rooms"
)

// member is a session whose seat is taken by a person: beside the tree there is the
// room itself, its secret, one's own voice and those of the others.
type member struct {
	*session
	ears   ears
	shown  atomic.Pointer[shown] // what people see
	wanted chan need             // the secret that the loop lacks
	behind chan struct{}         // the log has a gap: sync

	// Owned by the loop.
	room      *rooms.Room
	stored    [32]byte      // the ticket that is
	roomAt    time.Duration // when the room wants to be woken
	changed   bool          // the room's view did
	refused   error         // by the last command
	unkept    [][]byte      // ops to be kept before the session runs
	early     [][]byte      // to be said once it does
	met       []identity.ID // the first candidates for the tree
	told      bool          // somebody said what happened here of late
	secrets   map[uint32]epoch.Secret
	mouth     mouth
	reserving bool // numbers for the mouth
	rekeying  rekeying
	keyless   time.Duration        // since when the newest secret is missing; never if it is here
	gone      map[identity.ID]bool // from the tree, being barred from the room
	out       bool                 // barred oneself
	speakFrom time.Duration        // when the newest secret is used to speak
	hearUntil time.Duration        // and older ones are not heard any more
	voices    map[uint64]*voice    // by key ID
	play      []said               // scratch
	speaks    bool                 // on the stage, as the mesh was told
	score     score
	revealAt  time.Duration // when what is shown is made anew
	revealed  time.Duration // when it was
}

// need is an epoch whose secret is missing, and how to tell the right one.
type need struct {
	epoch      uint32
	commitment epoch.Commitment
	room       identity.RoomID // that the commitment was made for
}

// entry is what a person comes into a room with.
type entry struct {
	genesis []byte
	ticket  invite.Chain
	items   [][]byte      // of the log and the people, as others told
	met     []identity.ID // who answered: the first candidates for the tree
}

// revealGap is the least time between two looks of what people see, beside those that
// follow a command.
const revealGap = 50 * time.Millisecond

// newMember opens a room as far as it is known: by what is stored and what was told.
func (n *Node) newMember(e entry) (*member, error) {
	s, err := newSession(n, e.genesis)
	if err != nil {
		return nil, err
	}
	m := &member{
		session: s, wanted: make(chan need, 1), behind: make(chan struct{}, 1),
		secrets: make(map[uint32]epoch.Secret), voices: make(map[uint64]*voice), rekeying: rekeying{at: never}, keyless: never,
		gone: make(map[identity.ID]bool),
	}
	s.seat = m
	m.room, err = rooms.New(rooms.Config{Key: n.cfg.Key, Genesis: e.genesis, Start: s.start, Name: n.Name(), Ticket: e.ticket})
	if err != nil {
		return nil, fmt.Errorf("enter the room: %w", err)
	}
	stored, err := n.cfg.Store.Items(s.id)
	if err != nil {
		return nil, fmt.Errorf("read what is known of the room: %w", err)
	}
	m.preload(stored)
	m.unkept, m.told = m.preload(e.items), len(e.items) > 0
	switch v := m.room.View(); {
	case v.Banned && slices.ContainsFunc(m.early, rooms.IsFraud):
		// Found out just now, by comparing one's own ticket with another's: nobody else can know.
	case v.Banned:
		return nil, fmt.Errorf("you were removed from this room: %w", m.room.MayEnter(0, n.ID(), e.ticket))
	case v.Closed && v.Host != v.Self:
		return nil, rooms.ErrClosed
	}
	m.show(s.mesh.View())
	return m, nil
}

// preload takes in items before the loop runs, and returns the ops that were new.
func (m *member) preload(items [][]byte) (added [][]byte) {
	for _, c := range checkAll(m.id, items) {
		if c.err != nil {
			m.n.counters.malformed.Add(1)
			continue
		}
		m.room.Step(0, rooms.Received{Item: c.item})
		m.room.Drain(func(e rooms.Effect) {
			switch e := e.(type) {
			case rooms.Store:
				m.door.keep(e.Item)
				added = append(added, e.Data)
			case rooms.Broadcast:
				m.early = append(m.early, e.Data)
			case rooms.Changed, rooms.Refused:
			}
		})
	}
	return added
}

// begin takes the seat.
func (m *member) begin(now time.Duration) {
	for _, data := range m.early {
		m.say(gossipItem, data)
	}
	m.step(now, mesh.Candidates{Peers: m.met})
	m.stored = m.shown.Load().right.ticket.ID()
	m.early, m.met = nil, nil
	m.act(now, nil)
	m.refresh(now)
	m.reveal()
	for _, job := range []func(context.Context){m.keepUp, m.fetchSecrets, m.findRelays} {
		m.running.Go(func() { job(m.life) })
	}
}

// act gives the room an event and carries out what it asks for.
func (m *member) act(now time.Duration, ev rooms.Event) {
	m.room.Step(now, ev)
	m.room.Drain(m.do)
	m.roomAt = never
	if at, ok := m.room.Deadline(); ok {
		m.roomAt = at
	}
	if m.changed {
		m.changed = false
		m.refresh(now)
		m.revealAt = min(m.revealAt, m.revealed+revealGap)
	}
}

func (m *member) wake(now time.Duration) {
	m.act(now, nil)
	if m.view {
		m.revealAt = min(m.revealAt, m.revealed+revealGap)
	}
	m.rekey(now)
	m.lockOld(now)
	m.openMouth(m.speaks)
	if now >= m.revealAt {
		m.reveal()
	}
}

func (m *member) deadline() (time.Duration, bool) {
	at := min(m.roomAt, m.revealAt, m.rekeying.at)
	if m.view { // a change of place is seen when it happens, not when something else does
		at = min(at, m.revealed+revealGap)
	}
	return at, at != never
}

// refresh follows a change of the room: who may be heard, whether oneself is on the
// stage, which epoch it is.
func (m *member) refresh(now time.Duration) {
	if n, missing := m.needs(); missing {
		select {
		case <-m.wanted: // what was wanted before is of no use any more
		default:
		}
		m.wanted <- n
	}
	if ticket, _ := m.room.Ticket(); ticket.ID() != m.stored {
		m.stored = ticket.ID()
		m.scribe <- deed{ticket: ticket}
	}
	m.rekey(now)
	m.partFrom(now)
	speakers := m.room.Speakers()
	if m.room.Bars(m.n.ID()) {
		speakers = nil // what still comes is not for this person
	}
	m.hearOnly(speakers)
	speaks := slices.Contains(speakers, m.n.ID())
	m.openMouth(speaks)
	if speaks != m.speaks {
		m.speaks = speaks
		m.step(now, mesh.Speaking{On: speaks})
	}
}

// command carries out what the person wants, and returns when it is durable.
func (m *member) command(ctx context.Context, c rooms.Command) error {
	done := make(chan error, 1)
	refused, err := ask(ctx, m.session, func(now time.Duration) error {
		m.refused = nil
		m.act(now, c)
		if m.refused == nil {
			m.reveal()
			m.scribe <- deed{done: done}
		}
		return m.refused
	})
	if err := errors.Join(err, refused); err != nil {
		return err
	}
	select {
	case err := <-done:
		return err
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// judge takes in an item that came by gossip, and says whether others should have it.
// What it lets through that the room does not, it knows better next time.
func (m *member) judge(i rooms.Item) transport.Verdict {
	if i.Presence != nil && !m.door.admits(i.Presence, time.Now()) {
		return transport.Ignore // the one who passed it on may not know yet
	}
	if !m.offer(func(now time.Duration) { m.receiveItem(now, i) }) {
		return transport.Ignore
	}
	if i.Op != nil && !m.door.heeds(i.Op.Author) {
		return transport.Ignore // or a grant to its author has not come yet
	}
	return transport.Accept
}

func (m *member) receiveItem(now time.Duration, i rooms.Item) {
	if p := i.Presence; p != nil && m.room.MayEnter(now, p.Author, p.Ticket) != nil {
		m.door.deny(p.Author)
		return
	}
	if i.Presence != nil {
		m.silent.rumor(now, i.Presence.Author)
	}
	m.act(now, rooms.Received{Item: i})
	if i.Op != nil && !m.door.keeps(i.Op.Hash) {
		select { // it follows an op that never came, or is of no account
		case m.behind <- struct{}{}:
		default:
		}
	}
}

// leave says good-bye.
func (m *member) leave(now time.Duration) {
	m.act(now, rooms.Leave{})
	m.reveal()
}

func (m *member) bars(who identity.ID) bool { return m.room.Bars(who) }

func (m *member) ended() { m.ears.close() }
