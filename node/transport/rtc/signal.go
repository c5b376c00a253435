package rtc

import (
	"errors"
	"fmt"
	"net/netip"
	"strings"

	"github.com/pion/sdp/v3"

	"github.com/banyan-rooms/banyan/crypto/canon"
	"github.com/banyan-rooms/banyan/crypto/identity"
)

const (
	maxSDP        = 16 << 10 // bytes; ours have about 1 KiB
	maxCandidates = 32       // addresses in one description
)

// offer asks for a link.
type offer struct {
	Room identity.RoomID `cbor:"1,keyasint"`
	SDP  string          `cbor:"2,keyasint"`
	Dial uint64          `cbor:"3,keyasint"` // higher than in any earlier offer of this peer
}

// answer says how, or that the answerer's own dial goes first.
type answer struct {
	SDP  string `cbor:"1,keyasint,omitempty"`
	Mine bool   `cbor:"2,keyasint,omitempty"`
}

// parseOffer reads an offer from a stranger.
func parseOffer(b []byte) (offer, error) {
	var o offer
	if err := canon.Unmarshal(b, &o); err != nil {
		return offer{}, fmt.Errorf("read offer: %w", err)
	}
	if o.Room.IsZero() {
		return offer{}, errors.New("read offer: it names no room")
	}
	if err := checkSDP(o.SDP); err != nil {
		return offer{}, fmt.Errorf("read offer: %w", err)
	}
	return o, nil
}

// parseAnswer reads the answer to an offer.
func parseAnswer(b []byte) (answer, error) {
	var a answer
	if err := canon.Unmarshal(b, &a); err != nil {
		return answer{}, fmt.Errorf("read answer: %w", err)
	}
	if a.Mine {
		return a, nil
	}
	if err := checkSDP(a.SDP); err != nil {
		return answer{}, fmt.Errorf("read answer: %w", err)
	}
	return a, nil
}

// checkSDP refuses descriptions that no peer of ours would send, before pion acts
// on them: anything but one audio section with a few plain addresses.
func checkSDP(text string) error {
	if len(text) > maxSDP {
		return fmt.Errorf("session description of %d bytes, want at most %d", len(text), maxSDP)
	}
	var d sdp.SessionDescription
	if err := d.UnmarshalString(text); err != nil {
		return fmt.Errorf("session description: %w", err)
	}
	if n := len(d.MediaDescriptions); n != 1 {
		return fmt.Errorf("session description with %d media, want 1", n)
	}
	media := d.MediaDescriptions[0]
	if media.MediaName.Media != "audio" {
		return fmt.Errorf("session description of %q, want audio", media.MediaName.Media)
	}
	candidates := 0
	for _, a := range append(d.Attributes, media.Attributes...) {
		if a.Key != "candidate" {
			continue
		}
		if candidates++; candidates > maxCandidates {
			return fmt.Errorf("session description with more than %d candidates", maxCandidates)
		}
		if err := checkCandidate(a.Value); err != nil {
			return err
		}
	}
	return nil
}

// checkCandidate wants an address where a name could stand: looking up names on a
// stranger's word tells the stranger things.
func checkCandidate(value string) error {
	fields := strings.Fields(value) // RFC 8839, section 5.1: foundation component transport priority address …
	if len(fields) < 8 {
		return fmt.Errorf("candidate %q is cut short", value)
	}
	if _, err := netip.ParseAddr(fields[4]); err != nil {
		return fmt.Errorf("candidate %q: %w", value, err)
	}
	return nil
}
