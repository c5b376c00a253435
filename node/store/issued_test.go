package store

import (
	"errors"
	"fmt"
	"slices"
	"testing"

	"github.com/banyan-rooms/banyan/crypto/identity"
)

func TestIssuedInvitesAreKeptInOrder(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir)
	room := identity.RoomID{1}
	if err := s.PutIssued(room, [32]byte{1}, nil); !errors.Is(err, ErrUnknownRoom) {
		t.Errorf("into a room that is not kept: %v, want %v", err, ErrUnknownRoom)
	}
	if err := s.PutGenesis(room, []byte("genesis")); err != nil {
		t.Fatal(err)
	}
	want := []string{"nine", "two", "five"}
	for n, id := range []byte{9, 2, 5, 2} {
		if err := s.PutIssued(room, [32]byte{id}, []byte(want[min(n, 2)])); err != nil {
			t.Fatal(err)
		}
	}
	want[1] = "five" // was put again
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	s = open(t, dir)
	var got []string
	records, err := s.Issued(room)
	for _, r := range records {
		got = append(got, string(r))
	}
	if err != nil || !slices.Equal(got, want) {
		t.Errorf("got %v, %v, want %v", got, err, want)
	}
	one, err := s.IssuedInvite(room, [32]byte{2})
	none, err2 := s.IssuedInvite(room, [32]byte{3})
	if string(one) != "five" || none != nil || errors.Join(err, err2) != nil {
		t.Errorf("one is %q, %v, another %q, %v", one, err, none, err2)
	}
	if err := s.PutIssued(room, [32]byte{7}, make([]byte, MaxItem+1)); !errors.Is(err, ErrTooLarge) {
		t.Errorf("a huge record: %v, want %v", err, ErrTooLarge)
	}
	if records, err := s.Issued(identity.RoomID{2}); len(records) != 0 || err != nil {
		t.Errorf("of an unknown room: %v, %v", records, err)
	}
}

func TestUses(t *testing.T) {
	s := open(t, t.TempDir())
	link := [32]byte{3}
	for n := range 3 {
		if used, err := s.Uses(link); err != nil || used != uint64(n) {
			t.Errorf("%d uses, %v, want %d", used, err, n)
		}
		for range 2 { // the same person again is no use more
			if _, ok, err := s.Redeem(link, identity.ID(fmt.Appendf(make([]byte, 0, 32), "%032d", n)), 5); !ok || err != nil {
				t.Fatal(ok, err)
			}
		}
	}
}
