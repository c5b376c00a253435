package web

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/binary"
	"slices"
	"sync"
	"time"
)

const (
	// sessionLife is how long a browser may come back without a new link.
	sessionLife = 30 * 24 * time.Hour
	// maxLinks bounds the links that were made and not yet opened; the oldest
	// goes first.
	maxLinks = 16
)

// keys knows who the local user is. A session is a random number, an expiry and a
// MAC under the token, so that sessions take no memory, and outlive a restart where
// the token does.
type keys struct {
	token string

	mu    sync.Mutex
	links []string // made, not yet opened
}

func newKeys(token string) *keys {
	if token == "" {
		token = rand.Text()
	}
	return &keys{token: token}
}

// link makes the secret of a link that can be opened once.
func (k *keys) link() string {
	s := rand.Text()
	k.mu.Lock()
	defer k.mu.Unlock()
	if len(k.links) == maxLinks {
		k.links = slices.Delete(k.links, 0, 1)
	}
	k.links = append(k.links, s)
	return s
}

// open uses a link up, and tells whether it could be.
func (k *keys) open(secret string) bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	found := -1
	for i, s := range k.links { // all of them, so that time tells nothing
		if subtle.ConstantTimeCompare([]byte(s), []byte(secret)) == 1 {
			found = i
		}
	}
	if found < 0 {
		return false
	}
	k.links = slices.Delete(k.links, found, found+1)
	return true
}

// bearer tells whether a script holds the token.
func (k *keys) bearer(token string) bool {
	a, b := sha256.Sum256([]byte(token)), sha256.Sum256([]byte(k.token))
	return subtle.ConstantTimeCompare(a[:], b[:]) == 1
}

// session makes the value of a cookie: expiry [8], random [16], MAC [32].
func (k *keys) session(now time.Time) string {
	b := binary.BigEndian.AppendUint64(nil, uint64(now.Add(sessionLife).Unix()))
	b = append(b, make([]byte, 16)...)
	_, _ = rand.Read(b[8:]) // never fails
	return base64.RawURLEncoding.EncodeToString(append(b, k.mac(b)...))
}

// holds tells whether a cookie is one of ours and still good.
func (k *keys) holds(cookie string, now time.Time) bool {
	b, err := base64.RawURLEncoding.DecodeString(cookie)
	if err != nil || len(b) != 8+16+sha256.Size {
		return false
	}
	expires := time.Unix(int64(binary.BigEndian.Uint64(b)), 0)
	return hmac.Equal(b[24:], k.mac(b[:24])) && now.Before(expires)
}

func (k *keys) mac(b []byte) []byte {
	m := hmac.New(sha256.New, []byte(k.token))
	m.Write([]byte("banyan page session 1\x00"))
	m.Write(b)
	return m.Sum(nil)
}
