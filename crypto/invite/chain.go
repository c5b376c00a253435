package invite

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"time"

	"github.com/banyan-rooms/banyan/crypto/canon"
	"github.com/banyan-rooms/banyan/crypto/identity"
)

// Chain is the envelopes of invites, from the host's first to the last.
type Chain [][]byte

// Grant is what a chain amounts to.
type Grant struct {
	Room     identity.RoomID
	Role     Role
	Holder   identity.ID   // whom it lets in; zero for a bearer invite
	Issuer   identity.ID   // who signed the last invite
	Path     []identity.ID // who signed each invite, the host first and Issuer last
	NotAfter time.Time     // the last second of the invite that ends first; zero when nothing ends it
	Quota    uint32        // further invites by the holder
	Uses     uint32        // of a bearer invite, at each redeemer; 0 means without limit
	Depth    int           // invites in the chain
}

// step is one invite of a chain, opened.
type step struct {
	Invite
	id     [32]byte    // the hash of its envelope
	issuer identity.ID // who signed it
}

// ID names the last invite: the hash of its envelope. Uses are counted by it. An
// earlier invite's ID is that of the chain up to it: c[:2].ID().
func (c Chain) ID() [32]byte {
	if len(c) == 0 {
		return [32]byte{}
	}
	return sha256.Sum256(c[len(c)-1])
}

// Last returns the last invite and who signed it. It does not look at the rest of
// the chain, so it serves to find out whom to ask, not whom to trust.
func (c Chain) Last() (Invite, identity.ID, error) {
	if len(c) == 0 {
		return Invite{}, identity.ID{}, fmt.Errorf("%w: it is empty", ErrMalformed)
	}
	s, err := open(c[len(c)-1])
	return s.Invite, s.issuer, err
}

// Verify checks every step of the chain, from the room's host to the last invite,
// at a time. It says nothing about revoked invites and banned people: the room's
// log does.
func (c Chain) Verify(room identity.RoomID, host identity.ID, now time.Time) (Grant, error) {
	steps, err := c.steps()
	if err != nil {
		return Grant{}, err
	}
	if steps[0].Room != room {
		return Grant{}, ErrRoom
	}
	if steps[0].issuer != host {
		return Grant{}, fmt.Errorf("%w: it does not begin at the room's host", ErrChain)
	}
	for _, s := range steps {
		if err := s.during(now); err != nil {
			return Grant{}, err
		}
	}
	return grant(steps), nil
}

// VerifyTicket checks that the chain lets holder in.
func (c Chain) VerifyTicket(room identity.RoomID, host, holder identity.ID, now time.Time) (Grant, error) {
	g, err := c.Verify(room, host, now)
	if err != nil {
		return Grant{}, err
	}
	if g.Holder != holder || holder.IsZero() {
		return Grant{}, ErrHolder
	}
	return g, nil
}

// steps opens the chain and checks all of it that depends neither on the time nor
// on who the host is. It returns at least one step.
func (c Chain) steps() ([]step, error) {
	switch {
	case len(c) == 0:
		return nil, fmt.Errorf("%w: it is empty", ErrMalformed)
	case len(c) > MaxDepth:
		return nil, fmt.Errorf("%w: %d steps, at most %d", ErrChain, len(c), MaxDepth)
	}
	steps := make([]step, len(c))
	for n, envelope := range c {
		next, err := open(envelope)
		if err != nil {
			return nil, err
		}
		if n == 0 {
			err = next.begin()
		} else {
			err = steps[n-1].follow(next, n)
		}
		if err != nil {
			return nil, err
		}
		steps[n] = next
	}
	return steps, nil
}

// open reads one envelope.
func open(envelope []byte) (step, error) {
	if len(envelope) > maxEnvelope {
		return step{}, fmt.Errorf("%w: %d bytes, at most %d", ErrMalformed, len(envelope), maxEnvelope)
	}
	issuer, payload, err := identity.Open(Purpose, envelope)
	if err != nil {
		return step{}, fmt.Errorf("%w (%w)", ErrForged, err)
	}
	s := step{id: sha256.Sum256(envelope), issuer: issuer}
	if err := read(payload, &s.Invite); err != nil {
		return step{}, err
	}
	return s, s.check()
}

