package store

import (
	"cmp"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"slices"

	bolt "go.etcd.io/bbolt"

	"github.com/banyan-rooms/banyan/crypto/canon"
	"github.com/banyan-rooms/banyan/crypto/identity"
)

// What a room's bucket holds.
var (
	keyOrder      = []byte("order")
	keyGenesis    = []byte("genesis")
	keyTicket     = []byte("ticket")
	bucketItems   = []byte("items")
	bucketHashes  = []byte("hashes")
	bucketSecrets = []byte("secrets")
	bucketIssued  = []byte("issued")
)

// room returns a room's bucket, nil for a room that is not kept.
func room(tx *bolt.Tx, id identity.RoomID) *bolt.Bucket { return tx.Bucket(bucketRooms).Bucket(id[:]) }

// inRoom writes into a room's bucket.
func (s *Store) inRoom(id identity.RoomID, f func(b *bolt.Bucket) error) error {
	return s.update(func(tx *bolt.Tx) error {
		b := room(tx, id)
		if b == nil {
			return fmt.Errorf("%w: %s", ErrUnknownRoom, id.Short())
		}
		return f(b)
	})
}

// Rooms are the rooms that are kept, in the order in which they came.
func (s *Store) Rooms() ([]identity.RoomID, error) {
	type place struct {
		id    identity.RoomID
		order uint64
	}
	var places []place
	err := s.view(func(tx *bolt.Tx) error {
		all := tx.Bucket(bucketRooms)
		return all.ForEachBucket(func(k []byte) error {
			order, err := readNumber(all.Bucket(k).Get(keyOrder))
			if err != nil || len(k) != len(identity.RoomID{}) {
				return fmt.Errorf("%w: room %x", ErrDamaged, k)
			}
			places = append(places, place{identity.RoomID(k), order})
			return nil
		})
	})
	slices.SortFunc(places, func(a, b place) int { return cmp.Compare(a.order, b.order) })
	ids := make([]identity.RoomID, len(places))
	for i, p := range places {
		ids[i] = p.id
	}
	return ids, err
}

// Genesis is a room's genesis, nil for a room that is not kept.
func (s *Store) Genesis(id identity.RoomID) (genesis []byte, err error) {
	err = s.view(func(tx *bolt.Tx) error {
		if b := room(tx, id); b != nil {
			genesis = clone(b.Get(keyGenesis))
		}
		return nil
	})
	return genesis, err
}

// PutGenesis begins to keep a room. For a room that is kept it changes nothing.
func (s *Store) PutGenesis(id identity.RoomID, genesis []byte) error {
	if err := bound("genesis", len(genesis), MaxItem); err != nil {
		return err
	}
	return s.update(func(tx *bolt.Tx) error {
		if room(tx, id) != nil {
			return nil
		}
		all := tx.Bucket(bucketRooms)
		order, err := all.NextSequence()
		if err != nil {
			return err
		}
		b, err := all.CreateBucket(id[:])
		if err != nil {
			return err
		}
		for _, name := range [][]byte{bucketItems, bucketHashes, bucketSecrets} {
			if _, err := b.CreateBucket(name); err != nil {
				return err
			}
		}
		if err := b.Put(keyOrder, number(order)); err != nil {
			return err
		}
		return b.Put(keyGenesis, genesis)
	})
}

// ForgetRoom forgets a room with all that belongs to it but the numbers that its
// counters gave out. A room that is not kept is forgotten already.
func (s *Store) ForgetRoom(id identity.RoomID) error {
	return s.update(func(tx *bolt.Tx) error {
		if room(tx, id) == nil {
			return nil
		}
		return tx.Bucket(bucketRooms).DeleteBucket(id[:])
	})
}

// Items are a room's ops in the order in which they were put.
func (s *Store) Items(id identity.RoomID) (items [][]byte, err error) {
	err = s.view(func(tx *bolt.Tx) error {
		b := room(tx, id)
		if b == nil {
			return nil
		}
		return b.Bucket(bucketItems).ForEach(func(_, item []byte) error {
			items = append(items, clone(item))
			return nil
		})
	})
	return items, err
}

// PutItem keeps an op of a room. One that is kept changes nothing.
func (s *Store) PutItem(id identity.RoomID, item []byte) error {
	if err := bound("op", len(item), MaxItem); err != nil {
		return err
	}
	hash := sha256.Sum256(item)
	return s.inRoom(id, func(b *bolt.Bucket) error {
		hashes, items := b.Bucket(bucketHashes), b.Bucket(bucketItems)
		if hashes.Get(hash[:]) != nil {
			return nil
		}
		if items.Sequence() >= MaxItems {
			return fmt.Errorf("op number %d of room %s: %w", items.Sequence()+1, id.Short(), ErrTooLarge)
		}
		next, err := items.NextSequence()
		if err != nil {
			return err
		}
		if err := hashes.Put(hash[:], []byte{}); err != nil {
			return err
		}
		return items.Put(number(next), item)
	})
}

// Ticket is the chain of invites by which one is in a room, nil without one.
func (s *Store) Ticket(id identity.RoomID) (chain [][]byte, err error) {
	err = s.view(func(tx *bolt.Tx) error {
		b := room(tx, id)
		if b == nil || b.Get(keyTicket) == nil {
			return nil
		}
		if err := canon.Unmarshal(b.Get(keyTicket), &chain); err != nil {
			return fmt.Errorf("%w: ticket of room %s: %w", ErrDamaged, id.Short(), err)
		}
		return nil
	})
	return chain, err
}

// PutTicket keeps the chain of invites by which one is in a room.
func (s *Store) PutTicket(id identity.RoomID, chain [][]byte) error {
	if len(chain) > MaxSteps {
		return fmt.Errorf("ticket of %d steps, at most %d: %w", len(chain), MaxSteps, ErrTooLarge)
	}
	for _, step := range chain {
		if err := bound("step of a ticket", len(step), MaxItem); err != nil {
			return err
		}
	}
	ticket, err := canon.Marshal(chain)
	if err != nil {
		return err
	}
	return s.inRoom(id, func(b *bolt.Bucket) error { return b.Put(keyTicket, ticket) })
}

// Secret is the secret of a room's epoch, if it is kept.
func (s *Store) Secret(id identity.RoomID, epoch uint32) (secret [32]byte, known bool, err error) {
	err = s.view(func(tx *bolt.Tx) error {
		b := room(tx, id)
		if b == nil {
			return nil
		}
		got := b.Bucket(bucketSecrets).Get(binary.BigEndian.AppendUint32(nil, epoch))
		if known = got != nil; known && len(got) != len(secret) {
			return fmt.Errorf("%w: secret of %d bytes", ErrDamaged, len(got))
		}
		copy(secret[:], got)
		return nil
	})
	return secret, known && err == nil, err
}

// PutSecret keeps the secret of a room's epoch.
func (s *Store) PutSecret(id identity.RoomID, epoch uint32, secret [32]byte) error {
	return s.inRoom(id, func(b *bolt.Bucket) error {
		return b.Bucket(bucketSecrets).Put(binary.BigEndian.AppendUint32(nil, epoch), secret[:])
	})
}
