// Package node is the shell around the pure machines: clock, goroutines, network
// and sound. A [Node] is one peer: a person's, who is in some rooms, or a relay,
// which forwards for some.
//
// # The road of a frame
//
// Read forward.go, then listen.go; speak.go is where it begins:
//
//	Say ─► speak: seal ─► forward ─► the tree's neighbours
//	link ─► receive ─► forward: new? send on ─► hear: open, count, hand out ─► Hear
//
// A relay's road ends at forward: nobody sits in its session who could open anything.
//
// # The road of news
//
// What is decided goes from the room's machine to the scribe, which keeps it, then
// says it on the room's topic (gossip.go). What others say is verified by validate,
// once, and judged at the door (door.go) before the network passes it on; the loop
// takes it in. What gossip lost, or a split kept apart, comes by sync (sync.go).
//
// # The way in
//
// join.go: search for anyone who tells of the room (search.go), redeem the invite if
// it is a bearer's, get the epoch's secret from any member (keys.go), take the seat.
// Each step is durable before the next; admit.go is the other side of all of them.
//
// # Map of the process
//
// [Node.Run] starts all goroutines of a node, itself or through those that it starts,
// and waits for them. Each has one owner of its state:
//
//	Run        starts sessions when it is asked to, and ends them
//	  lobby      announces rooms, drops cards that expired         lobby.go
//	  memory     writes down who was met                           memory.go
//	  meet       dials the bootstrap peers while nobody is there   memory.go
//	  session    one for each room                                 session.go
//	    loop       owns the room's and the mesh's machine, the links, the keys   loop.go
//	    scribe     keeps and says what the loop decided, in order  gossip.go
//	    scout      finds candidates for the tree                   scout.go
//	    dial       one for each link that is being dialled         effects.go
//	    watch      one for each open link: tells when it ends      effects.go
//	    member     keepUp (sync.go), fetchSecrets (keys.go), findRelays (relays.go),
//	               openMouth (speak.go), while it lasts
//	  search, race  while somebody joins, in the caller's goroutine and some beside it
//
// The network calls validate, control, allowLink, linkOpened and the answers to
// requests from goroutines of its own; they hand over to a session's loop and never
// touch its state.
//
// Everything that a loop owns is changed by the loop alone. What others may read of
// it is published whole: the place in the tree and what people see are atomic
// pointers to values that never change.
//
// Queues are bounded (config.go), and each sender says what happens when one is full.
package node
