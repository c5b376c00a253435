// Package sframe seals and opens single frames of audio (SFrame, RFC 9605).
//
// A sealed frame is
//
//	header      1 to 17 bytes  key ID and counter, see [Header]
//	ciphertext  as long as the plaintext
//	tag         16 bytes
//
// The header and the caller's metadata are authenticated, not encrypted. The nonce
// is the counter under the key's salt: a counter that is used twice under one key
// gives both plaintexts away, so whoever seals must count durably.
package sframe

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/binary"
	"errors"
	"fmt"
	"hash"
)

// Suite is a cipher suite by its registered number (RFC 9605 section 8.1).
type Suite uint16

// The suites that Banyan knows. Rooms use AES128GCM.
const (
	AES128GCM Suite = 4 // AES_128_GCM_SHA256_128
	AES256GCM Suite = 5 // AES_256_GCM_SHA512_128
)

// Overhead is by how many bytes a sealed frame is longer than its plaintext at most.
const Overhead = maxHeader + tagSize

const (
	tagSize   = 16
	nonceSize = 12
)

var (
	// ErrMalformed says that bytes are not a sealed frame.
	ErrMalformed = errors.New("not an SFrame")
	// ErrOpen says that a frame does not open: another key sealed it, or it was changed.
	ErrOpen = errors.New("frame does not open with this key")
)

// Key seals or opens the frames of one key ID. It is not safe for concurrent use.
type Key struct {
	kid   uint64
	aead  cipher.AEAD
	salt  [nonceSize]byte
	nonce [nonceSize]byte // scratch, so that a frame costs no allocation
	aad   []byte          // likewise
}

// NewKey derives the key and salt of kid from base (RFC 9605 section 4.4.2).
func NewKey(s Suite, kid uint64, base []byte) (*Key, error) {
	var digest func() hash.Hash
	var size int
	switch s {
	case AES128GCM:
		digest, size = sha256.New, 16
	case AES256GCM:
		digest, size = sha512.New, 32
	default:
		return nil, fmt.Errorf("sframe suite %d: want %d or %d", s, AES128GCM, AES256GCM)
	}
	secret, err1 := hkdf.Extract(digest, base, nil)
	key, err2 := hkdf.Expand(digest, secret, label("SFrame 1.0 Secret key ", kid, s), size)
	salt, err3 := hkdf.Expand(digest, secret, label("SFrame 1.0 Secret salt ", kid, s), nonceSize)
	if err := errors.Join(err1, err2, err3); err != nil {
		return nil, fmt.Errorf("derive frame key: %w", err)
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, fmt.Errorf("derive frame key: %w", err)
	}
	aead, err := cipher.NewGCM(block)
	if err != nil {
		return nil, fmt.Errorf("derive frame key: %w", err)
	}
	return &Key{kid: kid, aead: aead, salt: [nonceSize]byte(salt)}, nil
}

func label(what string, kid uint64, s Suite) string {
	b := binary.BigEndian.AppendUint64([]byte(what), kid)
	return string(binary.BigEndian.AppendUint16(b, uint16(s)))
}

// KID returns the key ID.
func (k *Key) KID() uint64 { return k.kid }

// AppendSeal appends the sealed frame to dst. ctr must never have been used with
// this key before; dst must not overlap metadata or plaintext.
func (k *Key) AppendSeal(dst []byte, ctr uint64, metadata, plaintext []byte) []byte {
	at := len(dst)
	dst = Header{KID: k.kid, CTR: ctr}.AppendTo(dst)
	k.prepare(ctr, dst[at:], metadata)
	return k.aead.Seal(dst, k.nonce[:], plaintext, k.aad)
}

// AppendOpen opens a frame and appends its plaintext to dst, which must not overlap
// it. A frame of another key ID, or one that was changed, is [ErrOpen].
func (k *Key) AppendOpen(dst, metadata, frame []byte) ([]byte, Header, error) {
	h, n, err := ParseHeader(frame)
	if err != nil {
		return nil, Header{}, err
	}
	if h.KID != k.kid {
		return nil, h, fmt.Errorf("%w: key ID %#x, want %#x", ErrOpen, h.KID, k.kid)
	}
	k.prepare(h.CTR, frame[:n], metadata)
	out, err := k.aead.Open(dst, k.nonce[:], frame[n:], k.aad)
	if err != nil {
		return nil, h, ErrOpen
	}
	return out, h, nil
}

// prepare fills in the nonce and the authenticated data of one frame.
func (k *Key) prepare(ctr uint64, header, metadata []byte) {
	k.nonce = k.salt
	for i := range 8 {
		k.nonce[nonceSize-1-i] ^= byte(ctr >> (8 * i))
	}
	k.aad = append(append(k.aad[:0], header...), metadata...)
}
