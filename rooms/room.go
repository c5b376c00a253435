package rooms

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/banyan-rooms/banyan/crypto/epoch"
	"github.com/banyan-rooms/banyan/crypto/identity"
	"github.com/banyan-rooms/banyan/crypto/invite"
)

// maxPeople is how many presences a room remembers. Rooms with more listeners count
// them up the tree and do not gossip each one.
const maxPeople = 5000

// What a command or somebody's entry can be refused for.
var (
	ErrNotAllowed = errors.New("only the host or a moderator can do this")
	ErrHostOnly   = errors.New("only the host can do this")
	ErrClosed     = errors.New("this room is closed")
	ErrNotHere    = errors.New("this person is not in the room")
	ErrNotInvited = errors.New("nobody has invited you to the stage")
	ErrStageFull  = errors.New("the stage is full: move somebody down first")
	ErrBanned     = errors.New("this person may not be in this room")
	ErrNoTicket   = errors.New("this room can be entered with an invite only")
	ErrLeft       = errors.New("you have left this room")
)

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

	log   *oplog
	state state // of log

	own     Presence
	renewAt time.Duration
	left    bool

	people  map[identity.ID]*person // by presence, one's own included
	tickets map[ticketKey]invite.Grant

	effects []Effect
}

// person is somebody whose presence holds.
type person struct {
	Presence
	raw     []byte // the item
	expires time.Duration
	right   invite.Grant // what the ticket says, if there is one
	ticket  Hash         // its name
}

type ticketKey struct {
	holder identity.ID
	chain  Hash
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
	r := &Room{
		key: cfg.Key, id: id, genesis: g, start: cfg.Start,
		log:     newLog(id, g.Host),
		people:  make(map[identity.ID]*person),
		tickets: make(map[ticketKey]invite.Grant),
	}
	r.state = r.log.merge(g)
	r.own = Presence{Version: Version, Room: id, Seq: uint64(cfg.Start.UnixMilli()), Name: cfg.Name, Author: cfg.Key.ID()}
	if g.Policy.Kind != Open && cfg.Key.ID() != g.Host {
		if err := r.MayEnter(0, cfg.Key.ID(), cfg.Ticket); err != nil {
			return nil, err
		}
		r.own.Ticket = cfg.Ticket
	}
	return r, nil
}

// ID names the room.
func (r *Room) ID() identity.RoomID { return r.id }

// Genesis is what made the room.
func (r *Room) Genesis() Genesis { return r.genesis }

// Epoch is the epoch in force and the commitment to its secret.
func (r *Room) Epoch() (uint32, epoch.Commitment) { return r.state.epoch, r.state.commitment }

// CommitmentRoom is the room ID that an epoch's commitment is made for: the first is
// made before the room has a name.
func (r *Room) CommitmentRoom() identity.RoomID {
	if r.state.epoch == 0 {
		return identity.RoomID{}
	}
	return r.id
}

// Heads are the ops that no known op follows; another peer's [Room.Sync] takes them.
func (r *Room) Heads() []Hash { return slices.Clone(r.log.heads) }

// Sync returns the items that a peer with these heads lacks: ops, parents first, then
// all presences.
func (r *Room) Sync(have []Hash) [][]byte {
	items := r.log.since(have)
	for _, id := range r.present() {
		items = append(items, r.people[id].raw)
	}
	return items
}

// Step takes in one event, or none (nil) when only time has passed. now is the time
// since the driver started, and never goes backwards.
func (r *Room) Step(now time.Duration, ev Event) {
	if c, ok := ev.(Command); ok {
		if err := r.command(now, c); err != nil {
			r.effects = append(r.effects, Refused{c, err})
		}
	} else if got, ok := ev.(Received); ok {
		r.receive(now, got.Item)
	}
	r.expire(now)
	if r.here() && now >= r.renewAt {
		r.announce(now)
	}
}

// here tells whether the own person is still in the room.
func (r *Room) here() bool { return !r.left && !r.state.people[r.own.Author].banned }

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
	at := r.renewAt
	if !r.here() {
		at = 1<<63 - 1
	}
	for _, p := range r.people {
		if p.Author != r.own.Author {
			at = min(at, p.expires)
		}
	}
	return at, at != 1<<63-1
}

// MayEnter tells whether somebody may be in the room, by the log and, where the room
// asks for one, by a ticket. nil is yes; an error says why not.
func (r *Room) MayEnter(now time.Duration, who identity.ID, chain invite.Chain) error {
	_, err := r.right(now, who, chain)
	return err
}

