// Package mesh decides who sends to whom in one room. START HERE.
//
// # The trees on a page
//
//	   root A        root B        two elected relays
//	  /  |  \       /  |  \
//	relays (A)    relays (B)       who feeds others does in one tree only
//	  \  \  \     /  /  /
//	     everybody                 one parent in each tree, and one backup in each:
//	                               a warm link, no media
//
// A room that has places enough runs on two trees, a smaller one on one. Frames take turns
// between them and each carries the one before as cover, so whoever has lost a parent in
// one tree still hears everything by the other ([Machine.Way], stripe.go).
//
// A tree is used in both directions: a frame goes to all neighbours in the tree but the
// one that it came from ([Machine.Route]). A speaker may stand anywhere; it looks for a
// place right below each root, so that its sound enters at the top. That is simpler than
// feeding the trees at their roots alone, costs the same number of copies, and lets a root
// change by turning links around, with no sound lost.
//
// A [Machine] has what the trees share: links, adverts, the memory of frames. A tree
// (tree.go) is a peer's part in one of them, with all the rules below.
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
//  1. No peer feeds more than its MaxChildren, in both trees together.
//  2. A peer's path never holds a peer twice: there is no loop that anyone knows of.
//  3. No frame is fresh twice at one peer.
//  4. What a peer remembers is bounded: adverts, candidates, streams, ring, replays.
//  5. A root and only a root has a path of one and is attached without a parent. Nobody is
//     the root of both trees.
//
// and once the faults of a run have stopped for a while:
//
//  6. Each tree has one root, everyone is attached to it, parents agree with children, and
//     all know how many trees there are.
//
// # Rules
//
//   - How many trees (supply.go): the first tree's root decides, by the places that reports
//     add up; it says so in its words, which go down the tree. Into the second come first who
//     founds it, then who feeds others in it, then the rest. As long as there is one, and
//     places enough, those keep from feeding others who will in the second (saved, in
//     stripe.go): its begin moves nobody.
//   - Who feeds whom in which (stripe.go): a peer feeds others in one tree, by its ID and the
//     room's; a root in its own. Who was interior in the other one asks its children there to
//     move, and feeds them until they have (yield.go).
//   - Turns and cover (stripe.go): frames with even counters travel on the first tree, odd
//     ones on the second; all on the first until the second reaches nine in ten, and on both
//     while a parent is in doubt or the second tree has shrunk.
//   - Lost frames (lane.go): each hop numbers what it sends to each neighbour; who sees a gap
//     asks once, on that hop alone. So a tree loses about what a hop loses twice in a row.
//   - Several voices (stripe.go): a root sends the three loudest on.
//   - Ranking (election.go): community relays lead, then who can feed more, then who
//     came earlier, then a rendezvous hash. All rank the same signed adverts alike;
//     who knows of eight that are better ranked keeps its own to itself.
//   - Root: whoever leads and finds no root claims one epoch more than it knows of; those
//     who are ranked lower wait a little longer each, should the better ones be gone. The
//     root of one tree is not eligible in the other. A community relay below a desktop's
//     root takes over: the way between them is reversed. Of two live roots the one of the
//     later epoch stays, and the other hangs its whole tree below; if that one is better
//     ranked, it first claims the tree anew. Nobody founds a tree before all that it knows
//     of were asked.
//   - The plan (plan.go): a root names the heir that takes over when it dies, and tells
//     each other child whom to turn to then: the heir, or a sibling that turns to it.
//   - Joining (seek.go, join.go): up to four are probed at once and the best is asked; one that
//     is full names others. A relay may have the place of a leaf, which moves down:
//     else a tree whose first places went to leaves could not grow. A parent is left a
//     moment after the next one feeds. Whom to ask is in whom.go.
//   - Distance (distance.go): each place says how many milliseconds it is from the root, as
//     round trips add up. A leaf takes the offer by which sound comes soonest; who feeds
//     others goes by depth first. That is simpler than coordinates, and as good where
//     somebody near is among those who are asked.
//   - Better places (improve.go): the root says how far down the first free place is, so
//     only those look who may find one, and those whose parent is far away, for a while.
//   - Words that are lost: who gets beacons from somebody that it is not below says so,
//     and a child that has not reported for 45 s is none. A place that cannot be its
//     sender's, and gossip that is older than five minutes, is not heard.
//   - Detection (repair.go): a parent that sends media is heard each 20 ms; when media
//     pauses, beacons stand in each 40 ms, then each 200 ms once it says that it is
//     idle. After 80 ms of silence and some jitter, 500 ms on an idle link, the parent
//     is asked over the control connection; no answer in one and a half round trips
//     means death. So a burst of loss is not taken for one. With two trees each brings half
//     of the frames, and all of this is half as long again.
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
//   - Starving (starve.go, and owes in stripe.go): with two trees, one that brings less than
//     half of what the other shows was there has a parent that passes nothing on. It is
//     left, and for two minutes asked again only if there is nobody else. So is one that
//     says that media flows while none comes, and with one tree one from whom less than
//     half comes of what the root says that it had, word after word. A new parent is on
//     trial while the old one still feeds: if far less comes from it, the old one is kept.
//   - Leaving (leave.go): children are asked to move and fed until they have; a root
//     hands its place to its heir first.
package mesh
