package store

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"

	bolt "go.etcd.io/bbolt"
	bolterrors "go.etcd.io/bbolt/errors"
)

var (
	// ErrInUse says that another process has the data directory.
	ErrInUse = errors.New("the data directory is in use by another node")
	// ErrNewer says that a newer program wrote the data.
	ErrNewer = errors.New("the data was written by a newer version of this program")
	// ErrDamaged says that a file is not what this program wrote.
	ErrDamaged = errors.New("the data is damaged")
	// ErrUnknownRoom says that something belongs to a room that is not kept.
	ErrUnknownRoom = errors.New("room is not kept")
	// ErrTooLarge says that something is over its bound.
	ErrTooLarge = errors.New("too large to keep")
)

// sentence says what went wrong with a file of the data directory, and what to do
// about it.
func sentence(path string, err error) error {
	dir := filepath.Dir(path)
	switch {
	case err == nil:
		return nil
	case errors.Is(err, bolterrors.ErrTimeout):
		return fmt.Errorf("%w: %s; stop it, or give this one a data directory of its own", ErrInUse, dir)
	case errors.Is(err, syscall.ENOSPC), errors.Is(err, syscall.EDQUOT):
		return fmt.Errorf("the disk that holds %s is full; make room and start again: %w", dir, err)
	case errors.Is(err, syscall.EROFS):
		return fmt.Errorf("the disk that holds %s is read-only; give another data directory: %w", dir, err)
	case errors.Is(err, fs.ErrPermission):
		return fmt.Errorf("this user may not write to %s; change its owner, or give another data directory: %w", dir, err)
	case errors.Is(err, syscall.ENOTDIR), errors.Is(err, syscall.EEXIST):
		return fmt.Errorf("%s is not a directory; give another data directory: %w", dir, err)
	case errors.Is(err, bolterrors.ErrInvalid), errors.Is(err, bolterrors.ErrChecksum), errors.Is(err, bolterrors.ErrVersionMismatch):
		return fmt.Errorf("%w: %s is not a database of this program; bring back a copy of it, or move it away to begin with an empty one: %w",
			ErrDamaged, path, err)
	}
	if errno := syscall.Errno(0); errors.As(err, &errno) {
		return fmt.Errorf("%s: %w", path, err)
	}
	return err
}

// openDB opens the database, or says in a sentence why it cannot.
func openDB(path string) (db *bolt.DB, err error) {
	defer func() { // bbolt panics over some pages that it did not write
		if r := recover(); r != nil {
			db, err = nil, sentence(path, fmt.Errorf("%w: %v", bolterrors.ErrInvalid, r))
		}
	}()
	db, err = bolt.Open(path, fileMode, &bolt.Options{Timeout: lockTimeout, FreelistType: bolt.FreelistMapType})
	return db, sentence(path, err)
}

// makeDir makes the data directory if there is none.
func makeDir(dir string) error {
	if err := os.MkdirAll(dir, dirMode); err != nil {
		return sentence(filepath.Join(dir, databaseName), err)
	}
	return nil
}
