// Package store is what a node remembers between two runs: its identity, the rooms
// it was in, what it has promised.
//
// A data directory, mode 0700, holds two files. identity.key, mode 0600, is the
// private key as one line of base64 (libp2p's format within) or, locked with a passphrase,
// a line that says whose it is and an armored file of age (age-encryption.org/v1) that
// holds the same: its key is derived by scrypt with 256 MiB of memory. Only the identity
// is locked; the database is as safe as the disk that it is on. While a node runs there
// is node.json, mode 0600, which tells the same person's other programs how to ask it.
// banyan.db is a bbolt database that one process at a time can open:
//
//	meta      "version" → 1
//	self      "name" → text
//	rooms     room ID → "order" → number of the room, as it came
//	                    "genesis" → envelope
//	                    "ticket" → CBOR array of envelopes
//	                    "items" → number → op
//	                    "hashes" → SHA-256 of an op → nothing
//	                    "secrets" → epoch → 32 bytes
//	                    "issued" → number → hash of an invite
//	                               hash of an invite → bytes
//	counters  name → first number that is free
//	uses      invite's hash → holder → number of the use
//	peers     peer ID → CBOR {1: order, 2: addresses}
//	settings  name → bytes
//
// Numbers are big-endian, epochs of 4 bytes and others of 8.
//
// Each method that writes is one transaction, and on the disk when it returns: kill
// -9 at any instant loses nothing that was acknowledged. Counters and uses outlive
// the rooms they belong to, because a number given twice would break a key.
//
// There are no goroutines here.
package store
