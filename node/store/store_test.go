package store

import (
	"bytes"
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"testing"

	bolt "go.etcd.io/bbolt"
	bolterrors "go.etcd.io/bbolt/errors"

	"github.com/banyan-rooms/banyan/crypto/identity"
)

// open opens a data directory until the test ends.
func open(t testing.TB, dir string) *Store {
	t.Helper()
	s, err := Open(dir, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

func id(t testing.TB) identity.ID {
	t.Helper()
	key, err := identity.Generate(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return key.ID()
}

func TestFirstStartAndSecond(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "a", "b")
	s := open(t, dir)
	who := s.Key().ID()
	if name, err := s.Name(); name != "" || err != nil {
		t.Errorf("name %q, %v, want none", name, err)
	}
	if err := s.SetName("Ann"); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	s = open(t, dir)
	if name, err := s.Name(); name != "Ann" || err != nil {
		t.Errorf("name %q, %v, want Ann", name, err)
	}
	if s.Key().ID() != who {
		t.Error("another identity after a restart")
	}
	if runtime.GOOS == "windows" {
		return
	}
	for path, want := range map[string]os.FileMode{
		dir: 0o700, filepath.Join(dir, keyName): 0o600, filepath.Join(dir, databaseName): 0o600,
	} {
		info, err := os.Stat(path)
		if err != nil {
			t.Fatal(err)
		}
		if got := info.Mode().Perm(); got != want {
			t.Errorf("%s has mode %o, want %o", path, got, want)
		}
	}
	files, err := os.ReadDir(dir)
	if err != nil || len(files) != 2 {
		t.Errorf("files %v, %v, want two", files, err)
	}
}

func TestSecondNodeOnTheSameDirectory(t *testing.T) {
	dir := t.TempDir()
	first := open(t, dir)
	_, err := Open(dir, nil)
	if !errors.Is(err, ErrInUse) || !strings.Contains(err.Error(), dir) {
		t.Errorf("second open: %v, want ErrInUse and the directory", err)
	}
	if err := first.SetName("still there"); err != nil {
		t.Error(err)
	}
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	open(t, dir)
}

func TestBadDirectories(t *testing.T) {
	write := func(name, text string) func(t *testing.T, dir string) {
		return func(t *testing.T, dir string) {
			t.Helper()
			if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
		}
	}
	tests := []struct {
		name    string
		prepare func(t *testing.T, dir string)
		under   string // the data directory's name within dir
		want    error
		words   string
	}{
		{"a file for a directory", write("data", "x"), "data", syscall.ENOTDIR, "is not a directory"},
		{"a file above it", write("data", "x"), "data/deeper", syscall.ENOTDIR, "is not a directory"},
		{"not a database", write(databaseName, strings.Repeat("hello", 10000)), "", ErrDamaged, "not a database of this program"},
		{"key of rubbish", write(keyName, "hello!"), "", ErrDamaged, "holds no identity"},
		{"empty key", write(keyName, ""), "", ErrDamaged, "holds no identity"},
		{"key of another kind", write(keyName, "CAISIA=="), "", ErrDamaged, "holds no identity"},
		{"a key as large as a film", write(keyName, strings.Repeat("A", maxKeyFile+1)), "", ErrDamaged, "holds no identity"},
		{"a newer database", func(t *testing.T, dir string) {
			t.Helper()
			s := open(t, dir)
			err := s.update(func(tx *bolt.Tx) error { return tx.Bucket(bucketMeta).Put(keyVersion, number(version+1)) })
			if err := errors.Join(err, s.Close()); err != nil {
				t.Fatal(err)
			}
		}, "", ErrNewer, "format 2, this one knows 1"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			dir := t.TempDir()
			tt.prepare(t, dir)
			_, err := Open(filepath.Join(dir, tt.under), nil)
			if !errors.Is(err, tt.want) || !strings.Contains(err.Error(), tt.words) {
				t.Errorf("got %v, want %v and %q", err, tt.want, tt.words)
			}
		})
	}
}

func TestSentences(t *testing.T) {
	path := filepath.Join("data", databaseName)
	own := errors.New("own words")
	tests := []struct {
		err   error
		words string
	}{
		{&fs.PathError{Op: "write", Path: path, Err: syscall.ENOSPC}, "the disk that holds data is full"},
		{&fs.PathError{Op: "open", Path: path, Err: syscall.EACCES}, "this user may not write to data"},
		{&fs.PathError{Op: "open", Path: path, Err: syscall.EROFS}, "is read-only"},
		{&fs.PathError{Op: "write", Path: path, Err: syscall.EIO}, path},
		{bolterrors.ErrChecksum, "not a database of this program"},
		{own, "own words"},
	}
	for _, tt := range tests {
		if got := sentence(path, tt.err); !errors.Is(got, tt.err) || !strings.Contains(got.Error(), tt.words) {
			t.Errorf("%v: %v, want %q", tt.err, got, tt.words)
		}
	}
	if sentence(path, nil) != nil {
		t.Error("nothing is an error")
	}
}

func TestKeyThatOthersCanReadIsTightened(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("no such modes")
	}
	dir := t.TempDir()
	if err := open(t, dir).Close(); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, keyName)
	if err := os.Chmod(path, 0o644); err != nil {
		t.Fatal(err)
	}
	open(t, dir)
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != fileMode {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
}

func TestSettings(t *testing.T) {
	s := open(t, t.TempDir())
	for _, value := range [][]byte{[]byte("dark"), {}, nil} {
		if err := s.PutSetting("theme", value); err != nil {
			t.Fatal(err)
		}
		if got, err := s.Setting("theme"); err != nil || !bytes.Equal(got, value) || (got == nil) != (value == nil) {
			t.Errorf("got %v, %v, want %v", got, err, value)
		}
	}
}

func TestPeersAreBounded(t *testing.T) {
	s := open(t, t.TempDir())
	first := id(t)
	addr := func(i int) []string { return []string{fmt.Sprintf("/ip4/192.0.2.1/tcp/%d", i)} }
	if err := s.PutPeers(map[identity.ID][]string{first: addr(0)}); err != nil {
		t.Fatal(err)
	}
	met := make([]identity.ID, MaxPeers+2)
	for i := range met {
		if met[i] = id(t); i == 10 {
			if err := s.PutPeers(map[identity.ID][]string{first: addr(9999)}); err != nil { // met again
				t.Fatal(err)
			}
		}
		if err := s.PutPeers(map[identity.ID][]string{met[i]: addr(i + 1)}); err != nil {
			t.Fatal(err)
		}
	}
	got, err := s.Peers()
	if err != nil || len(got) != MaxPeers || got[0] != addr(len(met))[0] {
		t.Fatalf("%d peers, the latest %v, %v", len(got), got[:1], err)
	}
	if slices.Contains(got, addr(1)[0]) || !slices.Contains(got, addr(9999)[0]) {
		t.Error("not the one met longest ago was forgotten")
	}
	if err := s.PutPeers(map[identity.ID][]string{first: {"", strings.Repeat("x", maxAddr+1)}}); err != nil {
		t.Fatal(err)
	}
	if got, err = s.Peers(); err != nil || slices.Contains(got, addr(9999)[0]) {
		t.Errorf("a peer without an address is remembered: %v", err)
	}
	if err := s.PutPeers(map[identity.ID][]string{{}: addr(1)}); err == nil {
		t.Error("remembered nobody")
	}
}
