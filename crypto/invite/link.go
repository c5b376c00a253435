package invite

import (
	"encoding/base64"
	"fmt"
	"strings"

	"github.com/banyan-rooms/banyan/crypto/canon"
	"github.com/banyan-rooms/banyan/crypto/identity"
)

// Bounds on a link.
const (
	maxLink     = 16 << 10 // characters; the longest honest one has about 8,000
	MaxAddrs    = 16       // addresses in a link
	maxAddr     = 512      // bytes of one
	maxTitle    = 200      // bytes of a room's title
	scheme      = "banyan:"
	linkVersion = 1
)

// Link is all that a friend needs to come in: which room, by what right, and where
// somebody of it can be found.
type Link struct {
	Room   identity.RoomID
	Title  string   // for showing before anything is verified
	Chain  Chain    // nil for an open room
	Bearer *Bearer  // the secret of a bearer invite
	Addrs  []string // multiaddrs that end in /p2p/<id>, the inviter's first
}

type wireLink struct {
	Version uint8           `cbor:"1,keyasint"`
	Room    identity.RoomID `cbor:"2,keyasint"`
	Title   string          `cbor:"3,keyasint,omitempty"`
	Chain   Chain           `cbor:"4,keyasint,omitempty"`
	Bearer  *Bearer         `cbor:"5,keyasint,omitempty"`
	Addrs   []string        `cbor:"6,keyasint,omitempty"`
}

// String returns the link as a URI: "banyan:" and base64url (RFC 4648 section 5).
func (l Link) String() string { return scheme + l.encode() }

// HTTPS returns the link for places that only know web addresses. What counts is
// behind the #, which a browser does not send to base's server.
func (l Link) HTTPS(base string) string { return base + "#" + l.encode() }

func (l Link) encode() string {
	b, err := canon.Marshal(wireLink{linkVersion, l.Room, l.Title, l.Chain, l.Bearer, l.Addrs})
	if err != nil {
		panic(err) // plain fields of our own always encode
	}
	return base64.RawURLEncoding.EncodeToString(b)
}

// ParseLink reads both forms of a link, also with white space, line breaks or
// brackets around or inside, as mail and chat programs leave them.
func ParseLink(s string) (Link, error) {
	if len(s) > maxLink {
		return Link{}, fmt.Errorf("%w: %d characters, at most %d", ErrMalformed, len(s), maxLink)
	}
	s = strings.Trim(strings.Join(strings.Fields(s), ""), "<>\"'()[]`")
	var code string
	if rest, ok := strings.CutPrefix(s, scheme); ok {
		code = rest
	} else if page, rest, ok := strings.Cut(s, "#"); ok && strings.HasPrefix(page, "http") {
		code = rest
	} else {
		return Link{}, fmt.Errorf("%w: a link begins with %q", ErrMalformed, scheme)
	}
	raw, err := base64.RawURLEncoding.Strict().DecodeString(strings.TrimRight(code, "="))
	if err != nil || len(raw) == 0 {
		return Link{}, fmt.Errorf("%w: part of it is missing or changed, copy it whole", ErrMalformed)
	}
	return decode(raw)
}

func decode(raw []byte) (Link, error) {
	var version struct {
		Version uint8 `cbor:"1,keyasint"`
	}
	if err := canon.Unmarshal(raw, &version); err != nil {
		return Link{}, fmt.Errorf("%w: part of it is missing or changed, copy it whole", ErrMalformed)
	}
	if version.Version != linkVersion {
		return Link{}, fmt.Errorf("%w (version %d, this one reads %d)", ErrVersion, version.Version, linkVersion)
	}
	var w wireLink
	if err := canon.Unmarshal(raw, &w); err != nil {
		return Link{}, fmt.Errorf("%w: part of it is missing or changed, copy it whole", ErrMalformed)
	}
	switch {
	case w.Room.IsZero():
		return Link{}, fmt.Errorf("%w: it names no room", ErrMalformed)
	case len(w.Chain) > MaxDepth, len(w.Addrs) > MaxAddrs, len(w.Title) > maxTitle:
		return Link{}, fmt.Errorf("%w: beyond its bounds", ErrMalformed)
	case w.Bearer != nil && len(w.Chain) == 0:
		return Link{}, fmt.Errorf("%w: a secret without an invite", ErrMalformed)
	}
	for _, a := range w.Addrs {
		if len(a) > maxAddr {
			return Link{}, fmt.Errorf("%w: an address of %d bytes, at most %d", ErrMalformed, len(a), maxAddr)
		}
	}
	return Link{w.Room, w.Title, w.Chain, w.Bearer, w.Addrs}, nil
}