// read decodes what has a version, in this package's words.
func read(b []byte, v any) error {
	err := canon.UnmarshalVersion(b, Version, v)
	if met, ok := errors.AsType[canon.VersionError](err); ok {
		return fmt.Errorf("%w (%w)", ErrVersion, met)
	}
	if err != nil {
		return errDamaged
	}
	return nil
}

// begin checks the step that the host takes.
func (s step) begin() error {
	if s.Parent != [32]byte{} {
		return fmt.Errorf("%w: its beginning is missing", ErrChain)
	}
	return nil
}

// follow checks the step after s, which has depth steps before it.
func (s step) follow(next step, depth int) error {
	switch {
	case next.Parent != s.id:
		return fmt.Errorf("%w: step %d belongs to another chain", ErrChain, depth+1)
	case next.Room != s.Room:
		return ErrRoom
	case next.Role > s.Role:
		return fmt.Errorf("%w: a %v's invite for a %v", ErrQuota, s.Role, next.Role)
	case depth >= MaxDepth, depth == MaxDepth-1 && !next.Named():
		return fmt.Errorf("%w: deeper than %d steps", ErrChain, MaxDepth)
	case s.Named():
		return s.passOn(next)
	default:
		return s.redeemed(next)
	}
}

// passOn checks the invite that s's invitee issues.
func (s step) passOn(next step) error {
	end := uint64(next.Serial) + next.Takes()
	switch {
	case next.issuer != s.Invitee:
		return ErrChain
	case !next.Named() && next.Uses == 0:
		return fmt.Errorf("%w: only the host's uses are without limit", ErrQuota)
	case end > uint64(s.Quota):
		return fmt.Errorf("%w: %d invites of %d", ErrQuota, end, s.Quota)
	case next.Quota >= s.Quota:
		return fmt.Errorf("%w: hands on %d invites of %d", ErrQuota, next.Quota, s.Quota)
	}
	return nil
}

// redeemed checks the ticket for a bearer invite.
func (s step) redeemed(ticket step) error {
	switch {
	case !ticket.Named() || !s.redeemable(ticket.issuer, s.issuer):
		return ErrChain
	case s.Uses > 0 && ticket.Serial >= s.Uses:
		return fmt.Errorf("%w: use number %d of %d", ErrQuota, uint64(ticket.Serial)+1, s.Uses)
	case ticket.Quota > s.Quota:
		return fmt.Errorf("%w: hands on %d invites of %d", ErrQuota, ticket.Quota, s.Quota)
	}
	return nil
}

// grant sums up what checked steps amount to.
func grant(steps []step) Grant {
	last := steps[len(steps)-1]
	g := Grant{
		Room: last.Room, Role: last.Role, Holder: last.Invitee, Issuer: last.issuer,
		Quota: last.Quota, Uses: last.Uses, Depth: len(steps),
	}
	for _, s := range steps {
		g.Path = append(g.Path, s.issuer)
		if end := time.Unix(s.NotAfter, 0); s.NotAfter != 0 && (g.NotAfter.IsZero() || end.Before(g.NotAfter)) {
			g.NotAfter = end
		}
	}
	return g
}

// Signed is one invite of a chain, and who signed it.
type Signed struct {
	Invite
	ID     [32]byte // the hash of its envelope
	Issuer identity.ID
}

// Invites opens the chain for people to look at. What it returns holds together; whether
// the first was signed by the room's host, and whether all of it holds now, is for
// [Chain.Verify].
func (c Chain) Invites() ([]Signed, error) {
	steps, err := c.steps()
	if err != nil {
		return nil, err
	}
	all := make([]Signed, len(steps))
	for n, s := range steps {
		all[n] = s.signed()
	}
	return all, nil
}

func (s step) signed() Signed { return Signed{s.Invite, s.id, s.issuer} }
