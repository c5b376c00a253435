package store

import (
	"encoding/binary"
	"errors"
	"fmt"
	"path/filepath"
	"time"

	bolt "go.etcd.io/bbolt"

	"github.com/banyan-rooms/banyan/crypto/identity"
)

const (
	databaseName = "banyan.db"
	keyName      = "identity.key"
	version      = 1
	dirMode      = 0o700
	fileMode     = 0o600
	lockTimeout  = 500 * time.Millisecond // a node that is just stopping lets go within this
)

// Bounds on what is kept.
const (
	MaxName  = 1 << 10  // bytes of a name or of a setting's name
	MaxItem  = 64 << 10 // bytes of an op or genesis, or of a step of a ticket
	MaxItems = 1 << 16  // ops of one room: acts of moderation, not listeners
	MaxSteps = 64       // of a ticket
	MaxValue = 1 << 20  // bytes of a setting
	MaxPeers = 256      // remembered; then the one met longest ago is forgotten
	MaxAddrs = 16       // of one peer
	maxAddr  = 512      // bytes of an address
)

// The buckets at the top.
var (
	bucketMeta     = []byte("meta")
	bucketSelf     = []byte("self")
	bucketRooms    = []byte("rooms")
	bucketCounters = []byte("counters")
	bucketUses     = []byte("uses")
	bucketPeers    = []byte("peers")
	bucketSettings = []byte("settings")
)

var (
	keyVersion = []byte("version")
	keySelf    = []byte("name")
)

// Store is an open data directory. It is safe for concurrent use.
type Store struct {
	db   *bolt.DB
	path string
	key  identity.Key
}

// Open opens a data directory, which it makes if there is none; if its identity is locked,
// ask is asked for the passphrase. Its errors are sentences for people.
func Open(dir string, ask Ask) (*Store, error) {
	if err := makeDir(dir); err != nil {
		return nil, err
	}
	s := &Store{path: filepath.Join(dir, databaseName)}
	var err error
	if s.db, err = openDB(s.path); err != nil {
		return nil, err
	}
	if err = s.prepare(); err == nil {
		s.key, err = loadKey(dir, ask) // under the database's lock: two nodes never make two keys
	}
	if err == nil {
		err = closeDoor(dir)
	}
	if err != nil {
		_ = s.db.Close()
		return nil, err
	}
	return s, nil
}

// prepare makes the buckets that are missing and refuses data of another version.
func (s *Store) prepare() error {
	return s.update(func(tx *bolt.Tx) error {
		for _, name := range [][]byte{
			bucketMeta, bucketSelf, bucketRooms, bucketCounters, bucketUses, bucketPeers, bucketSettings,
		} {
			if _, err := tx.CreateBucketIfNotExists(name); err != nil {
				return err
			}
		}
		meta := tx.Bucket(bucketMeta)
		got := meta.Get(keyVersion)
		switch {
		case got == nil:
			return meta.Put(keyVersion, number(version))
		case len(got) != 8:
			return fmt.Errorf("%w: version of %d bytes", ErrDamaged, len(got))
		case binary.BigEndian.Uint64(got) > version:
			return fmt.Errorf("%w (format %d, this one knows %d); use that version, or another data directory",
				ErrNewer, binary.BigEndian.Uint64(got), version)
		}
		return nil
	})
}

// Close closes the data directory.
func (s *Store) Close() error {
	err := closeDoor(filepath.Dir(s.path)) // while it is still this store's
	if failed := s.db.Close(); failed != nil {
		err = errors.Join(err, fmt.Errorf("close %s: %w", s.path, failed))
	}
	return err
}

// Key is the identity that the data directory belongs to.
func (s *Store) Key() identity.Key { return s.key }

// update writes in one transaction, which is on the disk when it returns.
func (s *Store) update(f func(tx *bolt.Tx) error) error { return sentence(s.path, s.db.Update(f)) }

// view reads a consistent state.
func (s *Store) view(f func(tx *bolt.Tx) error) error { return sentence(s.path, s.db.View(f)) }

// number encodes a number so that numbers sort.
func number(n uint64) []byte { return binary.BigEndian.AppendUint64(nil, n) }

// readNumber reads what number wrote; nothing is 0.
func readNumber(b []byte) (uint64, error) {
	switch len(b) {
	case 0:
		return 0, nil
	case 8:
		return binary.BigEndian.Uint64(b), nil
	}
	return 0, fmt.Errorf("%w: number of %d bytes", ErrDamaged, len(b))
}

// bound refuses what is larger than it may be.
func bound(what string, size, limit int) error {
	if size > limit {
		return fmt.Errorf("%s of %d bytes, at most %d: %w", what, size, limit, ErrTooLarge)
	}
	return nil
}

// Name is the person's own name, empty until it was chosen.
func (s *Store) Name() (name string, err error) {
	err = s.view(func(tx *bolt.Tx) error {
		name = string(tx.Bucket(bucketSelf).Get(keySelf))
		return nil
	})
	return name, err
}

// SetName keeps the person's own name.
func (s *Store) SetName(name string) error {
	if err := bound("name", len(name), MaxName); err != nil {
		return err
	}
	return s.update(func(tx *bolt.Tx) error { return tx.Bucket(bucketSelf).Put(keySelf, []byte(name)) })
}

// Setting returns what was kept under a name, nil if nothing was.
func (s *Store) Setting(name string) (value []byte, err error) {
	err = s.view(func(tx *bolt.Tx) error {
		value = clone(tx.Bucket(bucketSettings).Get([]byte(name)))
		return nil
	})
	return value, err
}

// PutSetting keeps something under a name; nil forgets it.
func (s *Store) PutSetting(name string, value []byte) error {
	if err := bound("setting's name", len(name), MaxName); err != nil {
		return err
	}
	if err := bound("setting", len(value), MaxValue); err != nil {
		return err
	}
	return s.update(func(tx *bolt.Tx) error {
		if value == nil {
			return tx.Bucket(bucketSettings).Delete([]byte(name))
		}
		return tx.Bucket(bucketSettings).Put([]byte(name), value)
	})
}

// clone copies what belongs to a transaction, keeping nil.
func clone(b []byte) []byte {
	if b == nil {
		return nil
	}
	return append([]byte{}, b...)
}
