// Package rooms decides what a room is: who is in it, who may speak, whose hand is
// up, and what each person may do about it.
//
// # Nouns
//
//   - A room is a stage and its audience, named by the hash of its signed [Genesis].
//   - The host made the room. A moderator acts for the host. A speaker may be on the
//     stage. Everyone else who is in the room is a listener.
//   - An [Op] is an act that must outlive the moment: a role given or taken, a ban, a
//     new title, a new epoch, closing. Ops are signed and linked by hash; all that a
//     peer knows of them is its log.
//   - A [Presence] is what somebody says of themselves right now: that they are here,
//     their name, their raised hand, their consent to be on stage, their muted
//     microphone. It is signed, the newest counts, and it expires.
//
// A [Room] is a pure machine: [Room.Step] one event, [Room.Drain] the effects, ask for
// the [Room.Deadline], wait. It has one owner.
//
// # Rules
//
//  1. Two peers with the same ops and presences show the same room, in whatever order
//     they came.
//  2. The host may do everything, always. Only the host gives and takes the role of a
//     moderator, and nobody takes anything from the host.
//  3. A moderator invites up, moves down, bans and unbans speakers and listeners, names
//     the room, starts an epoch and closes the room.
//  4. Anyone may give up their own role.
//  5. An op counts only if its author had the authority in the state that the op's
//     parents give, and was not concurrently stripped of it by someone senior. (Back-dating
//     an op is of no use: it is then concurrent with the removal.)
//  6. Of several ops about one person's role, those that a later one followed do not
//     count any more; of the rest the senior author's wins, then taking before giving,
//     then the smaller hash.
//  7. An invitation to the stage is an op; the microphone opens when the invited says
//     so in a presence that names that op. Host and moderators are on stage by making
//     or keeping the room.
//  8. Hands are queued by when they were raised, as their owners say, but not earlier
//     than a moderator could have seen them; ties by identity.
//  9. A closed room stays closed. Nobody speaks in it.
//
// # On the wire
//
// An item is one byte that tells its kind, then an envelope ([identity.Open]):
//
//	1  op        purpose "banyan/op/1", at most 4 KiB
//	2  presence  purpose "banyan/presence/1", at most 12 KiB (it may carry a ticket)
//
// The genesis is an envelope of purpose "banyan/genesis/1". All payloads are canonical
// CBOR of the structs of this package.
package rooms
