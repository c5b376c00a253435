package store

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
)

func TestDoorIsThereWhileTheStoreIsOpen(t *testing.T) {
	dir := t.TempDir()
	if _, err := FindDoor(dir); !errors.Is(err, ErrNoDoor) {
		t.Errorf("a door before the first start: %v", err)
	}
	s := open(t, dir)
	if _, err := FindDoor(dir); !errors.Is(err, ErrNoDoor) {
		t.Errorf("a door before it was opened: %v", err)
	}
	want := Door{Address: "http://127.0.0.1:7777", Token: "secret"}
	if err := s.OpenDoor(want); err != nil {
		t.Fatal(err)
	}
	if got, err := FindDoor(dir); err != nil || got != want {
		t.Errorf("found %v, %v, want %v", got, err, want)
	}
	info, err := os.Stat(filepath.Join(dir, doorName))
	if err != nil || info.Mode().Perm() != fileMode {
		t.Errorf("the token can be read by others: %v, %v", info.Mode(), err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := FindDoor(dir); !errors.Is(err, ErrNoDoor) {
		t.Errorf("a door after the end: %v", err)
	}
}

func TestDoorOfAKilledNodeIsForgotten(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, doorName), []byte(`{"address":"http://127.0.0.1:1"}`), fileMode); err != nil {
		t.Fatal(err)
	}
	open(t, dir)
	if got, err := FindDoor(dir); !errors.Is(err, ErrNoDoor) {
		t.Errorf("found %v, %v", got, err)
	}
}

func TestDamagedDoor(t *testing.T) {
	for name, text := range map[string][]byte{"cut": []byte(`{"address`), "long": make([]byte, maxDoorFile+1)} {
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, doorName), text, fileMode); err != nil {
			t.Fatal(err)
		}
		if got, err := FindDoor(dir); err == nil || errors.Is(err, ErrNoDoor) {
			t.Errorf("%s: found %v, %v", name, got, err)
		}
	}
}
