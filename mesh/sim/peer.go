package sim

import (
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/banyan-rooms/banyan/crypto/identity"
	"github.com/banyan-rooms/banyan/mesh"
	"github.com/banyan-rooms/banyan/mesh/wire"
)

// peer is one machine and all that surrounds it.
type peer struct {
	// What each frame looks at comes first, side by side: most of a room is in no cache.
	machine Protocol      // nil before the peer arrives and after it is gone
	arrived time.Duration // its machine's clock starts here
	links   links
	number  int32
	voice   int32 // of a speaker, or none
	listens bool
	drops   bool   // passes no sound on
	side    bool   // of a split
	made    uint64 // events that are its doing
	network rand.PCG
	uplink  int64                 // bit/s; 0 is no limit
	busy    time.Duration         // until when its uplink is, with what it has sent
	wake    time.Duration         // when the next wake is queued
	exposed time.Duration         // since when it lacks a parent or a backup because that one died; 0 if it does not
	parents [wire.MaxTrees]uint64 // the tags of their IDs, as the last check saw them
	ear     ear

	place     place
	rewired   [wire.MaxTrees]time.Duration // when the parents changed
	id        identity.ID
	key       identity.Key
	leaving   bool
	community bool
	willing   bool // to forward, and dialable
	stays     bool // never leaves by itself
	at        int  // where it is in the world's list of those present
	contacts  contacts
	dials     uint16        // so far: what links are numbered by
	traffic   int64         // bytes of control, beacons and gossip, both ways
	reunited  time.Duration // when it has found the others again after a split

	life, gossip, finding rand.PCG
}

// here tells whether the peer is in the room.
func (p *peer) here() bool { return p.machine != nil }

// clock is the machine's time: since it came.
func (p *peer) clock(now time.Duration) time.Duration { return now - p.arrived }

// enrol makes a peer who may arrive later. The first are the community relays,
// then come the speakers.
func (w *World) enrol() (*peer, error) {
	n := len(w.peers)
	key, err := identity.Generate(reader{stream(w.cfg.Seed, n, forIdentity)})
	if err != nil {
		return nil, fmt.Errorf("make peer %d: %w", n, err)
	}
	p := &peer{
		number: int32(n), id: key.ID(), key: key,
		voice: none, wake: never,
		network: *stream(w.cfg.Seed, n, forNetwork),
		life:    *stream(w.cfg.Seed, n, forLife),
		gossip:  *stream(w.cfg.Seed, n, forGossip),
		finding: *stream(w.cfg.Seed, n, forFinding),
	}
	places := stream(w.cfg.Seed, n, forPlace)
	speaker := n - w.cfg.Community
	p.community = n < w.cfg.Community
	if !p.community && speaker < w.cfg.Speakers {
		p.voice = int32(speaker)
	}
	p.willing = p.community || chance(places, threshold(w.cfg.Relays))
	p.stays = p.community || p.voice != none
	p.listens = !p.community
	p.place = w.cfg.Geography.settle(places, p.community)
	if !p.community {
		p.uplink = drawUplink(stream(w.cfg.Seed, n, forUplink), w.cfg.Uplinks)
		p.willing = p.willing && (p.uplink == 0 || carries(p.uplink) >= leastChildren)
	}
	w.peers = append(w.peers, p)
	if p.place.mile < w.miles[1] {
		w.miles = [2]time.Duration{min(w.miles[0], p.place.mile), max(w.miles[0], p.place.mile)}
	}
	for t := range w.parents {
		w.parents[t] = append(w.parents[t], none)
	}
	w.numbers[p.id] = p.number
	return p, nil
}

// config is what the peer's machine is told.
func (w *World) machineConfig(p *peer) mesh.Config {
	c := mesh.Config{
		Key: p.key, Room: w.room, Start: epoch.Add(p.arrived),
		Rand:      rand.New(stream(w.cfg.Seed, int(p.number), forMachine)),
		Community: p.community, Dialable: p.willing, MaxTrees: w.cfg.Trees,
	}
	switch {
	case p.community:
		c.MaxChildren = w.cfg.CommunityChildren
	case p.willing:
		c.MaxChildren = w.cfg.MaxChildren
		if p.uplink > 0 {
			c.MaxChildren = min(c.MaxChildren, carries(p.uplink))
		}
	}
	return c
}

// epoch is the wall clock when a world begins.
var epoch = time.Unix(1_750_000_000, 0)

// reader lets a random stream be read, for making keys.
type reader struct{ source *rand.PCG }

func (r reader) Read(b []byte) (int, error) {
	for i := range b {
		b[i] = byte(r.source.Uint64() >> 56)
	}
	return len(b), nil
}
