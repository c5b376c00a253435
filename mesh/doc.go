// Package mesh decides who sends to whom in one room. START HERE.
//
// # The tree on a page
//
//	       root                a relay that everyone ranks first; it holds a lease
//	      /  |  \
//	 relay relay listener      each peer has one parent, which feeds it,
//	 /  |    |                 and one backup, which would (a warm link, no media)
//	…   …    …
//
// All of a room's sound travels on one shared tree, in both directions: a frame goes to
// all neighbours in the tree but the one that it came from ([Machine.Route]). A speaker
// may stand anywhere; it looks for a place right below the root, so that its sound
// enters at the top. That is simpler than feeding the tree at its root alone, costs the
// same number of copies, and lets the root change by turning links around, with no
// sound lost. (Two trees, fed at their roots, are the next step.)
//
// A [Machine] is pure: [Machine.Step] one event, [Machine.Drain] all effects in order,
// ask for the [Machine.Deadline], wait. Media goes through Route, which may be called
// between steps, and after which the deadline is to be asked for again. Time is the
// duration since the driver's start.
//
// # What the driver promises
//
//   - Control messages to one peer arrive in order, or [Failed] is reported.
//   - A [Dial] ends in [LinkUp] or [Failed]; the other side gets LinkUp too. Where both
//     dial, each gets one LinkUp.
//   - [HangUp] closes a link and is not answered; the other side gets [LinkDown].
//   - [Candidates] are offered at the start, every few seconds while not attached, and
//     now and then else. [RTT] events are welcome and optional.
//
// # Invariants
//
// Checked by the simulator after every event, in [Check]:
//
//  1. No peer feeds more than its MaxChildren.
//  2. A peer's path never holds a peer twice: there is no loop that anyone knows of.
//  3. No frame is fresh twice at one peer.
//  4. What a peer remembers is bounded: adverts, candidates, streams, ring, replays.
//  5. A root and only a root has a path of one and is attached without a parent.
//
// and once the faults of a run have stopped for a while:
//
//  6. There is one root, everyone is attached to it, and parents agree with children.
//
// # Rules
//
//   - Ranking (election.go): community relays lead, then who can feed more, then who
//     came earlier, then a rendezvous hash. All rank the same signed adverts alike;
//     who knows of eight that are better ranked keeps its own to itself.
//   - Root: whoever leads and finds no root claims one epoch more than it knows of. A
//     community relay below a desktop's root takes over: the way between them is
//     reversed. Of two live roots the better ranked stays, the other hangs its whole
//     tree below. Who sees any tree founds no other.
//   - The plan (plan.go): a root names the heir that takes over when it dies, and tells
//     each other child whom to turn to then: the heir, or a sibling that turns to it.
//   - Joining (join.go): up to four are probed at once and the best is asked; one that
//     is full names others. A relay may have the place of a leaf, which moves down:
//     else a tree whose first places went to leaves could not grow. A parent is left a
//     moment after the next one feeds.
//   - Words that are lost: who gets beacons from somebody that it is not below says so,
//     and a child that has not reported for 30 s is none. A place that cannot be its
//     sender's, and gossip that is older than five minutes, is not heard.
//   - Detection (repair.go): a parent that sends media is heard each 20 ms; when media
//     pauses, beacons stand in each 40 ms, then each 200 ms once it says that it is
//     idle. After 80 ms of silence and some jitter, 500 ms on an idle link, the parent
//     is asked over the control connection; no answer in one and a half round trips
//     means death. So a burst of loss is not taken for one.
//   - Repair: the backup takes over in one round trip and replays, paced, what was
//     missed of the last second; the orphan replays upwards what the other lacks. Only
//     the head of an orphaned subtree moves: it goes on sending beacons, so those below
//     wait, and look for themselves only when it stays an orphan too long.
//   - Loops (feasible.go): who feeds others takes only a parent that cannot be below it,
//     however old what it knows is: one with newer word of the root, or with the same and
//     nearer to the root than this peer ever was with it. The root counts its words, one a
//     second or when somebody needs one, and each passes them on at once. An orphan that
//     finds nobody so lets go whom it feeds. Besides, a path that holds me is refused; a
//     backup that stands below me or below my own parent is no backup; frames have a hop
//     limit and a duplicate window.
//   - Starving (starve.go): a parent that answers and passes nothing on is left, and not
//     asked again for two minutes, when it says that media flows and none comes, or when
//     less than half of what the root says that it had has come, word after word. A new
//     parent is on trial while the old one still feeds: if far less comes from it, the
//     old one is kept.
//   - Leaving (leave.go): children are asked to move and fed until they have; a root
//     hands its place to its heir first.
package mesh
