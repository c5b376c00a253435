package store

import (
	"errors"
	"fmt"
	"math"

	bolt "go.etcd.io/bbolt"

	"github.com/banyan-rooms/banyan/crypto/identity"
)

// Reserve takes n numbers of a counter and returns the first; no number is ever
// returned twice, whatever happens to the process or to the counter's room.
func (s *Store) Reserve(counter []byte, n uint64) (first uint64, err error) {
	if len(counter) == 0 {
		return 0, errors.New("reserve numbers: the counter has no name")
	}
	if err := bound("counter's name", len(counter), MaxName); err != nil {
		return 0, err
	}
	err = s.update(func(tx *bolt.Tx) error {
		b := tx.Bucket(bucketCounters)
		var err error
		if first, err = readNumber(b.Get(counter)); err != nil {
			return err
		}
		if n > math.MaxUint64-first {
			return fmt.Errorf("reserve %d numbers from %d: the counter is used up", n, first)
		}
		return b.Put(counter, number(first+n))
	})
	if err != nil {
		return 0, err
	}
	return first, nil
}

// Redeem returns which use of an invite a holder's is: the same at each call, else
// the next one. ok is false when limit (0 is none) people have used it.
func (s *Store) Redeem(invite [32]byte, holder identity.ID, limit uint32) (use uint32, ok bool, err error) {
	err = s.update(func(tx *bolt.Tx) error {
		b, err := tx.Bucket(bucketUses).CreateBucketIfNotExists(invite[:])
		if err != nil {
			return err
		}
		if got := b.Get(holder[:]); got != nil {
			before, err := readNumber(got)
			use, ok = uint32(before), err == nil
			return err
		}
		if used := b.Sequence(); limit > 0 && used >= uint64(limit) || used > math.MaxUint32 {
			return nil
		}
		next, err := b.NextSequence()
		if err != nil {
			return err
		}
		use, ok = uint32(next-1), true
		return b.Put(holder[:], number(next-1))
	})
	if err != nil {
		return 0, false, err
	}
	return use, ok, nil
}
