package store

import (
	"fmt"

	bolt "go.etcd.io/bbolt"

	"github.com/banyan-rooms/banyan/crypto/identity"
)

// MaxIssued is how many invites into one room are kept; further ones are refused.
const MaxIssued = 4096

// Issued are the invites into a room that were made here, in the order in which they
// were put first.
func (s *Store) Issued(id identity.RoomID) (records [][]byte, err error) {
	err = s.view(func(tx *bolt.Tx) error {
		b := issued(tx, id)
		if b == nil {
			return nil
		}
		return b.ForEach(func(k, v []byte) error {
			if len(k) == 8 { // the order
				records = append(records, clone(b.Get(v)))
			}
			return nil
		})
	})
	return records, err
}

// IssuedInvite is what is kept of one invite, nil if it was not made here.
func (s *Store) IssuedInvite(id identity.RoomID, invite [32]byte) (record []byte, err error) {
	err = s.view(func(tx *bolt.Tx) error {
		if b := issued(tx, id); b != nil {
			record = clone(b.Get(invite[:]))
		}
		return nil
	})
	return record, err
}

func issued(tx *bolt.Tx, id identity.RoomID) *bolt.Bucket {
	b := room(tx, id)
	if b == nil {
		return nil
	}
	return b.Bucket(bucketIssued)
}

// PutIssued keeps what is to be known of an invite that was made here, in place of what
// was kept of it before.
func (s *Store) PutIssued(id identity.RoomID, invite [32]byte, record []byte) error {
	if err := bound("record of an invite", len(record), MaxItem); err != nil {
		return err
	}
	return s.inRoom(id, func(b *bolt.Bucket) error {
		all, err := b.CreateBucketIfNotExists(bucketIssued)
		if err != nil {
			return err
		}
		if all.Get(invite[:]) == nil {
			next, err := all.NextSequence()
			if err != nil {
				return err
			}
			if next > MaxIssued {
				return fmt.Errorf("%d invites into one room, at most %d: %w", next, MaxIssued, ErrTooLarge)
			}
			if err := all.Put(number(next), invite[:]); err != nil {
				return err
			}
		}
		return all.Put(invite[:], record)
	})
}

// Uses is how many people have redeemed an invite here.
func (s *Store) Uses(invite [32]byte) (n uint64, err error) {
	err = s.view(func(tx *bolt.Tx) error {
		if b := tx.Bucket(bucketUses).Bucket(invite[:]); b != nil {
			n = b.Sequence()
		}
		return nil
	})
	return n, err
}
