// Package soak makes up rooms and what goes wrong in them, and makes those that fail small.
//
//	s := soak.Draw(seed)                           // a scenario that nobody thought of
//	f, _ := soak.Run(s, stop)                      // nil, or how it failed
//	small, tries := soak.Shrink(*f, soak.Tries, …) // the least that fails in the same way
//
// A seed is a whole case: the room, its faults, and what is random in it. What a case comes
// to depends on nothing else. The package has no clock and starts nothing; how long to go
// on, and on how many cores, is the business of the command banyan-sim.
//
// # What is looked for
//
// Safety: the simulator's invariants, after every event. Liveness: a case gets calm at the
// end, and the room must then become one tree again in which all hear the stage (package
// [scenarios] has the rule). A panic is a failure like any other.
//
// # What is drawn
//
// Mostly small rooms, of two to thirty peers: they are cheap, so many more cases fit into
// an hour, and nearly all that ever broke needed no more than a dozen. A small share goes
// up to three hundred. Everything that a [sim.Config] can be told varies but the slack,
// which is as long as it can be: it is what listeners accept, and not a thing of the mesh.
package soak
