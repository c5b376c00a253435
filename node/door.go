package node

import (
	"crypto/sha256"
	"sync"
	"time"

	"github.com/banyan-rooms/banyan/crypto/identity"
	"github.com/banyan-rooms/banyan/crypto/invite"
	"github.com/banyan-rooms/banyan/rooms"
)

// door is what the validator of a room's topic knows, so that it can answer at once:
// which tickets hold, and, where a member sits inside, who is not let in and whose
// ops count. The loop tells it; it is safe for concurrent use.
type door struct {
	room identity.RoomID
	host identity.ID
	open bool // no ticket is needed

	mu      sync.Mutex
	tickets map[[32]byte]time.Time   // that were verified, and when they end
	denied  map[identity.ID]struct{} // who may not be here, though they have a ticket
	heeded  map[identity.ID]struct{} // who was ever granted anything, the host first
	kept    map[rooms.Hash]struct{}  // ops in the log
}

func newDoor(room identity.RoomID, g rooms.Genesis) *door {
	return &door{
		room: room, host: g.Host, open: g.Policy.Kind == rooms.Open,
		tickets: make(map[[32]byte]time.Time), denied: make(map[identity.ID]struct{}),
		heeded: map[identity.ID]struct{}{g.Host: {}}, kept: make(map[rooms.Hash]struct{}),
	}
}

// admits tells whether somebody may say that they are here.
func (d *door) admits(p *rooms.Presence, now time.Time) bool {
	d.mu.Lock()
	_, denied := d.denied[p.Author]
	d.mu.Unlock()
	return !denied && (d.open || p.Author == d.host || d.verified(p.Author, p.Ticket, now))
}

// verified checks a ticket, or knows that it was checked.
func (d *door) verified(holder identity.ID, chain invite.Chain, now time.Time) bool {
	sum := sha256.New()
	sum.Write(holder[:])
	for _, envelope := range chain {
		part := sha256.Sum256(envelope)
		sum.Write(part[:])
	}
	key := [32]byte(sum.Sum(nil))
	d.mu.Lock()
	end, known := d.tickets[key]
	d.mu.Unlock()
	if known {
		return end.IsZero() || !now.After(end)
	}
	g, err := chain.VerifyTicket(d.room, d.host, holder, now)
	if err != nil {
		return false
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if len(d.tickets) >= maxLimited {
		clear(d.tickets)
	}
	d.tickets[key] = g.NotAfter
	return true
}

// deny keeps somebody out until the log changes.
func (d *door) deny(who identity.ID) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if len(d.denied) < maxLimited {
		d.denied[who] = struct{}{}
	}
}

// heeds tells whether somebody's ops may count.
func (d *door) heeds(author identity.ID) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	_, yes := d.heeded[author]
	return yes
}

// keep takes note of an item that is in the log now.
func (d *door) keep(item rooms.Item) {
	op := item.Op
	if op == nil {
		return // what is no op changes nothing here
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.kept[op.Hash] = struct{}{}
	switch op.Kind {
	case rooms.OpGrant, rooms.OpHandOver, rooms.OpSuccessor:
		d.heeded[op.Subject] = struct{}{}
	default: // it makes nobody's ops count that did not
	}
	clear(d.denied)
}

// keeps tells whether an op is in the log.
func (d *door) keeps(op rooms.Hash) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	_, yes := d.kept[op]
	return yes
}
