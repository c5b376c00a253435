package node

import (
	"errors"
	"fmt"
	"time"

	"github.com/banyan-rooms/banyan/crypto/canon"
	"github.com/banyan-rooms/banyan/crypto/identity"
	"github.com/banyan-rooms/banyan/node/transport"
	"github.com/banyan-rooms/banyan/rooms"
)

// CardPurpose is what a card's envelope is signed for.
const CardPurpose identity.Purpose = "banyan/card/1"

// Bounds on a card.
const (
	cardVersion = 1
	maxCard     = 10 << 10 // bytes: a genesis of 4 KiB, addresses, the rest
	maxAddr     = 512      // bytes of one address
)

var errCard = errors.New("not a card of a public room")

// card announces a public room on the lobby topic. The room's name, host, kind and
// language are in the genesis, which the host signed; the rest is what the signer
// of the card says.
type card struct {
	Version  uint64   `cbor:"1,keyasint"`
	Genesis  []byte   `cbor:"2,keyasint"`
	Title    string   `cbor:"3,keyasint"` // now; believed of the host alone
	HostName string   `cbor:"4,keyasint,omitempty"`
	People   uint32   `cbor:"5,keyasint,omitempty"`
	Speakers uint32   `cbor:"6,keyasint,omitempty"`
	Addrs    []string `cbor:"7,keyasint,omitempty"` // of the signer and of relays in the room
	Expires  int64    `cbor:"8,keyasint"`           // Unix seconds
}

// seen is a card that was verified.
type seen struct {
	card
	Card     Card
	signer   identity.ID
	envelope []byte
}

// sign seals a card.
func (c card) sign(key identity.Key) ([]byte, error) {
	c.Version = cardVersion
	payload, err := canon.Marshal(c)
	if err != nil {
		return nil, err
	}
	return key.Seal(CardPurpose, payload)
}

// openCard verifies a card at a time.
func openCard(envelope []byte, now time.Time) (seen, error) {
	if len(envelope) > maxCard {
		return seen{}, fmt.Errorf("%w: %d bytes, at most %d", errCard, len(envelope), maxCard)
	}
	signer, payload, err := identity.Open(CardPurpose, envelope)
	if err != nil {
		return seen{}, err
	}
	var c card
	if err := canon.UnmarshalVersion(payload, cardVersion, &c); err != nil {
		return seen{}, err
	}
	g, room, err := rooms.OpenGenesis(c.Genesis)
	if err != nil {
		return seen{}, err
	}
	end := time.Unix(c.Expires, 0)
	switch {
	case g.Policy.Kind != rooms.Open:
		return seen{}, fmt.Errorf("%w: it is %v", errCard, g.Policy.Kind)
	case !now.Before(end) || end.Sub(now) > 2*cardTTL: // twice, for clocks that differ
		return seen{}, fmt.Errorf("%w: its time is over or too far off", errCard)
	case len(c.Addrs) > maxAddrs:
		return seen{}, fmt.Errorf("%w: %d addresses, at most %d", errCard, len(c.Addrs), maxAddrs)
	}
	for _, a := range c.Addrs {
		if len(a) > maxAddr {
			return seen{}, fmt.Errorf("%w: an address of %d bytes, at most %d", errCard, len(a), maxAddr)
		}
	}
	shown := Card{
		Room: room, Title: g.Policy.Title, Host: g.Host, Kind: g.Policy.Kind.String(), Language: g.Policy.Language,
		People: int(c.People), Speakers: int(min(c.Speakers, rooms.MaxStage)),
	}
	if signer == g.Host {
		shown.Title, shown.HostName = line(c.Title, rooms.MaxTitle), line(c.HostName, rooms.MaxName)
	}
	return seen{card: c, Card: shown, signer: signer, envelope: envelope}, nil
}

// line makes text of a stranger fit to be shown on one line.
func line(text string, limit int) string {
	return transport.Words(text[:min(len(text), limit)])
}
