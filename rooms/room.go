package rooms

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/banyan-rooms/banyan/crypto/epoch"
	"github.com/banyan-rooms/banyan/crypto/identity"
	"github.com/banyan-rooms/banyan/crypto/invite"
)

// What a command or somebody's entry can be refused for.
var (
	ErrNotAllowed = errors.New("only the host or a moderator can do this")
	ErrHostOnly   = errors.New("only the host can do this")
	ErrClosed     = errors.New("this room is closed")
	ErrNotHere    = errors.New("this person is not in the room")
	ErrNotInvited = errors.New("nobody has invited you to the stage")
	ErrOnStage    = errors.New("already on the stage or invited to it")
	ErrHostStays  = errors.New("the host stays the host")
	ErrNoHeir     = errors.New("the host has not named you to take the room over")
	ErrHostHere   = errors.New("the host is here: they can hand the room over themselves")
	ErrNoDeed     = errors.New("you have no right to invite people that you could hand on")
	ErrLocked     = errors.New("the stage is locked: nobody new can come up until a moderator unlocks it")
	ErrNoHands    = errors.New("hands cannot be raised in this room now")
	ErrMicLocked  = errors.New("a moderator has locked your microphone")
	ErrEpoch      = errors.New("another epoch has begun")
	ErrStageFull  = errors.New("the stage is full: somebody has to leave it first")
	ErrBanned     = errors.New("this person may not be in this room")
	ErrNoTicket   = errors.New("this room can be entered with an invite only")
	ErrFraud      = errors.New("this invite was given to two people at once, so it is void")
	ErrLeft       = errors.New("you have left this room")
	ErrLogFull    = errors.New("you have decided as much in this room as anyone may: ask the host, or make a new room")
)

// never is later than any deadline.
const never = time.Duration(1<<63 - 1)

// Config is what a room is opened with. Key, Genesis and Start have no default.
type Config struct {
	Key     identity.Key
	Genesis []byte       // the envelope
	Start   time.Time    // the wall clock at now = 0
	Name    string       // one's own, as others see it
	Ticket  invite.Chain // by what right one is here; not needed in an open room, nor by the host
}

// Room is the machine. Use one from one goroutine.
type Room struct {
	key     identity.Key
	id      identity.RoomID
	genesis Genesis
	start   time.Time
	entered time.Duration // when Step was called first
	began   bool          // it was

	log   *oplog
	state *state // of log

	own     Presence
	path    []Hash // of the own ticket
	renewAt time.Duration
	left    bool

	people   map[identity.ID]*person // by presence, one's own included
	expireAt time.Duration           // nobody's presence ends earlier
	tickets  map[ticketKey]invite.Grant
	frauds   frauds

	effects []Effect
}

// New opens a room and enters it: the first presence is broadcast by the first Step.
func New(cfg Config) (*Room, error) {
	g, id, err := OpenGenesis(cfg.Genesis)
	if err != nil {
		return nil, err
	}
	if err := checkText("name", cfg.Name, MaxName); err != nil {
		return nil, err
	}
	if at := cfg.Start.UnixMilli(); at <= 0 || at > maxSeq/2 {
		return nil, fmt.Errorf("enter a room on %v: the clock is wrong", cfg.Start)
	}
	if cfg.Key.ID().IsZero() {
		return nil, errors.New("enter a room: there is no key to sign with")
	}
	l := newLog(id, g)
	r := &Room{
		key: cfg.Key, id: id, genesis: g, start: cfg.Start, log: l, state: l.state, expireAt: never,
		people: make(map[identity.ID]*person), tickets: make(map[ticketKey]invite.Grant), frauds: newFrauds(),
		own: Presence{Version: Version, Room: id, Name: cfg.Name, Author: cfg.Key.ID()},
	}
	if g.Policy.Kind != Open && cfg.Key.ID() != g.Host {
		if err := r.MayEnter(0, cfg.Key.ID(), cfg.Ticket); err != nil {
			return nil, err
		}
		r.own.Ticket, r.path = cfg.Ticket, path(cfg.Ticket)
	}
	return r, nil
}

// ID names the room.
func (r *Room) ID() identity.RoomID { return r.id }

