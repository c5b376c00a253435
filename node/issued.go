package node

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"time"

	"github.com/banyan-rooms/banyan/crypto/canon"
	"github.com/banyan-rooms/banyan/crypto/identity"
	"github.com/banyan-rooms/banyan/crypto/invite"
	"github.com/banyan-rooms/banyan/rooms"
)

// Issued is an invite that this person made.
type Issued struct {
	ID      string      `json:"id"`   // hex, of [invite.Chain.ID]
	Link    string      `json:"link"` // as it was handed out
	Peer    identity.ID `json:"peer"` // for whom; zero is whoever has the link
	Role    string      `json:"role"`
	Uses    uint32      `json:"uses"`  // of a link for anyone; 0 is any number
	Used    uint64      `json:"used"`  // at this node
	Quota   uint32      `json:"quota"` // further invites by the guest
	Made    time.Time   `json:"made"`
	Until   time.Time   `json:"until"`
	Revoked bool        `json:"revoked"` // lets nobody in any more
	Expired bool        `json:"expired"`
}

// IssuedList is what somebody has given of what they may.
type IssuedList struct {
	Invites []Issued `json:"invites"` // in the order in which they were made
	Limited bool     `json:"limited"` // not the host, who may invite any number
	Left    uint64   `json:"left"`    // of a limited person's quota
}

// issuedRecord is what is kept of an invite.
type issuedRecord struct {
	Link      string `cbor:"1,keyasint"`
	Made      int64  `cbor:"2,keyasint"`           // Unix seconds
	Withdrawn bool   `cbor:"3,keyasint,omitempty"` // by its issuer, who may not revoke it for all
}

// keepIssued remembers an invite before it is handed out.
func (m *member) keepIssued(link invite.Link, r issuedRecord) error {
	r.Link = link.String()
	record, err := canon.Marshal(r)
	if err == nil {
		err = m.n.cfg.Store.PutIssued(m.id, link.Chain.ID(), record)
	}
	if err != nil {
		return fmt.Errorf("keep the invite: %w", err)
	}
	return nil
}

// kept are the records of invites with the links that they are of.
func (m *member) kept() (links []invite.Link, records []issuedRecord, err error) {
	all, err := m.n.cfg.Store.Issued(m.id)
	if err != nil {
		return nil, nil, fmt.Errorf("read your invites: %w", err)
	}
	for _, raw := range all {
		var r issuedRecord
		if err := canon.Unmarshal(raw, &r); err != nil {
			return nil, nil, fmt.Errorf("read your invites: %w", err)
		}
		link, err := invite.ParseLink(r.Link)
		if err != nil {
			return nil, nil, fmt.Errorf("read your invites: %w", err)
		}
		links, records = append(links, link), append(records, r)
	}
	return links, records, nil
}

// Invites are those that this person made into a room.
func (n *Node) Invites(ctx context.Context, room identity.RoomID) (IssuedList, error) {
	m, err := n.member(room)
	if err != nil {
		return IssuedList{}, err
	}
	links, records, err := m.kept()
	if err != nil {
		return IssuedList{}, err
	}
	revoked, err := ask(ctx, m.session, func(time.Duration) []bool {
		all := make([]bool, len(links))
		for i, l := range links {
			all[i] = m.room.Revoked(l.Chain.ID())
		}
		return all
	})
	if err != nil {
		return IssuedList{}, err
	}
	list := IssuedList{Limited: n.ID() != m.genesis.Host}
	right := m.shown.Load().right
	if list.Limited {
		list.Left = uint64(right.invites)
	}
	for i, link := range links {
		one, takes, err := n.issued(link, records[i])
		if err != nil {
			return IssuedList{}, err
		}
		one.Revoked = one.Revoked || revoked[i]
		list.Invites = append(list.Invites, one)
		if link.Chain[:len(link.Chain)-1].ID() == right.ticket.ID() {
			list.Left -= min(list.Left, takes)
		}
	}
	return list, nil
}

// issued describes one invite, and says how much of a quota it takes.
func (n *Node) issued(link invite.Link, r issuedRecord) (one Issued, takes uint64, err error) {
	last, _, err := link.Chain.Last()
	if err != nil {
		return Issued{}, 0, err
	}
	id := link.Chain.ID()
	used, err := n.cfg.Store.Uses(id)
	if err != nil {
		return Issued{}, 0, fmt.Errorf("read your invites: %w", err)
	}
	until := time.Unix(last.NotAfter, 0).UTC()
	return Issued{
		ID: hex.EncodeToString(id[:]), Link: r.Link, Peer: last.Invitee, Role: last.Role.String(), Uses: last.Uses, Used: used,
		Quota: last.Quota, Made: time.Unix(r.Made, 0).UTC(), Until: until, Revoked: r.Withdrawn, Expired: time.Now().After(until),
	}, last.Takes(), nil
}

// Revoke takes an invite back, by its ID in hex: for all and with whoever came by it if
// this person keeps order in the room; else nobody new comes in by it here.
func (n *Node) Revoke(ctx context.Context, room identity.RoomID, id string) error {
	m, err := n.member(room)
	if err != nil {
		return err
	}
	raw, err := hex.DecodeString(id)
	if err != nil || len(raw) != 32 {
		return fmt.Errorf("%q is no invite's ID: those have 64 digits and letters from a to f", id)
	}
	err = m.command(ctx, rooms.RevokeInvite{Invite: rooms.Hash(raw)})
	if !errors.Is(err, rooms.ErrNotAllowed) {
		return err
	}
	r, known, err := m.record([32]byte(raw))
	if err != nil {
		return err
	}
	link, err := invite.ParseLink(r.Link)
	if !known || err != nil || link.Bearer == nil {
		return fmt.Errorf("%w: ask one of them to take this invite back", rooms.ErrNotAllowed)
	}
	r.Withdrawn = true
	return m.keepIssued(link, r)
}

// record is what is kept of an invite, if it was made here.
func (m *member) record(id [32]byte) (r issuedRecord, known bool, err error) {
	raw, err := m.n.cfg.Store.IssuedInvite(m.id, id)
	if err == nil && raw != nil {
		known, err = true, canon.Unmarshal(raw, &r)
	}
	if err != nil {
		return r, false, fmt.Errorf("read your invites: %w", err)
	}
	return r, known, nil
}
