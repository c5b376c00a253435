package node

import (
	"cmp"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/banyan-rooms/banyan/crypto/identity"
	"github.com/banyan-rooms/banyan/mesh"
	"github.com/banyan-rooms/banyan/mesh/wire"
	"github.com/banyan-rooms/banyan/node/transport"
	"github.com/banyan-rooms/banyan/rooms"
)

// Bounds on queues and tables. What is beyond them is refused or dropped as each
// line says; nothing waits without a limit.
const (
	maxRooms       = 16        // that a person is in at once
	maxRelayed     = 256       // rooms that a relay serves unless it is told otherwise
	personChildren = 24        // fed by a desktop unless it is told otherwise: 1 Mbit/s up
	relayChildren  = 128       // fed by a relay: some tenths of one core
	inboxFrames    = 1024      // datagrams that wait for a room's loop: 20 ms of 50 neighbours; then the newest is dropped
	inboxTasks     = 256       // control messages, gossip, commands that wait for it; each sender says what it does when full
	inboxScribe    = 256       // effects that wait for disk and network; then the loop waits
	inboxHeard     = 64        // frames that wait for a subscriber, over a second of one voice; then the oldest is dropped
	maxSubscribers = 16        // of one room's sound
	maxStreams     = 32        // voices at once that a room's tree carries: twice the stage, for those who change places
	maxForgotten   = 256       // voices whose replay window is kept after they left the stage
	maxLobby       = 512       // rooms in the lobby; then the one that ends first gives way
	maxLimited     = 4096      // peers of whom is known how often they asked; then the whole table is begun anew
	maxSyncAnswer  = 900 << 10 // bytes of items in an answer: the network's bound is 1 MiB
	maxSyncHeads   = 64        // of a log in a request
	maxSyncRounds  = 64        // answers that one sync takes in
	maxAddrs       = 16        // in a message, and of one peer
	maxFound       = 16        // providers asked of the DHT at a time
	maxSuggested   = 32        // candidates given to a mesh at a time
	maxMet         = 8         // remembered peers dialled at the start
	maxAsking      = 24        // peers that one joiner asks
	maxMissed      = 256       // people remembered who may be on the other side of a split
	maxServing     = 2         // relays asked into a room
)

// Timing.
const (
	startTimeout   = 20 * time.Second // of joining, beside what the caller's context allows
	askTimeout     = 5 * time.Second  // of one peer, before the next one's answer is all that counts
	dialTimeout    = 15 * time.Second // of a link: what package rtc allows itself
	leaveTimeout   = 2 * time.Second  // of a graceful end
	farewell       = 300 * time.Millisecond
	candidatesGap  = 2 * time.Second  // between two lists of candidates while the mesh has no parent
	candidatesLull = 30 * time.Second // between two while it has one
	findGap        = 10 * time.Second // likewise, of providers from the DHT
	findLull       = time.Minute
	missEvery      = 5 * time.Second  // between two looks for those who vanished
	missFor        = 10 * time.Minute // and for so long
	syncGap        = 2 * time.Second  // between two syncs, whatever seems to be missing
	retryKey       = 2 * time.Second  // between two rounds of asking for a secret
	meetAgain      = 30 * time.Second // between two looks at the bootstrap peers
	syncEvery      = 30 * time.Second // a sync with some member, for what gossip lost
	askRelays      = 15 * time.Second // between two looks whether the room still has a relay
	cardEvery      = 45 * time.Second // a lobby card is renewed
	cardTTL        = 2 * time.Minute  // and counts: one renewal may be lost
	cardFresh      = 5 * time.Second  // between two cards of a room, however many newcomers the lobby has
	refusedFor     = 5 * time.Minute  // a peer that would not relay is left alone
	rememberEvery  = time.Second      // new peers are written down
	rememberAgain  = time.Minute      // and all that are still connected, as the ones met last
	emptyFor       = time.Minute      // a relay leaves a room after so long alone
	tick           = time.Second      // counters and delays are shown anew
	rttEvery       = 5 * time.Second  // the mesh is told a neighbour's round trip
)

// MaxTrees is how many forwarding trees a room can have.
const MaxTrees = wire.MaxTrees

// Config is all that a node can be told. Key, Network, Links and Store have no
// default.
type Config struct {
	Key     identity.Key
	Network transport.Network
	Links   transport.Links
	Store   Store

	// Name is what others see. Empty means the one that the store has.
	Name string
	// MaxChildren is how many peers are fed at most in each room; 0 means 24, and
	// 128 for a relay. A person's node feeds 64 at most.
	MaxChildren int
	// MaxTrees is how many forwarding trees a room has at most while this node decides
	// about it, as its root; 0 means [MaxTrees].
	MaxTrees int
	// Community makes the node a relay: it forwards the sound of rooms that ask
	// for it, and cannot enter any.
	Community bool
	// Serve says which rooms a relay takes.
	Serve ServePolicy
	// Bootstrap are multiaddrs of peers to meet at the start. They are asked to
	// relay, too.
	Bootstrap []string
	// Log gets what a person wants to know at level info, and the rest at debug;
	// nil means no log.
	Log *slog.Logger
}

// ServePolicy is which rooms a relay takes. The zero policy takes any, up to 256.
type ServePolicy struct {
	MaxRooms int // 0 means 256
	// Allow is asked about each new room; its error is the refusal's words. nil
	// allows all.
	Allow func(from identity.ID, g rooms.Genesis) error
}

// check finds what a node cannot be run with, and fills in defaults.
func (c *Config) check() error {
	switch {
	case c.Key.ID().IsZero():
		return errors.New("a node needs a key")
	case c.Network == nil || c.Links == nil || c.Store == nil:
		return errors.New("a node needs a network, links and a store")
	case c.Network.Self() != c.Key.ID():
		return fmt.Errorf("the network is that of %s, the key that of %s", c.Network.Self().Short(), c.Key.ID().Short())
	case c.MaxChildren < 0:
		return fmt.Errorf("max children %d: want 0 or more", c.MaxChildren)
	case c.MaxTrees < 0 || c.MaxTrees > MaxTrees:
		return fmt.Errorf("max trees %d: want 1 to %d, or 0 for as many as there can be", c.MaxTrees, MaxTrees)
	case len(c.Name) > rooms.MaxName:
		return fmt.Errorf("name of %d bytes, at most %d", len(c.Name), rooms.MaxName)
	}
	if c.Community {
		c.MaxChildren = cmp.Or(c.MaxChildren, relayChildren)
	} else {
		c.MaxChildren = min(cmp.Or(c.MaxChildren, personChildren), mesh.HardMaxChildren)
	}
	c.Serve.MaxRooms = cmp.Or(c.Serve.MaxRooms, maxRelayed)
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	return nil
}
