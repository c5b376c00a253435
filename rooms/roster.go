package rooms

import (
	"cmp"
	"iter"
	"maps"
	"slices"
	"time"

	"github.com/banyan-rooms/banyan/crypto/identity"
	"github.com/banyan-rooms/banyan/crypto/invite"
)

// maxPeople is how many presences a room remembers of people whom the log does not
// know. Rooms with more listeners count them up the tree and do not gossip each one.
const maxPeople = 5000

// maxSkew is how far a presence may be from one's own clock and be believed at once
// (rule 12). Clocks that are set by the network differ by less than a second; they
// stand still while a computer sleeps, so that being off is no crime.
const maxSkew = time.Minute

// forgetAfter is how long an ended presence is remembered, so that a copy of it does
// not bring anyone back: until no clock that is believed lets it pass any more.
const forgetAfter = 2 * maxSkew

// person is somebody of whom a presence came.
type person struct {
	Presence
	raw    []byte       // the item
	right  invite.Grant // what the ticket says, if there is one
	path   []Hash       // the ticket's invites
	raised int64        // when the hand went up (rule 8); 0 when it is down

	expires  time.Duration
	away     bool // it has
	doubtful bool // told a time that is not ours, and was heard once
}

// hear takes in what somebody says of themselves.
func (r *Room) hear(now time.Duration, i Item) {
	p := *i.Presence
	if p.Author == r.own.Author {
		r.own.Seq = max(r.own.Seq, p.Seq) // from before a restart, by a clock that was ahead
		return
	}
	old := r.people[p.Author]
	if old != nil && p.Seq <= old.Seq {
		return // overtaken
	}
	right, err := r.right(now, p.Author, p.Ticket)
	if err != nil || old == nil && !r.makeRoom(p.Author) {
		return
	}
	next := &person{
		Presence: p, raw: i.raw, right: right, path: path(p.Ticket), raised: r.raised(now, old, p),
		expires: now + PresenceTTL, doubtful: (old == nil || old.away) && !p.within(maxSkew, r.wall(now)),
	}
	if p.Gone {
		// Kept until it expires, so that an older presence does not bring them back.
		next.Hand, next.raised, next.Accepted = 0, 0, Hash{}
	}
	r.people[p.Author] = next
	r.expireAt = min(r.expireAt, next.expires)
	if old == nil || !slices.Equal(old.path, next.path) {
		r.sight(now, p.Ticket)
	}
	if !sameToPeople(old, next) {
		r.changed()
	}
}

// makeRoom tells whether one more person can be remembered, and forgets somebody who
// is not seen if need be. Who has a part in the room is always remembered.
func (r *Room) makeRoom(who identity.ID) bool {
	if _, known := r.state.standing(who); known || r.protected(who) || len(r.people) < maxPeople {
		return true
	}
	var worst *person
	for _, p := range r.people {
		if p.Author == r.own.Author || !(p.away || p.Gone || p.doubtful) {
			continue
		}
		if worst == nil || cmp.Or(cmp.Compare(p.expires, worst.expires), p.Author.Compare(worst.Author)) < 0 {
			worst = p
		}
	}
	if worst == nil {
		return false
	}
	delete(r.people, worst.Author)
	return true
}

// unseen tells whether somebody's presence says nothing to people.
func (p *person) unseen() bool { return p == nil || p.away || p.Gone || p.doubtful }

// sameToPeople tells whether two presences of one person look the same.
func sameToPeople(a, b *person) bool {
	if a.unseen() || b.unseen() {
		return a.unseen() == b.unseen()
	}
	return a.Name == b.Name && a.raised == b.raised && a.Accepted == b.Accepted && a.Muted == b.Muted && a.Lifted == b.Lifted
}

// expire passes over whoever was not heard of for too long, and forgets them later.
func (r *Room) expire(now time.Duration) {
	if now < r.expireAt {
		return
	}
	r.expireAt = never
	for id, p := range r.people {
		if id == r.own.Author {
			continue
		}
		if now >= p.expires && !p.away {
			if !p.unseen() {
				r.changed()
			}
			p.away = true
		}
		switch {
		case !p.away:
			r.expireAt = min(r.expireAt, p.expires)
		case now < p.expires+forgetAfter:
			r.expireAt = min(r.expireAt, p.expires+forgetAfter)
		default:
			delete(r.people, id)
		}
	}
}

// heardOf are those whose presence holds, by ID, also when it says that they left.
func (r *Room) heardOf() []*person {
	all := slices.SortedFunc(maps.Values(r.people), func(a, b *person) int { return a.Author.Compare(b.Author) })
	return slices.DeleteFunc(all, func(p *person) bool { return p.away || p.doubtful || r.barred(p.Author, p.path) != nil })
}

// present are those who are seen in the room, in no order.
func (r *Room) present() iter.Seq[*person] {
	return func(yield func(*person) bool) {
		for _, p := range r.people {
			if !p.unseen() && r.barred(p.Author, p.path) == nil && !yield(p) {
				return
			}
		}
	}
}

// find is somebody who is seen in the room, or nil.
func (r *Room) find(who identity.ID) *person {
	p := r.people[who]
	if p.unseen() || r.barred(who, p.path) != nil {
		return nil
	}
	return p
}

// nextSeq numbers the next presence of one's own.
func (r *Room) nextSeq(now time.Duration) uint64 {
	return max(r.own.Seq+1, uint64(r.wall(now).UnixMilli()), uint64(r.own.Hand))
}

// announce broadcasts one's own presence.
func (r *Room) announce(now time.Duration) {
	r.own.Seq = r.nextSeq(now)
	r.renewAt = now + presenceRenew
	envelope, err := r.own.sign(r.key)
	if err != nil {
		panic("sign own presence: " + err.Error()) // plain fields and a key that New has looked at
	}
	right, _ := r.right(now, r.own.Author, r.own.Ticket) // a right that ended is for others to see
	next := &person{
		Presence: r.own, raw: item(itemPresence, envelope), right: right, path: r.path,
		raised: r.own.Hand, expires: never,
	}
	old := r.people[r.own.Author]
	r.people[r.own.Author] = next
	r.effects = append(r.effects, Broadcast{next.raw})
	if !sameToPeople(old, next) {
		r.changed()
	}
}

// overtaken brings the own presence in line with what others have decided: a hand that
// was lowered, or may not be up, is down, and a place on the stage that was lost has to be accepted anew.
func (r *Room) overtaken() bool {
	if !r.hasChanged() {
		return false
	}
	adopted, before := r.adopt(), r.own
	if r.isOn(HandsOff) || r.state.isLowered(hand{r.own.Author, r.own.Hand}) {
		r.own.Hand = 0
	}
	st, called := r.state.standing(r.own.Author)
	switch {
	case r.own.Accepted == Hash{} || r.onStage(r.own.Author):
	case called && st.role == invite.Speaker && r.own.Accepted == Hash(r.own.Ticket.ID()):
		r.own.Accepted = st.by // called where they are already
	default:
		r.own.Accepted = Hash{}
	}
	return adopted || r.own.Hand != before.Hand || r.own.Accepted != before.Accepted
}
