// Package events is what the programs print with --json: one object a line, so
// that a script can follow a run as it happens. Which fields are set depends on
// the kind of event.
package events

import (
	"encoding/json"
	"io"
	"time"

	"github.com/banyan-rooms/banyan/node"
	"github.com/banyan-rooms/banyan/node/measure"
)

// The kinds of event.
const (
	Ready   = "ready"   // the node runs: ID, Addrs
	Page    = "page"    // its page is served: Page
	Made    = "made"    // a room or a link to it was made: Room, Title, Link
	Room    = "room"    // a room was entered: Room, Title
	Stage   = "stage"   // this node is on the stage and may speak
	Sound   = "sound"   // the first sound was heard: AfterMS since the join began
	Gap     = "gap"     // a piece of a voice was missing and comes too late now: ID, Since, GapMS
	Network = "network" // the place in the room's tree changed, or it is time for statistics: Network
	Spoke   = "spoke"   // all that was to be said was said: Sent
	Alone   = "alone"   // nobody else of a room that was entered before can be reached
	Closed  = "closed"  // the room was closed by a moderator
	Removed = "removed" // this node was removed from the room
	Forged  = "forged"  // somebody spoke in a speaker's voice: ID, Name
	Report  = "report"  // the last line of a run: Sent, AfterMS, Depth, Heard
)

// Event is one line.
type Event struct {
	Event   string          `json:"event"`
	Time    time.Time       `json:"time"` // when it was printed
	ID      string          `json:"id,omitempty"`
	Name    string          `json:"name,omitempty"`
	Addrs   []string        `json:"addrs,omitempty"`
	Page    string          `json:"page,omitempty"`
	Room    string          `json:"room,omitempty"`
	Title   string          `json:"title,omitempty"`
	Link    string          `json:"link,omitempty"`
	AfterMS int64           `json:"after_ms,omitempty"`
	Sent    int             `json:"sent,omitempty"`  // frames of one's own
	Depth   int             `json:"depth,omitempty"` // hops below the root
	Since   time.Time       `json:"since,omitzero"`  // by the speaker's clock
	GapMS   int64           `json:"gap_ms,omitempty"`
	Heard   *measure.Report `json:"heard,omitempty"`

	Network *node.NetworkStatus `json:"network,omitempty"`
}

// Write prints one event as a line, with the time.
func Write(w io.Writer, e Event) error {
	e.Time = time.Now()
	return json.NewEncoder(w).Encode(e)
}
