// Package rooms decides what a room is: who is in it, who may speak, whose hand is
// up, and what each person may do about it.
//
// # Nouns
//
//   - A room is a stage and its audience, named by the hash of its signed [Genesis].
//   - The host made the room, or was given it. A moderator acts for the host. A speaker
//     is invited to the stage. Everyone else who is in the room is a listener.
//   - A term is the time of one host. The owner is whose the room is: the host or, while
//     a successor stands in, the host from whom that one took over.
//   - An [Op] is an act that must outlive the moment: a role given or taken, a ban, a
//     new title, a new epoch, a new host, closing. Ops are signed and name the ops that they
//     follow by hash; all that a peer knows of them is its log.
//   - A [Presence] is what somebody says of themselves right now: that they are here,
//     their name, their raised hand, their consent to be on stage, their muted
//     microphone. It is signed, the newest counts, and it expires.
//   - A [Fraud] is the proof that somebody gave the same invite to two people.
//   - An [Item] is one of the three, as it travels.
//
// A [Room] is a pure machine: [Room.Step] one event, [Room.Drain] the effects, ask for
// the [Room.Deadline], wait. It has one owner.
//
// # Rules
//
// Of authority:
//
//  1. Two peers with the same ops and presences show the same room, in whatever order
//     they came.
//  2. The host may do everything. Only the host gives and takes the role of a moderator,
//     hands the room over and names a successor; and nobody takes anything from the host
//     or from the owner.
//  3. A moderator invites up, moves down, mutes, bans and unbans speakers and listeners,
//     lowers hands, takes invites back, locks the stage, switches hands off, names the
//     room, starts an epoch and closes the room.
//  4. Anyone but the host may give up their own role. Who the host named as successor may
//     take the room over; the owner may take it back, always.
//
// Of the log. The past of an op is all that its parents are and follow; two ops are
// concurrent if neither is in the other's past:
//
//  5. An op counts only if the host's ops in its past gave its author the authority, and
//     its author had not given it up there.
//     A moderator's op does not count if, concurrently, the host left its author less
//     than a moderator, or made its subject one. So it is of no use to back-date an op:
//     it is then concurrent with the removal.
//     Who was the host when an op was made follows from its past alone: the first term is
//     the maker's, and an op by which a host hands the room over, or somebody takes it
//     over, ends a term and begins the next. Several such ops may end one term. Then the
//     owner's counts, before the host's, before the successor's; then the smaller hash.
//     No term counts that follows from another. A successor's does not if the host named
//     somebody else or nobody, or banned them, after naming them or beside that, even if
//     the successor had not heard.
//     Who hands the room over is a moderator, and so is from whom it is taken over. What
//     hosts do beside their own handing over does not count. What they do beside being
//     taken over from does: they did not know.
//  6. Of the ops that count and are about one thing (somebody's role, somebody's ban,
//     somebody's microphone, a setting, the title), those that another follows are
//     over. Of the rest the senior author's wins (owner, host, moderator, oneself), then taking
//     before giving (muting before unmuting, on before off), then the smaller hash. A
//     ban is a thing of its own beside the role: an invitation to the stage does
//     not undo it, even the host's. It also ends the role.
//  7. A grant of the role of speaker is an invitation to the stage; the microphone opens
//     when the invited says so in a presence that names that op, or the ticket that
//     makes them a speaker. If two invited them at once, either will do. Host and
//     moderators are on the stage without asking. The stage holds [Policy].Stage people:
//     the host, then the moderators, then the speakers, each in the order in which the
//     log called them. Who finds no place, or is moved down, has to accept anew.
//     While the stage is locked, of the speakers only those are on it whose invitation
//     is in the past of the lock; a ticket's is in nobody's.
//     Who is muted by an op stays on the stage and is not heard: until an op unmutes
//     them or, unless the op locks the microphone, until they name it in a presence as
//     the one that they lifted.
//  8. Hands queue by when they went up, as their owners say; but not earlier than their
//     owner last said that the hand was down, and at most a presence's life before
//     somebody new was seen. Ties are for the smaller identity. A moderator lowers
//     somebody's hand by an op, for it must stay down for those who come later while its
//     owner, who may not have heard, still says that it is up. The op names the hand by
//     when it was raised; a new one is another hand. While hands are off, none is up.
//  9. An epoch's number is one more than the highest in its op's past. Of concurrent
//     epochs the highest number is in force, then rule 6. One is overdue while a ban or
//     a revoked invite stands that is not in the past of the epoch in force: whoever was
//     removed has its secret.
//  10. A closed room stays closed. Nobody speaks in it.
//
// Of strangers, who can sign what they like:
//
//  11. The log keeps an op only if its author was the host, or took the room over, or had
//     been made a moderator by a host in its past, or gives up a role that an op in its
//     past gave. It keeps 1,000 ops of each moderator and 64 of anyone else, who are also
//     on the account of the moderator who invited them; beyond that, an op is kept only on
//     the account of a moderator, or the host, who follows it. Of the 20,000 ops in all,
//     half are the host's of the day. A room changes hands 1,023 times at most. Which ops
//     of a flood are kept differs from peer to peer, so it may see them differently, but
//     no one else's.
//  12. Ops whose parents are not known wait, at most 256 in all and 32 of one author;
//     those of strangers give way first. What is dropped comes again by sync.
//  13. A presence holds for 30 seconds after it was received, whatever clock it tells.
//     Its own time only serves to be careful: whoever is heard of for the first time,
//     or again after a silence, and is off by more than a minute, is shown only when a
//     newer presence has come. So an old one that is passed around brings nobody back.
//     At most 5,000 people are remembered whom the log does not know.
//  14. Two invites that follow one and take the same place of what their issuer had to
//     give are a fraud, which anybody can show to everybody. Both let nobody in any more,
//     nor does what follows them; moderators take them back besides, so that rule 9
//     applies. Sixteen frauds of one issuer are kept, and 256 in all.
//     Invites begin at who made the room, whoever its host may be. In a room that asks for
//     them, the op that makes or names a host brings a deed: an invite for them that does
//     not end, with a quota, which follows from their predecessor's. It is taken back if
//     they are banned, or another is named, before they were host. Whoever was host can
//     invite until it is taken back; who made the room can always.
//  15. Names and titles are shown as they were signed. With control characters or
//     direction marks in them, or nothing to see, they are refused.
//
// # On the wire
//
// The genesis is an envelope ([identity.Open]) of purpose "banyan/genesis/1", at most
// 4 KiB; its SHA-256 is the room's ID. Its peers find each other (topic, DHT) under that
// ID or, in a secret room, under the SHA-256 of "banyan secret meeting 1", a zero byte and
// the envelope, which is handed only to those whose invite holds. An item is one byte that tells its kind, then
// an envelope:
//
//	1  op        purpose "banyan/op/1", at most 4 KiB; 12 KiB of kinds 14 and 15
//	2  presence  purpose "banyan/presence/1", at most 12 KiB (it may carry a ticket)
//	3  fraud     no envelope: the bytes of an [invite.Fraud], which prove themselves
//
// An op is named by the SHA-256 of its envelope. Payloads are canonical CBOR maps
// ([canon]) of these fields, of which those that are zero may be left out where the
// struct says so:
//
//	genesis   1 version (1)
//	          2 created        Unix seconds
//	          3 policy         1 kind (1 open, 2 invite-only, 3 secret)
//	                           2 title (1..120 bytes)   3 language (0..32 bytes, BCP 47)
//	                           4 topics (0..8 of 0..32 bytes)   5 capacity, people
//	                           6 stage, people (0..16; 0 means 16)   7 recording allowed
//	          4 commitment     32 bytes, to the secret of epoch 0 of the zero room ID
//	          5 nonce          16 bytes
//	op        1 version (1)
//	          2 room           32 bytes
//	          3 parents        1..16 hashes of 32 bytes, in rising order; the room's ID
//	                           is the hash of the genesis
//	          4 time           Unix milliseconds, for people only
//	          5 kind           1..255, see [OpKind]
//	          6 subject        32 bytes, of grant, revoke, ban, unban, lower-hand, mute,
//	                           unmute, hand-over and take-over; of successor, or left out
//	          7 role           of grant: 2 speaker, 3 moderator
//	          8 text           of title: 1..120 bytes
//	          9 epoch          of epoch: from 1
//	          10 commitment    of epoch: 32 bytes, to its secret
//	          11 invite        of revoke-invite: 32 bytes ([invite.Chain.ID])
//	          12 hand          of lower-hand: Unix milliseconds
//	          13 setting       of setting: 1 the stage is locked, 2 hands are off
//	          14 on            of setting; of mute: the microphone is locked
//	          15 deed          [invite.Chain], of hand-over and successor
//	presence  1 version (1)
//	          2 room           32 bytes
//	          3 number         Unix milliseconds or one more than the last, at most 2^62
//	          4 name           0..64 bytes
//	          5 hand           Unix milliseconds, at most the number; 0 is down
//	          6 accepted       32 bytes: a grant's hash, or the ticket's ID
//	          7 muted   8 gone
//	          9 ticket         [invite.Chain]
//	          10 lifted        32 bytes: a mute's hash
//
// Fields that are not known are ignored. testdata/golden.json has one of each, for
// other implementations.
package rooms
