package store

import (
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/banyan-rooms/banyan/crypto/identity"
)

const maxKeyFile = 4 << 10 // bytes; ours have 97, locked ones about 600

// ErrTaken says that a data directory belongs to somebody else already.
var ErrTaken = errors.New("the data directory belongs to somebody else")

// ReadID reads whose a data directory is, also while a node has it or the identity is
// locked. The error is [fs.ErrNotExist] where nobody has been anybody yet.
func ReadID(dir string) (identity.ID, error) {
	f, err := readKeyFile(dir)
	return f.id, err
}

// ReadKey reads the identity of a data directory, also while a node has it. Of one that is
// locked, ask is asked for the passphrase.
func ReadKey(dir string, ask Ask) (identity.Key, error) {
	f, err := readKeyFile(dir)
	if err != nil {
		return identity.Key{}, err
	}
	return f.open(ask)
}

// Import makes somebody's data directory of one that is nobody's yet. It changes nothing
// if it is theirs; if it is somebody else's, the error is [ErrTaken].
func Import(dir string, key identity.Key) error {
	if err := makeDir(dir); err != nil {
		return err
	}
	db, err := openDB(filepath.Join(dir, databaseName)) // so that no node makes another identity meanwhile
	if err != nil {
		return err
	}
	id, err := ReadID(dir)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		err = writeKey(dir, key, "")
	case err == nil && id != key.ID():
		err = fmt.Errorf("%w, %s: %s; give another one", ErrTaken, id, dir)
	}
	return errors.Join(err, db.Close())
}

// LockKey locks the identity of a data directory with a passphrase, or changes the
// passphrase; an empty one unlocks it for good. A node that runs on it goes on. ask is
// asked for the passphrase that it has now, if it has one, and then next for the other.
func LockKey(dir string, ask Ask, next func() (passphrase string, err error)) error {
	key, err := ReadKey(dir, ask)
	if err != nil {
		return err
	}
	passphrase, err := next()
	if err != nil {
		return err
	}
	return writeKey(dir, key, passphrase)
}

// loadKey reads the identity of a data directory, or makes one.
func loadKey(dir string, ask Ask) (identity.Key, error) {
	path := filepath.Join(dir, keyName)
	key, err := ReadKey(dir, ask)
	if errors.Is(err, fs.ErrNotExist) {
		return makeKey(dir)
	}
	if err != nil {
		return identity.Key{}, err
	}
	info, err := os.Stat(path)
	if err == nil && info.Mode().Perm()&0o077 != 0 { // copied without care; others need not read on
		err = os.Chmod(path, fileMode)
	}
	return key, sentence(path, err)
}

// makeKey makes an identity.
func makeKey(dir string) (identity.Key, error) {
	key, err := identity.Generate(rand.Reader)
	if err != nil {
		return identity.Key{}, err
	}
	return key, writeKey(dir, key, "")
}

// keyFile is an identity as it is kept.
type keyFile struct {
	path   string
	id     identity.ID // as the file says, which whoever can write it may have changed
	key    identity.Key
	locked bool
	sealed string // the key, if it is locked
}

// readKeyFile reads what is kept.
func readKeyFile(dir string) (keyFile, error) {
	f := keyFile{path: filepath.Join(dir, keyName)}
	text, err := readFile(f.path, maxKeyFile)
	switch {
	case errors.Is(err, errLong):
		return f, damagedKey(f.path, err)
	case err != nil:
		return f, err
	}
	var whose string
	if whose, f.sealed, f.locked = cutLocked(string(text)); f.locked {
		f.id, err = identity.ParseID(whose)
	} else {
		f.key, err = decodeKey(string(text))
		f.id = f.key.ID()
	}
	if err != nil {
		return f, damagedKey(f.path, err)
	}
	return f, nil
}

// open is the key, for which ask may have to be asked.
func (f keyFile) open(ask Ask) (identity.Key, error) {
	if !f.locked {
		return f.key, nil
	}
	text, err := unseal(f.sealed, f.id, ask)
	if err != nil {
		if errors.Is(err, ErrLocked) || errors.Is(err, errAsk) {
			return identity.Key{}, fmt.Errorf("%s: %w", f.path, err)
		}
		return identity.Key{}, damagedKey(f.path, err)
	}
	key, err := decodeKey(text)
	if err == nil && key.ID() != f.id {
		err = fmt.Errorf("it is of %s, and says that it is of %s", key.ID(), f.id)
	}
	if err != nil {
		return identity.Key{}, damagedKey(f.path, err)
	}
	return key, nil
}

// writeKey keeps an identity, locked if there is a passphrase. The file is there whole or
// not at all.
func writeKey(dir string, key identity.Key, passphrase string) error {
	raw, err := key.Marshal()
	if err != nil {
		return err
	}
	text := base64.StdEncoding.EncodeToString(raw) + "\n"
	if passphrase != "" {
		if text, err = seal(text, key.ID(), passphrase); err != nil {
			return fmt.Errorf("lock the identity: %w", err)
		}
	}
	path := filepath.Join(dir, keyName)
	return sentence(path, writeWhole(path, []byte(text)))
}

func decodeKey(text string) (identity.Key, error) {
	raw, err := base64.StdEncoding.DecodeString(strings.TrimSpace(text))
	if err != nil {
		return identity.Key{}, err
	}
	return identity.ParseKey(raw)
}

func damagedKey(path string, err error) error {
	return fmt.Errorf("%w: %s holds no identity; bring back a copy of it, or move it away to become someone new: %w",
		ErrDamaged, path, err)
}

// writeWhole writes a file by way of another, and has it on the disk when it
// returns.
func writeWhole(path string, data []byte) (err error) {
	f, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+".new-*") // mode 0600
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, os.Remove(f.Name()))
		}
	}()
	_, err = f.Write(data)
	if err == nil {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err != nil {
		return err
	}
	if err = os.Rename(f.Name(), path); err != nil {
		return err
	}
	return syncDir(filepath.Dir(path))
}
