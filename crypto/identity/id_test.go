package identity

import (
	"bytes"
	"encoding"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/ipfs/go-cid"
	"github.com/libp2p/go-libp2p/core/peer"
	"github.com/multiformats/go-multihash"
)

const (
	annText  = "12D3KooWK99VoVxNE7XzyBwXEzW7xhK7Gpv85r9F3V3fyKSUKPH5"
	roomText = "bafkreifo5owuu6lpzqxblxcmmbq3ixwzwnz7e2w7y6mmu7jnrtcydatrry"
)

func TestTextForms(t *testing.T) {
	ann, name := keyOf(t, 1).ID(), RoomOf([]byte("genesis"))
	if got := ann.String(); got != annText {
		t.Errorf("got %q, want %q", got, annText)
	}
	if got := name.String(); got != roomText {
		t.Errorf("got %q, want %q", got, roomText)
	}
	if got, err := ParseID(annText); err != nil || got != ann {
		t.Errorf("got %v, %v; want %v", got, err, ann)
	}
	if got, err := ParseRoomID(roomText); err != nil || got != name {
		t.Errorf("got %v, %v; want %v", got, err, name)
	}
	if got := ann.Short(); got != annText[len(annText)-6:] {
		t.Errorf("short: got %q", got)
	}
	if got := name.Short(); got != roomText[len(roomText)-6:] {
		t.Errorf("short: got %q", got)
	}
	var id ID
	var room RoomID
	for _, tt := range []struct {
		from encoding.TextMarshaler
		to   encoding.TextUnmarshaler
		same func() bool
	}{
		{ann, &id, func() bool { return id == ann }},
		{name, &room, func() bool { return room == name }},
		{ID{}, &id, id.IsZero},
		{RoomID{}, &room, room.IsZero},
	} {
		text, err := tt.from.MarshalText()
		if err == nil {
			err = tt.to.UnmarshalText(text)
		}
		if err != nil || !tt.same() {
			t.Errorf("%v: comes back as %v, %v", tt.from, tt.to, err)
		}
	}
	if id.UnmarshalText([]byte("x")) == nil || room.UnmarshalText([]byte("x")) == nil {
		t.Error("nonsense was accepted")
	}
}

func TestZeroNamesNobody(t *testing.T) {
	if got := (ID{}).String(); got != "nobody" {
		t.Errorf("got %q", got)
	}
	if got := (ID{}).Peer(); got != "" {
		t.Errorf("got peer %q", got)
	}
	if got := (RoomID{}).String(); got != "no room" {
		t.Errorf("got %q", got)
	}
	zero := cid.NewCidV1(cid.Raw, append([]byte{multihash.SHA2_256, 32}, make([]byte, 32)...))
	if got, err := ParseRoomID(zero.String()); err == nil {
		t.Errorf("the zero room was parsed to %v", got)
	}
	nobody := peer.ID(append([]byte{multihash.IDENTITY, 36, 0x08, 1, 0x12, 32}, make([]byte, 32)...))
	if got, err := FromPeer(nobody); !errors.Is(err, ErrNotEd25519) {
		t.Errorf("the zero key: got %v, %v; want %v", got, err, ErrNotEd25519)
	}
}

func TestPeerIDs(t *testing.T) {
	ann := keyOf(t, 1).ID()
	if want, err := peer.IDFromPublicKey(keyOf(t, 1).LibP2P().GetPublic()); err != nil || ann.Peer() != want {
		t.Errorf("got peer ID %v, want libp2p's own %v, %v", ann.Peer(), want, err)
	}
	if got, err := FromPeer(ann.Peer()); err != nil || got != ann {
		t.Errorf("got %v, %v; want %v", got, err, ann)
	}
	short := peer.ID(append([]byte{multihash.IDENTITY, 5, 0x08, 1, 0x12, 1}, 7))
	for name, bad := range map[string]peer.ID{"empty": "", "a short key": short} {
		if got, err := FromPeer(bad); !errors.Is(err, ErrNotEd25519) {
			t.Errorf("%s: got %v, %v; want %v", name, got, err, ErrNotEd25519)
		}
	}
}

func TestBadTexts(t *testing.T) {
	if _, err := ParseID("QmYyQSo1c1Ym7orWxLYvCrM2EmxFTANf8wXmmE7DWjhx5N"); !errors.Is(err, ErrNotEd25519) {
		t.Errorf("an RSA peer: got %v, want %v", err, ErrNotEd25519)
	}
	for _, bad := range []string{"", "x", annText[1:], annText + "1", "nobody", roomText, strings.Repeat("1", 1<<20)} {
		if got, err := ParseID(bad); err == nil || len(err.Error()) > 400 {
			t.Errorf("peer %.20q: got %v, %v", bad, got, err)
		}
	}
	dagPB := cid.NewCidV1(cid.DagProtobuf, RoomOf(nil).CID().Hash()).String()
	sha1 := cid.NewCidV1(cid.Raw, append([]byte{multihash.SHA1, 20}, make([]byte, 20)...)).String()
	for _, bad := range []string{"", "x", annText[:8], "bafkqaaa", "no room", dagPB, sha1, strings.Repeat("b", 1<<20)} {
		if got, err := ParseRoomID(bad); err == nil || len(err.Error()) > 400 {
			t.Errorf("room %.20q: got %v, %v", bad, got, err)
		}
	}
}

func TestOrder(t *testing.T) {
	ids := []ID{{2}, {1, 9}, {1}, {}}
	slices.SortFunc(ids, ID.Compare)
	if want := []ID{{}, {1}, {1, 9}, {2}}; !slices.Equal(ids, want) {
		t.Errorf("got %v, want %v", ids, want)
	}
	rooms := []RoomID{{2}, {1, 9}, {1}, {}}
	slices.SortFunc(rooms, RoomID.Compare)
	if want := []RoomID{{}, {1}, {1, 9}, {2}}; !slices.Equal(rooms, want) {
		t.Errorf("got %v, want %v", rooms, want)
	}
}

func FuzzParseID(f *testing.F) {
	f.Add(annText)
	f.Add(peer.ToCid(keyOf(f, 1).ID().Peer()).String())
	f.Fuzz(func(t *testing.T, s string) {
		id, err := ParseID(s)
		if err != nil {
			return
		}
		if again, err := ParseID(id.String()); err != nil || again != id || id.IsZero() {
			t.Errorf("%q: again %v, %v; want %v", s, again, err, id)
		}
	})
}

func FuzzParseRoomID(f *testing.F) {
	f.Add(roomText)
	f.Add(strings.ToUpper(roomText))
	f.Fuzz(func(t *testing.T, s string) {
		room, err := ParseRoomID(s)
		if err != nil {
			return
		}
		if again, err := ParseRoomID(room.String()); err != nil || again != room || room.IsZero() {
			t.Errorf("%q: again %v, %v; want %v", s, again, err, room)
		}
		if !bytes.Equal(room.CID().Hash()[2:], room[:]) {
			t.Errorf("%q: its CID is not of its hash", s)
		}
	})
}
