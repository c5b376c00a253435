package store

import (
	"bytes"
	"crypto/rand"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/banyan-rooms/banyan/crypto/identity"
)

// asked answers with each passphrase in turn, and counts.
func asked(whose identity.ID, passphrases ...string) (ask Ask, times *int) {
	times = new(int)
	return func(of identity.ID, wrong int) (string, error) {
		if of != whose || wrong != *times {
			return "", errors.New("asked for somebody else, or miscounted")
		}
		if *times == len(passphrases) {
			return "", errors.New("nothing more to say")
		}
		*times++
		return passphrases[wrong], nil
	}, times
}

// to is what an identity is to be locked with.
func to(passphrase string) func() (string, error) {
	return func() (string, error) { return passphrase, nil }
}

func TestReadIDWhileANodeRuns(t *testing.T) {
	dir := t.TempDir()
	if id, err := ReadID(dir); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("nobody is %v, %v", id, err)
	}
	s := open(t, dir)
	if id, err := ReadID(dir); err != nil || id != s.Key().ID() {
		t.Errorf("read %v, %v, want %v", id, err, s.Key().ID())
	}
	if key, err := ReadKey(dir, nil); err != nil || key.ID() != s.Key().ID() {
		t.Errorf("read %v, %v, want that of %v", key, err, s.Key().ID())
	}
}

func TestALockedIdentity(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir)
	who, path := s.Key().ID(), filepath.Join(dir, keyName)
	plain, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := LockKey(dir, nil, to("correct horse")); err != nil { // while the store is open
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	locked, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	raw, err := s.Key().Marshal()
	if err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != fileMode {
		t.Errorf("the file's mode: %v, %v", info.Mode(), err)
	}
	if bytes.Contains(locked, bytes.TrimSpace(plain)) || bytes.Contains(locked, raw) || len(locked) > maxKeyFile/2 {
		t.Errorf("locked, the file has %d bytes:\n%s", len(locked), locked)
	}
	if id, err := ReadID(dir); err != nil || id != who {
		t.Errorf("whose it is: %v, %v; want %v", id, err, who)
	}
	if _, err := Open(dir, nil); !errors.Is(err, ErrLocked) {
		t.Errorf("opened without a passphrase: %v, want %v", err, ErrLocked)
	}
	ask, times := asked(who, "", "battery staple", "correct horse")
	s, err = Open(dir, ask)
	if err != nil || s.Key().ID() != who || *times != 3 {
		t.Fatalf("opened after %d answers: %v", *times, err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}

	// Whoever stops asking has the error that they gave, and the file stays.
	ask, _ = asked(who, "battery staple")
	if err := LockKey(dir, ask, to("another")); err == nil || errors.Is(err, ErrDamaged) || !strings.Contains(err.Error(), "nothing more to say") {
		t.Errorf("locked anew with a wrong passphrase: %v", err)
	}
	if now, err := os.ReadFile(path); err != nil || !bytes.Equal(now, locked) {
		t.Errorf("the file is another one: %v", err)
	}

	// What the file says of whose it is, is checked.
	lied := strings.Replace(string(locked), who.String(), id(t).String(), 1)
	if err := os.WriteFile(path, []byte(lied), fileMode); err != nil {
		t.Fatal(err)
	}
	always := func(identity.ID, int) (string, error) { return "correct horse", nil }
	if _, err := ReadKey(dir, always); !errors.Is(err, ErrDamaged) {
		t.Errorf("an identity under another's name: %v, want %v", err, ErrDamaged)
	}
	for name, text := range map[string]string{
		"cut":       string(locked[:len(locked)/2]),
		"empty":     lockedBy + who.String() + "\n",
		"nobody's":  lockedBy + "12D3KooW\n" + strings.SplitN(string(locked), "\n", 2)[1],
		"disturbed": strings.Replace(string(locked), "BEGIN AGE", "BEGIN EGG", 1),
	} {
		if err := os.WriteFile(path, []byte(text), fileMode); err != nil {
			t.Fatal(err)
		}
		if _, err := ReadKey(dir, always); !errors.Is(err, ErrDamaged) {
			t.Errorf("%s: %v, want %v", name, err, ErrDamaged)
		}
	}

	if err := os.WriteFile(path, locked, fileMode); err != nil {
		t.Fatal(err)
	}
	if err := LockKey(dir, always, to("")); err != nil {
		t.Fatal(err)
	}
	if now, err := os.ReadFile(path); err != nil || !bytes.Equal(now, plain) {
		t.Errorf("unlocked for good, the file is not what it was: %v", err)
	}
}

func TestImport(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "new")
	key, err := identity.Generate(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	other, err := identity.Generate(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	if err := Import(dir, key); err != nil {
		t.Fatal(err)
	}
	if err := Import(dir, key); err != nil {
		t.Errorf("once more: %v", err)
	}
	if err := Import(dir, other); !errors.Is(err, ErrTaken) {
		t.Errorf("over somebody else: %v, want %v", err, ErrTaken)
	}
	s := open(t, dir)
	if s.Key().ID() != key.ID() {
		t.Errorf("the directory is of %v, want %v", s.Key(), key)
	}
	if err := Import(dir, key); !errors.Is(err, ErrInUse) {
		t.Errorf("while a node runs: %v, want %v", err, ErrInUse)
	}
	if err := Import(t.TempDir(), identity.Key{}); err == nil {
		t.Error("nobody was imported")
	}
}
