// Package scenarios has what the simulator plays: rooms, what goes wrong in them, and what
// is expected of the mesh then. Each target of the mesh (T1 to T18) has a file.
//
// A scenario is YAML; [Load] refuses what it does not know:
//
//	about: A relay dies without a word; how long do those below it hear nothing?
//	seed: 1                    # the first one
//	seeds: 20                  # runs, with the seeds 1, 2, …
//	calm: 20s                  # what this means is below; without it nothing ever is
//	duration: 30s              # of simulated time, each
//	protocol: banyan           # or star, reactive, plumtree: what it is compared with
//	world:                     # what is left out is the simulator's default
//	  peers: 1000
//	  community: 1             # relays that stay; 0 is a room of peers alone
//	  relays: 30%              # of the others are willing and dialable
//	  children: 24             # that one of those feeds
//	  community-children: 64
//	  trees: 2                 # at most
//	  speakers: 2
//	  speech: turns            # or conversation
//	  slack: 200ms
//	  uplinks: [{share: 30%, kbps: 2000}, {share: 70%, kbps: 20000}]   # none: no limits
//	  geography: continent     # or globe
//	  loss: 2%
//	  loss-burst: 3            # datagrams in a row
//	  arrivals: 5s
//	  churn: 3%                # of the peers leave in a minute, and are replaced
//	  graceful: 0%             # of those say goodbye
//	faults:
//	  - {at: 15s, what: kill-relay}   # the one with most peers below it
//	  - {at: 15s, what: kill-root}
//	  - {at: 15s, what: kill-relays, share: 30%}
//	  - {at: 15s, what: split, share: 50%, for: 60s}
//	  - {at: 15s, what: drop, share: 30%}        # keep their places, pass no sound on
//	  - {at: 15s, what: crowd, peers: 9000, for: 10s}
//	targets:
//	  - {name: T2, measure: gap_ms.p95, at-most: 200}
//
// From the time called calm on nothing is lost, nobody leaves, and nobody withholds sound.
// By the end of the duration the room must then have been one tree for five seconds in
// which everybody heard the stage; as soon as it has, the run is over. A room that is too
// tight for a tree, where the faults left too few who feed others, is excused.
//
// A measure is a number of [sim.Report], by its path in the report's JSON. A run's quantile
// is one value; over the seeds there is a mean, with a 95 % interval by the bootstrap
// (B. Efron, "Bootstrap methods", 1979). A target holds if all of the interval does.
package scenarios
