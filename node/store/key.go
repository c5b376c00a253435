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

const maxKeyFile = 4 << 10 // bytes; ours have 97

// loadKey reads the identity of a data directory, or makes one.
func loadKey(dir string) (identity.Key, error) {
	path := filepath.Join(dir, keyName)
	key, err := readKey(path)
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

// readKey reads an identity.
func readKey(path string) (identity.Key, error) {
	text, err := readFile(path, maxKeyFile)
	switch {
	case errors.Is(err, errLong):
		return identity.Key{}, damagedKey(path, err)
	case err != nil:
		return identity.Key{}, err
	}
	raw, err := base64.StdEncoding.DecodeString(strings.TrimSpace(string(text)))
	if err != nil {
		return identity.Key{}, damagedKey(path, err)
	}
	key, err := identity.ParseKey(raw)
	if err != nil {
		return identity.Key{}, damagedKey(path, err)
	}
	return key, nil
}

func damagedKey(path string, err error) error {
	return fmt.Errorf("%w: %s holds no identity; bring back a copy of it, or move it away to become someone new: %w",
		ErrDamaged, path, err)
}

// makeKey makes an identity. A file of that name is there whole or not at all.
func makeKey(dir string) (identity.Key, error) {
	path := filepath.Join(dir, keyName)
	key, err := identity.Generate(rand.Reader)
	if err != nil {
		return identity.Key{}, err
	}
	raw, err := key.Marshal()
	if err != nil {
		return identity.Key{}, fmt.Errorf("write identity: %w", err)
	}
	text := base64.StdEncoding.EncodeToString(raw) + "\n"
	if err := writeWhole(path, []byte(text)); err != nil {
		return identity.Key{}, sentence(path, err)
	}
	return key, nil
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
