package invite

import (
	"encoding/base64"
	"fmt"
	"strings"
	"unicode"

	"github.com/banyan-rooms/banyan/crypto/canon"
	"github.com/banyan-rooms/banyan/crypto/identity"
)

// Bounds on a link.
const (
	maxLink  = 16 << 10 // characters; the longest honest one has about 8,000
	MaxAddrs = 16       // addresses in a link
	maxAddr  = 512      // bytes of one
	maxTitle = 200      // bytes of a room's title
	scheme   = "banyan:"
)

// Link is all that a friend needs to come in: which room, by what right, and where
// somebody of it can be found.
type Link struct {
	Room   identity.RoomID
	Title  string   // for showing before anything is verified
	Chain  Chain    // nil for an open room
	Bearer *Bearer  // the secret, when Chain ends in a bearer invite
	Addrs  []string // multiaddrs that end in /p2p/<id>, the inviter's first
	Hidden bool     // the room is secret: nobody is to be asked for it by its name in public
}

type wireLink struct {
	Version uint8           `cbor:"1,keyasint"`
	Room    identity.RoomID `cbor:"2,keyasint"`
	Title   string          `cbor:"3,keyasint,omitempty"`
	Chain   Chain           `cbor:"4,keyasint,omitempty"`
	Bearer  *Bearer         `cbor:"5,keyasint,omitempty"`
	Addrs   []string        `cbor:"6,keyasint,omitempty"`
	Hidden  bool            `cbor:"7,keyasint,omitempty"`
}

// String returns the link as a URI: "banyan:" and base64url (RFC 4648 section 5).
func (l Link) String() string { return scheme + l.encode() }

// HTTPS returns the link for places that only know web addresses. What counts is
// behind the #, which a browser does not send to base's server.
func (l Link) HTTPS(base string) string { return base + "#" + l.encode() }

func (l Link) encode() string {
	b, err := canon.Marshal(wireLink{Version, l.Room, l.Title, l.Chain, l.Bearer, l.Addrs, l.Hidden})
	if err != nil {
		panic(err) // plain fields of our own always encode
	}
	return base64.RawURLEncoding.EncodeToString(b)
}

// ParseLink reads both forms of a link, also with white space, line breaks or
// brackets around or inside, as mail and chat programs leave them. The invites in
// it are checked among themselves; whether they come from the room's host, and are
// still valid, is for [Chain.Verify].
func ParseLink(s string) (Link, error) {
	if len(s) > maxLink {
		return Link{}, fmt.Errorf("%w: %d characters, at most %d", ErrMalformed, len(s), maxLink)
	}
	code, ok := cutScheme(strings.Trim(strings.Map(visible, s), "<>\"'()[]`.,;"))
	if !ok {
		return Link{}, fmt.Errorf("%w: a link begins with %q, or with https:// and has a # in it", ErrMalformed, scheme)
	}
	raw, err := base64.RawURLEncoding.Strict().DecodeString(strings.TrimRight(code, "="))
	if err != nil || len(raw) == 0 {
		return Link{}, errDamaged
	}
	var w wireLink
	if err := read(raw, &w); err != nil {
		return Link{}, err
	}
	l := Link{w.Room, w.Title, w.Chain, w.Bearer, w.Addrs, w.Hidden}
	if err := l.check(); err != nil {
		return Link{}, err
	}
	if len(l.Chain) == 0 {
		l.Chain = nil // there is one way to have none
	}
	if len(l.Addrs) == 0 {
		l.Addrs = nil
	}
	return l, nil
}

// visible drops white space and what is as good as that from a pasted text.
func visible(r rune) rune {
	if unicode.IsSpace(r) || unicode.Is(unicode.Cf, r) {
		return -1
	}
	return r
}

// cutScheme returns what follows "banyan:", or the # of a web address.
func cutScheme(s string) (code string, ok bool) {
	if len(s) >= len(scheme) && strings.EqualFold(s[:len(scheme)], scheme) {
		return strings.TrimPrefix(s[len(scheme):], "//"), true
	}
	page, code, ok := strings.Cut(s, "#")
	page = strings.ToLower(page)
	return code, ok && (strings.HasPrefix(page, "https://") || strings.HasPrefix(page, "http://"))
}

// check finds what is wrong with a link that a stranger made.
func (l Link) check() error {
	switch {
	case l.Room.IsZero():
		return fmt.Errorf("%w: it names no room", ErrMalformed)
	case len(l.Title) > maxTitle:
		return fmt.Errorf("%w: a title of %d bytes, at most %d", ErrMalformed, len(l.Title), maxTitle)
	case strings.ContainsFunc(l.Title, func(r rune) bool { return !unicode.IsPrint(r) }):
		return fmt.Errorf("%w: its title cannot be shown", ErrMalformed)
	case len(l.Addrs) > MaxAddrs:
		return fmt.Errorf("%w: %d addresses, at most %d", ErrMalformed, len(l.Addrs), MaxAddrs)
	}
	for _, a := range l.Addrs {
		if len(a) > maxAddr || !strings.HasPrefix(a, "/") || strings.ContainsFunc(a, notAddr) {
			return fmt.Errorf("%w: one of its addresses is none", ErrMalformed)
		}
	}
	if l.Chain == nil && l.Bearer == nil {
		return nil
	}
	return l.checkChain()
}

// notAddr tells whether r has no place in a multiaddr.
func notAddr(r rune) bool { return r <= ' ' || r > '~' }

// checkChain compares the invites with what the rest of the link says.
func (l Link) checkChain() error {
	steps, err := l.Chain.steps()
	if err != nil {
		return err
	}
	last := steps[len(steps)-1]
	switch {
	case last.Room != l.Room:
		return ErrRoom
	case last.Named() != (l.Bearer == nil):
		return fmt.Errorf("%w: a secret without an invite for it, or an invite without its secret", ErrMalformed)
	case l.Bearer != nil && l.Bearer.Hash() != last.BearerHash:
		return ErrBearer
	}
	return nil
}