// right is by what right somebody is in the room.
func (r *Room) right(now time.Duration, who identity.ID, chain invite.Chain) (invite.Grant, error) {
	if who == r.genesis.Host {
		return invite.Grant{}, nil
	}
	if r.state.people[who].banned {
		return invite.Grant{}, ErrBanned
	}
	if len(chain) == 0 {
		if r.genesis.Policy.Kind == Open {
			return invite.Grant{}, nil
		}
		return invite.Grant{}, ErrNoTicket
	}
	for _, envelope := range chain {
		if r.state.revoked[sha256.Sum256(envelope)] {
			return invite.Grant{}, fmt.Errorf("%w: the invite was taken back", ErrNoTicket)
		}
	}
	return r.verified(now, who, chain)
}

// verified checks a ticket, and remembers a good one until it ends.
func (r *Room) verified(now time.Duration, who identity.ID, chain invite.Chain) (invite.Grant, error) {
	whole := sha256.New()
	for _, envelope := range chain {
		part := sha256.Sum256(envelope)
		whole.Write(part[:])
	}
	key := ticketKey{who, Hash(whole.Sum(nil))}
	if g, known := r.tickets[key]; known && (g.NotAfter.IsZero() || !r.wall(now).After(g.NotAfter)) {
		return g, nil
	}
	g, err := chain.VerifyTicket(r.id, r.genesis.Host, who, r.wall(now))
	if err != nil {
		return invite.Grant{}, err
	}
	if len(r.tickets) >= 2*maxPeople {
		clear(r.tickets)
	}
	r.tickets[key] = g
	return g, nil
}

func (r *Room) wall(now time.Duration) time.Time { return r.start.Add(now) }

// receive takes in an item of somebody.
func (r *Room) receive(now time.Duration, i Item) {
	switch {
	case i.Op != nil:
		added, err := r.log.add(i)
		if err != nil {
			return // known, waiting or of no account: nothing has changed
		}
		for _, raw := range added {
			r.effects = append(r.effects, Store{raw})
		}
		r.logChanged()
	case i.Presence != nil:
		r.hear(now, i)
	}
}

// logChanged works the state out again.
func (r *Room) logChanged() {
	r.state = r.log.merge(r.genesis)
	for id := range r.people {
		if r.state.people[id].banned {
			delete(r.people, id)
		}
	}
	r.changed()
}

func (r *Room) changed() {
	if !slices.Contains(r.effects, Effect(Changed{})) {
		r.effects = append(r.effects, Changed{})
	}
}

// hear takes in what somebody says of themselves.
func (r *Room) hear(now time.Duration, i Item) {
	p := *i.Presence
	old := r.people[p.Author]
	if p.Author == r.own.Author || old != nil && p.Seq <= old.Seq {
		return // an echo, or overtaken
	}
	right, err := r.right(now, p.Author, p.Ticket)
	if err != nil || old == nil && len(r.people) >= maxPeople {
		return
	}
	if p.Gone {
		// Kept until it expires, so that an older presence does not bring them back.
		p.Hand, p.Accepted = 0, Hash{}
	}
	next := &person{Presence: p, raw: i.raw, expires: now + PresenceTTL, right: right, ticket: Hash(p.Ticket.ID())}
	r.people[p.Author] = next
	if old == nil || !sameToPeople(old.Presence, p) {
		r.changed()
	}
}

// sameToPeople tells whether two presences of one person look the same.
func sameToPeople(a, b Presence) bool {
	return a.Name == b.Name && a.Hand == b.Hand && a.Accepted == b.Accepted && a.Muted == b.Muted && a.Gone == b.Gone
}

// expire forgets whoever was not heard of for too long.
func (r *Room) expire(now time.Duration) {
	for id, p := range r.people {
		if id != r.own.Author && now >= p.expires {
			delete(r.people, id)
			if !p.Gone {
				r.changed()
			}
		}
	}
}

// announce broadcasts one's own presence.
func (r *Room) announce(now time.Duration) {
	r.own.Seq++
	r.renewAt = now + presenceRenew
	envelope, err := r.own.sign(r.key)
	if err != nil {
		panic(fmt.Sprintf("sign own presence: %v", err)) // plain fields and our own key
	}
	raw := item(itemPresence, envelope)
	right, _ := r.right(now, r.own.Author, r.own.Ticket) // a right that ended is for others to see
	old := r.people[r.own.Author]
	r.people[r.own.Author] = &person{Presence: r.own, raw: raw, right: right, ticket: Hash(r.own.Ticket.ID())}
	r.effects = append(r.effects, Broadcast{raw})
	if old == nil || !sameToPeople(old.Presence, r.own) {
		r.changed()
	}
}
