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
// between steps, and after which the deadline may be nearer ([Machine.Hastened]). Time is
// the duration since the driver's start.
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
// [Machine.Check] looks at one machine; the simulator calls it after every event.
//
//  1. No peer feeds more than its MaxChildren, in both trees together.
//  2. A peer's path never holds a peer twice: there is no loop that anyone knows of.
//     (That there is none at all, the simulator checks.)
//  3. No frame is fresh twice at one peer. (The simulator's listeners check it.)
//  4. What a peer remembers is bounded: adverts, candidates, streams, ring, replays, gaps,
//     and whom it shuns.
//  5. A root and only a root has a path of one and is attached without a parent. Nobody is
//     the root of both trees.
//
// [CheckTrees] looks at all, once the faults of a run have stopped for a while:
//
//  6. Each tree has one root, everyone is attached to it, parents agree with children, and
//     all know how many trees there are.
//
// # Rules
//
// Each is in the file, and mostly the function, that it names. Times are those of [Timing]
// (config.go).
//
// What there is:
//
//   - How many trees (supply.go, chooseTrees): the first tree's root decides, by the places
//     that reports add up; it says so in its words, which go down the tree. Into the second
//     come first who founds it, then who feeds others in it, then the rest (turnToJoin). A
//     room of two or three needs no second one: they are each other's neighbours.
//   - Who feeds whom in which (role.go): a peer feeds others in one tree, by its ID and the
//     room's; a root in its own. While one tree has places enough, those keep from feeding
//     others who will in the second (saved): its begin moves nobody. Who was interior in the
//     other one asks its children there to move, and feeds them until they have (yield.go,
//     retire).
//   - Turns and cover (stripe.go, Way): frames with even counters travel on the first tree,
//     odd ones on the second; all on the first until the second reaches nine in ten, and on
//     both while a parent is in doubt or the second tree has shrunk.
//   - Several voices (loudest.go): a root sends the three loudest on.
//   - Reports (report.go): each tells its parent now and then how many are below it, what they
//     could feed, and a sample of who feeds whom; the root's sums go down again.
//
// Who is the root:
//
//   - Ranking (election.go, rank): community relays lead, then who can feed more, then who
//     came earlier, then a rendezvous hash. All rank the same signed adverts alike; who
//     knows of eight that are better ranked keeps its own to itself (gossip.go, herald).
//   - Claiming (election.go, elect): whoever leads and finds no root claims one epoch more
//     than it knows of; those who are ranked lower wait a little longer each, should the
//     better ones be gone (turn). Nobody founds a tree before all that it knows of were asked
//     (seek.go, asksOn). The root of one tree is not eligible in the other.
//   - Two roots (election.go, leased): the one of the later epoch stays, and the other hangs its
//     whole tree below; if that one is better ranked, it first claims the tree anew. So a
//     split heals, and nobody joins again.
//   - A better root (election.go, takeOver): a community relay below a desktop's root takes
//     over: the way between them is reversed, and no sound is lost.
//   - The plan (plan.go): a root names the heir that takes over when it dies, and tells
//     each other child whom to turn to then: the heir, or a sibling that turns to it.
//   - Out of reach (machine.go, setReachable): a root that nobody can dial hands the tree on,
//     or makes way for whoever claims it next.
//
// Where a peer stands:
//
//   - Joining (seek.go, join.go): up to four are probed at once and the best is asked; one that
//     is full names others. Whom to ask is in whom.go. Who is turned away waits before the
//     next round, twice as long each time, and by chance as long again (rest). A parent is
//     left a moment after the next one feeds (keepFormer).
//   - Places (yield.go): relays take the shallow ones. A relay may have the place of a leaf,
//     which moves down: else a tree whose first places went to leaves could not grow.
//   - Places kept (child.go, reserve and spare): an eighth, at least one, is for those who
//     lose their parent. As many may have this peer for a backup as could come at the same
//     time; whoever is more is let go (yield.go, keepPromises).
//   - Distance (distance.go): each place says how many milliseconds it is from the root, as
//     round trips add up. A leaf takes the offer by which sound comes soonest; who feeds
//     others goes by depth first.
//   - Better places (improve.go): the root says how far down the first free place is, so
//     only those look who may find one, and those whose parent is far away, for a while. A
//     leaf moves for a fifth and 15 ms; who feeds others for any hop.
//   - Words that are lost (repair.go, notBelow; child.go, watchChildren): who gets beacons from
//     somebody that it is not below says so, and a child that has not reported for three
//     times as long as it should have is none. A place that cannot be its sender's
//     (machine.go, mayClaim), and gossip that is older than five minutes, is not heard.
//
// What happens when something breaks:
//
//   - Lost frames (lane.go): each hop numbers what it sends to each neighbour; who sees a gap
//     asks on that hop alone, once for each time that a frame was sent. So a tree loses about
//     what a hop loses twice in a row. What is older than 400 ms is not sent again.
//   - Detection (repair.go, watchParent): a parent that sends media is heard each 20 ms; when
//     media pauses, beacons stand in each 40 ms, then each 200 ms once it says that it is
//     idle. After 80 ms of silence and some jitter, 500 ms on an idle link, the parent
//     is asked over the control connection; no answer in one and a half round trips
//     means death. So a burst of loss is not taken for one, nor is a driver that overslept.
//     With two trees each brings half of the frames, and the other hides a pause: a neighbour
//     may then be silent for half as long again, and beacons for their own sake are rarer
//     (pace.go).
//   - Repair (repair.go, orphan and switchOver): the backup takes over in one round trip and
//     replays, paced, what was missed of the last second (replay.go); the orphan replays
//     upwards what the other lacks. Only the head of an orphaned subtree moves: it goes on
//     sending beacons, so those below wait, and look for themselves only when it stays an
//     orphan too long.
//   - Loops (feasible.go): who feeds others takes only a parent that cannot be below it,
//     however old what it knows is: one with newer word of the root, or with the same and
//     nearer to the root than this peer ever was with it. The root counts its words, and each
//     passes them on at once; who needs a newer one asks for it. An orphan that finds nobody
//     so lets go whom it feeds (shed). Besides, a path that holds me is refused; a backup that
//     stands below me or below my own parent is no backup (repair.go, shelters); frames have a
//     hop limit and a duplicate window (route.go, accept).
//   - Starving (owe.go, starve.go): with two trees, one that brings less than half of what the other
//     shows was there has a parent that passes nothing on. It is left, and for two minutes
//     asked again only if there is nobody else. So is one that says that media flows while
//     none comes, and with one tree one from whom less than half comes of what the root says
//     that it had, word after word. A new parent is on trial while the old one still feeds:
//     if far less comes from it, the old one is kept.
//   - Unheard (voice.go): who talks below such a parent lacks nothing, while all others lack
//     that voice. So it asks the root how much has come there, and leaves a parent above
//     which less than half of what it said has, while it talked without a pause.
//   - Ousting (oust.go): if it is the root that passes nothing on, its heir turns the way
//     between the two around and is the root, and failing that another child that may be. An
//     old root that did no wrong goes on feeding all whom it fed.
//   - Leaving (leave.go): children are asked to move and fed until they have; a root
//     hands its place to its heir first.
//
// # What others do otherwise, and we too once meant to
//
// Simpler rules that reach the same:
//
//   - Roles do not turn with the epoch: everybody would have to move when a root dies.
//   - Speakers feed the trees where they stand, and raising a hand prepares nothing: who goes
//     on the stage is heard at once, and then looks for a place below the roots.
//   - Frames carry no epoch, and relays look at none: a frame that comes by an old root's tree
//     is as good as one by the new root's, and the window knows the second copy.
//   - Leases last 16 s and are renewed each 5 s: that a root is dead its children know much
//     sooner, by its silence. A root that cannot renew goes on: it may be one side of a
//     split, which plays on.
//   - Roots do not change for the better but for a community's relay, and interior peers are
//     chosen once: so there is nothing to swing, and no hysteresis.
//   - Only roots plan for their children; others find their own backup, which knows better
//     whether it has room.
//   - What is lost is asked for on the hop where it was lost, not of the backup.
//   - Delay is added up along the tree: no coordinates.
//   - All who offer to forward are candidates for a place, up to 64; redirects are followed up
//     to six times, since a tree of small peers is deep, for which frames may travel 24 hops.
//   - [Machine.Route] decides about each frame itself, by the one goroutine that owns the
//     machine: a table for it to read would have to be as fresh.
//
// Not there yet: receipts and confirmed reachability in adverts, a host's word for
// community relays, roots whose words are signed, caps for address prefixes and for new
// identities, tokens against a flash crowd, a host who is among the loudest always.
package mesh
