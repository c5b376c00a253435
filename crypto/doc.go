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
// # Who can do what
//
//	relay              sees sizes, timing, levels and who is on stage; cannot hear
//	listener           hears; holds the speakers' symmetric keys, so until speaker
//	                   proofs exist it could forge a frame in a speaker's voice
//	former listener    hears what it recorded of epochs whose secret it had, and no
//	                   epoch after them
//	inviter            lets in as many as its quota says; a redeemer of a link as many
//	                   as the link says. Who goes beyond signs the proof of it
//	network observer   sees that two addresses talk; all links are encrypted twice
//	stranger           sees what public rooms announce, and nothing of others
package crypto
