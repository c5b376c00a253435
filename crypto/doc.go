// Package crypto holds no code; it is the map of Banyan's trust.
//
// # Reading order
//
//   - [github.com/banyan-rooms/banyan/crypto/canon]: how anything that is signed
//     or sent becomes bytes, and how bytes from strangers are read within bounds.
//   - [github.com/banyan-rooms/banyan/crypto/identity]: who someone is; signatures
//     that are good for one purpose only, in envelopes that have one form only.
//   - [github.com/banyan-rooms/banyan/crypto/invite]: how a person lets another
//     person into a room, as a chain of signatures that ends at the host.
//   - [github.com/banyan-rooms/banyan/crypto/epoch]: the secret that a room's
//     members share, and what is derived from it.
//   - [github.com/banyan-rooms/banyan/crypto/sframe]: one frame of audio, sealed.
//   - [github.com/banyan-rooms/banyan/crypto/proof]: whose voice it is, though all who
//     hear it have its key.
//
// The golden vectors in their testdata folders let another implementation check
// itself.
//
// # Keys
//
//	identity key    Ed25519, one for each person, in the data directory
//	                signs envelopes: genesis, ops, presence, invites, tickets
//	bearer secret   16 random bytes, inside a link that is not for one person only
//	                whoever shows it to a redeemer gets a ticket, while uses last
//	room secret     32 random bytes, one for each epoch of a room
//	                known to members only; a relay never asks for it
//	sender key      derived from the room secret for one speaker
//	                seals that speaker's frames (AES-128-GCM)
//
// # Threat model
//
// What each can do, what is done about it, and what is not.
//
// A relay that forwards for a room:
//
//   - sees who feeds whom, sizes, timing, loudness (1 byte a frame, which relays need to
//     drop silence first), who is on the stage and all that is said on the room's topic;
//   - cannot hear: it never has a room secret ([epoch]), and none is handed to it;
//   - can drop, delay, copy and reorder frames. Copies and old frames are not played
//     ([sframe.Window], [proof.Verifier]); its children notice silence and go elsewhere.
//     If it drops just the frames that carry proofs, the voice is called unproven and
//     held back to what is signed;
//   - can invent frames that open for nobody, and so use up the numbers of a few frames
//     that a speaker has yet to say: those are then lost on the way. Nothing prevents
//     that; it costs as many packets as it silences.
//
// A listener, who has the room's secret:
//
//   - hears, and may record;
//   - can seal frames in any speaker's voice. Within a second all others play only what
//     the speaker signed, and say whose voice it was ([proof]). Who did it stays unknown,
//     and up to a second of it has been heard;
//   - can hand the secret to anybody. Nobody can know; removing them and the epoch that
//     follows ends it.
//
// Somebody who was removed:
//
//   - keeps what they recorded and the secrets of the epochs that they were in: what was
//     said then stays open to them. Within seconds of the removal there is a new epoch,
//     whose secret is drawn anew and handed to no one whom the log keeps out, so nothing
//     that is said later opens (forward secrecy from epoch to epoch, not within one);
//   - may go on forwarding what it cannot open, where a relay that keeps no log still
//     feeds it.
//
// Somebody who invites:
//
//   - lets in as many as the invite's quota says, with no more rights than their own
//     ([invite.Chain.Verify]). Who gives the same place to two signs the proof of it, and
//     both are out ([invite.Fraud]); banning somebody can take all along whom they brought.
//
// A moderator:
//
//   - can remove, mute, lock and close; cannot make moderators, nor touch the host or
//     other moderators. What it did while it was a moderator stays unless somebody undoes
//     it; what it signs after, or back-dates, does not count (rules 5 and 6 of package
//     rooms).
//
// A host who handed the room over:
//
//   - is bound by it as far as they are honest. Signatures cannot tell which of two
//     hand-overs came first if both claim the same past, so a former host can sign a second
//     one for somebody else, and everybody follows whichever has the smaller hash. Whoever
//     does it shows everybody two signatures that should not both exist;
//   - can go on inviting people if they made the room, since every invite begins at its
//     maker. A room that must not depend on its maker is to be made anew.
//
// The host's device in the wrong hands is the room in the wrong hands: the identity key
// is in the data directory, readable by its owner alone. There is no taking a key back;
// the room is to be made anew. A passphrase (banyan id lock) keeps the identity from
// whoever finds a copy of the directory, at the price of scrypt with 256 MiB a guess; the
// rooms' secrets are beside it and not locked, so what was recorded of a room's traffic
// opens to who has that copy. It is of no use against somebody who watches the device
// while the node runs.
//
// Somebody who watches the network sees that addresses talk to each other and how much.
// All connections are encrypted (QUIC or Noise) beside what is inside, but who is in a
// room with whom can be guessed from it; there is no hiding in numbers. The names of
// public rooms and their topics can be read by whoever asks.
//
// A crowd of invented identities (Sybil):
//
//   - is as good as strangers in rooms that ask for an invite: a quota is not gained by
//     being many;
//   - can fill an open room, up to the bounds that each peer keeps for itself (rule 13 of
//     package rooms), and offer itself as relays: class, places and age in an advert are
//     its own word. It can so get most of a tree below it and then drop sound; children
//     move away from silence, one by one. Community relays that people name themselves
//     (--bootstrap) are met first.
//
// Someone with the stolen device of a listener is that listener until they are removed.
package crypto
