package rooms

import (
	"slices"
	"time"

	"github.com/banyan-rooms/banyan/crypto/identity"
	"github.com/banyan-rooms/banyan/crypto/invite"
)

// Bounds on what those who cheat can make a room remember.
const (
	maxFrauds    = 256           // proofs
	maxFraudsBy  = 16            // of them against one
	maxSightings = 2 * maxPeople // invites that are compared
)

// Fraud is a proof that somebody gave the same invite to two. It is nobody's word, and
// holds by itself.
type Fraud struct {
	invite.Cheat
	Host identity.ID // whose room it is about
}

// openFraud verifies a proof, whoever the host may be.
func openFraud(room identity.RoomID, data []byte) (Fraud, error) {
	f, err := invite.ParseFraud(data)
	if err != nil {
		return Fraud{}, err
	}
	invites, err := f.Chain.Invites()
	if err != nil {
		return Fraud{}, err
	}
	host := invites[0].Issuer
	cheat, err := f.Verify(room, host)
	return Fraud{cheat, host}, err
}

// frauds are who was proven to cheat, and what it takes to find out.
type frauds struct {
	proofs [][]byte
	cheats []invite.Cheat
	fallen map[Hash]bool        // invites
	guests map[identity.ID]bool // for whom they were; they may have another one
	seen   map[Hash][]sighting  // by the invite that they follow
	count  int                  // of all in seen
	by     map[identity.ID]int  // proofs
}

// sighting is an invite that somebody came with, and the chain up to it.
type sighting struct {
	invite.Signed
	chain invite.Chain
}

func newFrauds() frauds {
	return frauds{fallen: make(map[Hash]bool), guests: make(map[identity.ID]bool), seen: make(map[Hash][]sighting), by: make(map[identity.ID]int)}
}

// sight compares somebody's ticket, which holds, with all others.
func (r *Room) sight(now time.Duration, chain invite.Chain) {
	invites, err := chain.Invites()
	if err != nil {
		return
	}
	for n := 1; n < len(invites); n++ {
		this := sighting{invites[n], chain[: n+1 : n+1]}
		others := r.frauds.seen[this.Parent]
		if slices.ContainsFunc(others, func(o sighting) bool { return o.ID == this.ID }) {
			continue
		}
		for _, other := range others {
			if !this.Clashes(other.Signed) {
				continue
			}
			if f, found := invite.FindFraud(this.chain, other.chain); found {
				r.denounce(now, f)
			}
		}
		if r.frauds.count < maxSightings {
			r.frauds.seen[this.Parent] = append(others, this)
			r.frauds.count++
		}
	}
}

// denounce tells everyone of a proof.
func (r *Room) denounce(now time.Duration, f invite.Fraud) {
	raw, err := f.Marshal()
	if err != nil {
		return // of what was read it can be written
	}
	i, err := Check(r.id, item(itemFraud, raw))
	if err == nil && r.convict(now, i) {
		r.effects = append(r.effects, Broadcast{i.raw})
	}
}

// convict takes in a proof, and tells whether it was news. Moderators take both invites
// back besides, so that a new epoch begins.
func (r *Room) convict(now time.Duration, i Item) bool {
	f, known := i.Fraud, &r.frauds
	if f.Host != r.genesis.Host || known.fallen[f.Invites[0]] && known.fallen[f.Invites[1]] ||
		len(known.proofs) >= maxFrauds || known.by[f.Who] >= maxFraudsBy {
		return false
	}
	known.proofs, known.cheats = append(known.proofs, i.raw), append(known.cheats, f.Cheat)
	known.by[f.Who]++
	r.effects = append(r.effects, Store{i.raw, i})
	for n, id := range f.Invites {
		known.fallen[id], known.guests[f.For[n]] = true, true
	}
	r.changed()
	if r.here() == nil && r.role(r.own.Author) >= invite.Moderator && !r.state.closed() {
		for _, id := range f.Invites {
			_ = r.decide(now, Op{Kind: OpRevokeInvite, Invite: id}) // a full log keeps nobody in: the proof counts by itself
		}
	}
	return true
}
