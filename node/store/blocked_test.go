package store

import (
	"errors"
	"slices"
	"testing"

	"github.com/banyan-rooms/banyan/crypto/identity"
)

func TestBlocked(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir)
	if who, err := s.Blocked(); len(who) != 0 || err != nil {
		t.Errorf("at first: %v, %v", who, err)
	}
	want := []identity.ID{id(t), id(t)}
	if err := s.PutBlocked(want); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	s = open(t, dir)
	if got, err := s.Blocked(); err != nil || !slices.Equal(got, want) {
		t.Errorf("got %v, %v, want %v", got, err, want)
	}
	if err := s.PutBlocked(make([]identity.ID, MaxBlocked+1)); !errors.Is(err, ErrTooLarge) {
		t.Errorf("everybody: %v, want %v", err, ErrTooLarge)
	}
	if err := s.PutSetting(settingBlocked, []byte("x")); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Blocked(); !errors.Is(err, ErrDamaged) {
		t.Errorf("damaged: %v, want %v", err, ErrDamaged)
	}
}
