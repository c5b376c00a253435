package node

import (
	"bytes"
	"slices"
	"testing"
	"time"

	"github.com/banyan-rooms/banyan/crypto/canon"
	"github.com/banyan-rooms/banyan/crypto/epoch"
	"github.com/banyan-rooms/banyan/crypto/identity"
	"github.com/banyan-rooms/banyan/crypto/invite"
	"github.com/banyan-rooms/banyan/crypto/proof"
	"github.com/banyan-rooms/banyan/node/audio"
	"github.com/banyan-rooms/banyan/rooms"
)

var aRoom = identity.RoomOf([]byte("a room"))

// mustMarshal encodes a message of a test.
func mustMarshal(t testing.TB, v any) []byte {
	t.Helper()
	b, err := canon.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// sameAgain checks that what was read, once written, is read as the same.
func sameAgain[T any](t *testing.T, v T, read func([]byte) (T, error)) {
	t.Helper()
	written := mustMarshal(t, v)
	again, err := read(written)
	if err != nil || !bytes.Equal(mustMarshal(t, again), written) {
		t.Errorf("%+v comes again as %+v (%v)", v, again, err)
	}
}

func FuzzAdmit(f *testing.F) {
	f.Add(mustMarshal(f, syncRequest{Kind: admitSync, Room: aRoom, Heads: []rooms.Hash{{1}}, Ticket: invite.Chain{{1}}}))
	f.Add(mustMarshal(f, redeemRequest{Kind: admitRedeem, Room: aRoom, Chain: invite.Chain{{1}}, Bearer: invite.Bearer{2}}))
	f.Add(mustMarshal(f, serveRequest{Kind: admitServe, Genesis: []byte{1}, Addrs: []string{"/ip4/127.0.0.1/tcp/1"}}))
	f.Add(mustMarshal(f, lobbyRequest{Kind: admitLobby}))
	f.Fuzz(func(t *testing.T, b []byte) {
		r, err := parseAdmit(b)
		if err != nil {
			return
		}
		sameAgain(t, r, parseAdmit)
		switch r := r.(type) {
		case syncRequest:
			if r.Room.IsZero() || len(r.Heads) > maxSyncHeads || len(r.Ticket) > invite.MaxDepth {
				t.Errorf("out of bounds: %+v", r)
			}
		case redeemRequest:
			if r.Room.IsZero() || len(r.Chain) == 0 || len(r.Chain) > invite.MaxDepth {
				t.Errorf("out of bounds: %+v", r)
			}
		case serveRequest:
			if len(r.Genesis) == 0 || len(r.Addrs) > maxAddrs {
				t.Errorf("out of bounds: %+v", r)
			}
		case lobbyRequest:
		default:
			t.Errorf("%x was read as %T", b, r)
		}
	})
}

func FuzzKey(f *testing.F) {
	f.Add(mustMarshal(f, keyRequest{Room: aRoom, Epoch: 3, Ticket: invite.Chain{{1}}}))
	f.Fuzz(func(t *testing.T, b []byte) {
		r, err := parseKey(b)
		if err != nil {
			return
		}
		sameAgain(t, r, parseKey)
		if r.Room.IsZero() || len(r.Ticket) > invite.MaxDepth {
			t.Errorf("out of bounds: %+v", r)
		}
	})
}

func FuzzEnvelope(f *testing.F) {
	f.Add(mustMarshal(f, envelope{aRoom, []byte{1, 2}}))
	f.Fuzz(func(t *testing.T, b []byte) {
		e, err := parseEnvelope(b)
		if err != nil {
			return
		}
		sameAgain(t, e, parseEnvelope)
		if e.Room.IsZero() || len(e.Message) == 0 {
			t.Errorf("out of bounds: %+v", e)
		}
	})
}

// FuzzAnswers reads what those who are asked may answer.
func FuzzAnswers(f *testing.F) {
	f.Add(mustMarshal(f, syncAnswer{Genesis: []byte{1}, Items: [][]byte{{1}}, Addrs: []string{"/p2p/x"}}))
	f.Add(mustMarshal(f, redeemAnswer{invite.Chain{{1}}}))
	f.Add(mustMarshal(f, keyAnswer{epoch.Secret{1}}))
	f.Add(mustMarshal(f, lobbyAnswer{[][]byte{{1}}}))
	f.Fuzz(func(t *testing.T, b []byte) {
		if a, err := parseSyncAnswer(b); err == nil {
			sameAgain(t, a, parseSyncAnswer)
		}
		if a, err := parseRedeemAnswer(b); err == nil {
			sameAgain(t, a, parseRedeemAnswer)
		}
		if a, err := parseKeyAnswer(b); err == nil {
			sameAgain(t, a, parseKeyAnswer)
		}
		if a, err := parseLobbyAnswer(b); err == nil {
			sameAgain(t, a, parseLobbyAnswer)
		}
	})
}

func FuzzCard(f *testing.F) {
	host := keyOf(f, 1)
	envelope, err := testCard(f, host, rooms.Open, "Room").sign(host)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(envelope)
	f.Fuzz(func(t *testing.T, b []byte) {
		c, err := openCard(b, time.Unix(950, 0))
		if err != nil {
			return
		}
		if !bytes.Equal(b, envelope) {
			t.Errorf("%x is a card that nobody signed: %+v", b, c)
		}
	})
}

func FuzzPlain(f *testing.F) {
	f.Add(plain{Timestamp: 1, Captured: 2, Packet: []byte{3}}.bytes())
	f.Add(slices.Concat([]byte{0, 0, 0, 1, 0, 0, 0, 2, withProof, 3}, make([]byte, proof.MaxSize)))
	f.Fuzz(func(t *testing.T, b []byte) {
		p, proven, attached, err := parsePlain(b)
		if err != nil {
			return
		}
		if len(p.Packet) == 0 || len(p.Packet) > audio.MaxPacket {
			t.Errorf("a packet of %d bytes", len(p.Packet))
		}
		if again := slices.Concat(proven, attached); !bytes.Equal(again, b) {
			t.Errorf("proven and proof: %x, want %x", again, b)
		}
		again := p.bytes()
		again[flagsAt] = proven[flagsAt]
		if !bytes.Equal(again, proven) || (attached != nil) != (b[flagsAt] == withProof) {
			t.Errorf("parse then append: %x and %x, want %x", again, attached, b)
		}
	})
}

func FuzzGossip(f *testing.F) {
	f.Add([]byte{gossipItem, 1, 2, 3})
	f.Add([]byte{gossipMesh, 1})
	f.Fuzz(func(t *testing.T, b []byte) {
		kind, payload, err := splitGossip(b)
		if err == nil && (len(payload) == 0 || !bytes.Equal(append([]byte{kind}, payload...), b)) {
			t.Errorf("%x was taken apart into %d and %x", b, kind, payload)
		}
	})
}