// Genesis is what made the room.
func (r *Room) Genesis() Genesis { return r.genesis }

// Epoch is the epoch in force and the commitment to its secret.
func (r *Room) Epoch() (uint32, epoch.Commitment) { return r.state.current() }

// Overdue tells whether somebody was removed who still has the secret of the epoch in
// force (rule 9), and who removed them.
func (r *Room) Overdue() (by identity.ID, overdue bool) {
	at, overdue := r.state.overdue()
	if !overdue || r.state.closed() {
		return identity.ID{}, false
	}
	return r.log.entries[at].op.Author, true
}

// CommitmentRoom is the room ID that an epoch's commitment is made for: the first is
// made before the room has a name.
func (r *Room) CommitmentRoom() identity.RoomID {
	if n, _ := r.Epoch(); n == 0 {
		return identity.RoomID{}
	}
	return r.id
}

// Heads tells another peer's [Room.Sync] which ops are known here: those that nothing
// follows and a few before them, at most [MaxHave].
func (r *Room) Heads() []Hash { return r.log.have() }

// Sync returns the items that a peer with these heads lacks: ops, parents first, then
// all frauds, and all presences that hold.
func (r *Room) Sync(have []Hash) [][]byte {
	items := append(r.log.since(have), r.frauds.proofs...)
	for _, p := range r.heardOf() {
		items = append(items, p.raw)
	}
	return items
}

// Notice returns what somebody who may not be here any more, and was here by these
// invites, lacks of why: the ops that removed them and what those follow, but nothing that
// was decided since; and the frauds. It is empty for anybody else.
func (r *Room) Notice(who identity.ID, chain invite.Chain, have []Hash) [][]byte {
	steps := path(chain)
	if r.barred(who, steps) == nil {
		return nil
	}
	var ops []int
	if at, ok := last(r.state, r.state.bans, who); ok {
		ops = append(ops, at)
	}
	for _, id := range steps {
		ops = append(ops, r.state.revoked[id]...)
	}
	return append(r.log.upTo(ops, have), r.frauds.proofs...)
}

// Step takes in one event, or none (nil) when only time has passed. now is the time
// since the driver started, and never goes backwards.
func (r *Room) Step(now time.Duration, ev Event) {
	if !r.began {
		r.began, r.entered = true, now
		r.sight(now, r.own.Ticket)
	}
	if c, ok := ev.(Command); ok {
		if err := r.command(now, c); err != nil {
			r.effects = append(r.effects, Refused{c, err})
		}
	} else if got, ok := ev.(Received); ok {
		r.receive(now, got.Item)
	}
	r.expire(now)
	if r.here() == nil && (now >= r.renewAt || r.overtaken()) {
		r.announce(now)
	}
}

// here tells whether the own person is still in the room; the error says why not.
func (r *Room) here() error {
	if r.left {
		return ErrLeft
	}
	return r.barred(r.own.Author, r.path)
}

// Drain hands all effects of the last Step to do, in order.
func (r *Room) Drain(do func(Effect)) {
	for _, e := range r.effects {
		do(e)
	}
	clear(r.effects)
	r.effects = r.effects[:0]
}

// Deadline is when Step wants to be called at the latest.
func (r *Room) Deadline() (time.Duration, bool) {
	at := r.expireAt
	if r.here() == nil {
		at = min(at, r.renewAt)
	}
	return at, at != never
}

func (r *Room) wall(now time.Duration) time.Time { return r.start.Add(now) }

// receive takes in an item of somebody.
func (r *Room) receive(now time.Duration, i Item) {
	switch {
	case i.raw == nil: // no item of [Check]
	case i.Fraud != nil:
		r.convict(now, i)
	case i.room() != r.id:
	case i.Op != nil:
		added, _ := r.log.add(i) // what is not added is known, waits or is of no account
		for _, next := range added {
			r.effects = append(r.effects, Store{next.raw, next})
		}
		if len(added) > 0 {
			r.changed()
		}
	case i.Presence != nil:
		r.hear(now, i)
	}
}

func (r *Room) changed() {
	if !r.hasChanged() {
		r.effects = append(r.effects, Changed{})
	}
}

func (r *Room) hasChanged() bool { return slices.Contains(r.effects, Effect(Changed{})) }
