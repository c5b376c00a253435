// Package epoch is what a room's members share: the secret of the epoch, what
// commits to it, and the keys that are derived from it.
//
// An epoch is the span during which one room secret is in force. Its number and a
// commitment to its secret stand in the room's signed log, so a member that is
// handed a secret can tell whether it is the right one, whoever handed it over.
// Every derivation is HKDF-SHA256 (RFC 5869) under a label of its own.
package epoch

import (
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base32"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/banyan-rooms/banyan/crypto/identity"
	"github.com/banyan-rooms/banyan/crypto/sframe"
)

// Suite seals the frames of every room.
const Suite = sframe.AES128GCM

// The labels keep what is derived for one use apart from all others.
const (
	labelCommit = "banyan epoch commitment 1"
	labelSender = "banyan sender key 1"
	labelKID    = "banyan key id 1"
	labelTopic  = "banyan room topic 1"
)

// Bits of a key ID: the epoch's low bits above, the speaker's tag below.
const (
	tagBits   = 40
	epochMask = 1<<(64-tagBits) - 1
)

var errNoText = errors.New("an epoch secret is never written as text")

// Secret is a room's secret for one epoch. Whoever holds it hears the room.
type Secret [32]byte

// String hides the secret from logs.
func (Secret) String() string { return "epoch.Secret(hidden)" }

// Format hides the secret from every verb of package fmt.
func (s Secret) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, s.String()) }

// MarshalText always fails: a secret has no text form, so that it cannot slip into
// JSON or a structured log.
func (Secret) MarshalText() ([]byte, error) { return nil, errNoText }

// Commitment binds an epoch to one secret without telling it.
type Commitment [32]byte

// New draws a secret.
func New(random io.Reader) (Secret, error) {
	var s Secret
	if _, err := io.ReadFull(random, s[:]); err != nil {
		return Secret{}, fmt.Errorf("draw epoch secret: %w", err)
	}
	return s, nil
}

// Commit returns the commitment to s as the secret of a room's n-th epoch. The
// first epoch of a room is committed to inside its genesis, before the room has a
// name: there, room is zero.
func (s Secret) Commit(room identity.RoomID, n uint32) Commitment {
	mac := hmac.New(sha256.New, s[:])
	mac.Write(info(labelCommit, room, n, identity.ID{}))
	return Commitment(mac.Sum(nil))
}

// Opens tells whether s is what c commits to, in constant time.
func (s Secret) Opens(c Commitment, room identity.RoomID, n uint32) bool {
	is := s.Commit(room, n)
	return subtle.ConstantTimeCompare(is[:], c[:]) == 1
}

// SenderKey derives the key that seals one speaker's frames in the n-th epoch.
func (s Secret) SenderKey(room identity.RoomID, n uint32, speaker identity.ID) (*sframe.Key, error) {
	base, err := hkdf.Key(sha256.New, s[:], nil, string(info(labelSender, room, n, speaker)), 32)
	if err != nil {
		return nil, fmt.Errorf("derive sender key: %w", err)
	}
	return sframe.NewKey(Suite, KID(room, n, speaker), base)
}

// KID is the key ID of one speaker's frames in the n-th epoch: the low 24 bits of n,
// then 40 bits of a hash. It needs no secret, so a relay can tell streams apart.
// Two speakers of one room share a tag once in 2^40 pairs; their frames then still
// open under their own keys only.
func KID(room identity.RoomID, n uint32, speaker identity.ID) uint64 {
	sum := sha256.Sum256(info(labelKID, room, n, speaker))
	tag := binary.BigEndian.Uint64(sum[:]) >> (64 - tagBits)
	return uint64(n&epochMask)<<tagBits | tag
}

// Of returns the low 24 bits of the epoch that a key ID belongs to.
func Of(kid uint64) uint32 { return uint32(kid >> tagBits) }

// Topic is the tag of the gossip topic of an open or invite-only room: it says
// nothing about the room to those who do not know its ID.
func Topic(room identity.RoomID) string {
	sum := sha256.Sum256(info(labelTopic, room, 0, identity.ID{}))
	return strings.ToLower(base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(sum[:20]))
}

// info is what a derivation is bound to; every part has a fixed length but the label,
// which is told apart by its own length.
func info(label string, room identity.RoomID, n uint32, who identity.ID) []byte {
	b := make([]byte, 0, 1+len(label)+len(room)+4+len(who))
	b = append(b, byte(len(label)))
	b = append(b, label...)
	b = append(b, room[:]...)
	b = binary.BigEndian.AppendUint32(b, n)
	return append(b, who[:]...)
}
