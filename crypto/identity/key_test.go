package identity

import (
	"bytes"
	"errors"
	"testing"
)

func keyOf(t testing.TB, n byte) Key {
	t.Helper()
	k, err := Generate(bytes.NewReader(bytes.Repeat([]byte{n}, 64)))
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func TestSealAndOpen(t *testing.T) {
	ann := keyOf(t, 1)
	envelope, err := ann.Seal("banyan/test/1", []byte("hello"))
	if err != nil {
		t.Fatal(err)
	}
	signer, payload, err := Open("banyan/test/1", envelope)
	if err != nil || signer != ann.ID() || string(payload) != "hello" {
		t.Errorf("got %q by %v, %v; want hello by %v", payload, signer, err, ann.ID())
	}
	for name, bad := range map[string][]byte{
		"nothing":           nil,
		"cut off":           envelope[:len(envelope)-1],
		"an unknown field":  append(bytes.Clone(envelope), 0x7a, 1, 0),
		"a repeated field":  append(bytes.Clone(envelope), envelope...),
		"far too long":      make([]byte, 5<<20),
		"another signature": append(bytes.Clone(envelope[:len(envelope)-1]), envelope[len(envelope)-1]^1),
	} {
		if _, _, err := Open("banyan/test/1", bad); !errors.Is(err, ErrPurpose) {
			t.Errorf("%s: got %v, want %v", name, err, ErrPurpose)
		}
	}
	if _, _, err := Open("banyan/other/1", envelope); !errors.Is(err, ErrPurpose) {
		t.Errorf("another purpose: got %v, want %v", err, ErrPurpose)
	}
}

func TestTextForms(t *testing.T) {
	ann := keyOf(t, 1)
	var id ID
	if text, err := ann.ID().MarshalText(); err != nil || id.UnmarshalText(text) != nil || id != ann.ID() {
		t.Errorf("id: got %v, %v; want %v", id, err, ann.ID())
	}
	if got, err := FromPeer(ann.ID().Peer()); err != nil || got != ann.ID() {
		t.Errorf("peer ID: got %v, %v; want %v", got, err, ann.ID())
	}
	name := RoomOf([]byte("genesis"))
	var room RoomID
	if text, err := name.MarshalText(); err != nil || room.UnmarshalText(text) != nil || room != name {
		t.Errorf("room: got %v, %v; want %v", room, err, name)
	}
	if id.UnmarshalText(nil) != nil || !id.IsZero() || room.UnmarshalText(nil) != nil || !room.IsZero() {
		t.Error("an empty text is not the zero value")
	}
	if _, err := ParseID("QmYyQSo1c1Ym7orWxLYvCrM2EmxFTANf8wXmmE7DWjhx5N"); !errors.Is(err, ErrNotEd25519) {
		t.Errorf("an RSA peer: got %v, want %v", err, ErrNotEd25519)
	}
	for _, bad := range []string{"", "x", "12D3KooW", "bafkqaaa"} {
		if _, err := ParseRoomID(bad); err == nil {
			t.Errorf("room %q: accepted", bad)
		}
	}
}

func TestKeySurvivesMarshal(t *testing.T) {
	ann := keyOf(t, 1)
	b, err := ann.Marshal()
	if err != nil {
		t.Fatal(err)
	}
	again, err := ParseKey(b)
	if err != nil || again.ID() != ann.ID() {
		t.Errorf("got %v, %v; want %v", again.ID(), err, ann.ID())
	}
	if _, err := ParseKey(b[:10]); err == nil {
		t.Error("a cut-off key was accepted")
	}
}

func FuzzOpen(f *testing.F) {
	envelope, err := keyOf(f, 1).Seal("banyan/test/1", []byte("hello"))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(envelope)
	f.Fuzz(func(t *testing.T, b []byte) {
		if _, _, err := Open("banyan/test/1", b); err == nil && !bytes.Equal(b, envelope) {
			t.Errorf("%x opens, though nobody sealed it", b)
		}
	})
}
