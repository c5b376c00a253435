package store

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"slices"

	bolt "go.etcd.io/bbolt"

	"github.com/banyan-rooms/banyan/crypto/canon"
	"github.com/banyan-rooms/banyan/crypto/identity"
)

// remembered is a peer that was met. The higher its order, the later.
type remembered struct {
	Order uint64   `cbor:"1,keyasint"`
	Addrs []string `cbor:"2,keyasint"`
	id    []byte
}

// peers reads all remembered peers, the latest first.
func peers(b *bolt.Bucket) ([]remembered, error) {
	var all []remembered
	err := b.ForEach(func(k, v []byte) error {
		p := remembered{id: clone(k)}
		if err := canon.Unmarshal(v, &p); err != nil {
			return fmt.Errorf("%w: peer %x: %w", ErrDamaged, k, err)
		}
		all = append(all, p)
		return nil
	})
	slices.SortFunc(all, func(a, b remembered) int { return cmp.Compare(b.Order, a.Order) })
	return all, err
}

// Peers are the addresses of peers met before, the latest first.
func (s *Store) Peers() ([]string, error) {
	var addrs []string
	err := s.view(func(tx *bolt.Tx) error {
		all, err := peers(tx.Bucket(bucketPeers))
		for _, p := range all {
			addrs = append(addrs, p.Addrs...)
		}
		return err
	})
	return addrs, err
}

// PutPeers keeps the addresses of peers that were met just now, and forgets those that
// were met longest ago if there are more than MaxPeers. Addresses beyond MaxAddrs, or
// too long to be any, are left out; a peer without any is forgotten.
func (s *Store) PutPeers(met map[identity.ID][]string) error {
	if _, nobody := met[identity.ID{}]; nobody {
		return errors.New("remember a peer: it has no name")
	}
	return s.update(func(tx *bolt.Tx) error {
		b := tx.Bucket(bucketPeers)
		for _, id := range slices.SortedFunc(maps.Keys(met), identity.ID.Compare) {
			if err := putPeer(b, id, met[id]); err != nil {
				return err
			}
		}
		all, err := peers(b)
		if err != nil {
			return err
		}
		for _, p := range all[min(len(all), MaxPeers):] {
			if err := b.Delete(p.id); err != nil {
				return err
			}
		}
		return nil
	})
}

func putPeer(b *bolt.Bucket, id identity.ID, addrs []string) error {
	addrs = slices.DeleteFunc(slices.Clone(addrs), func(a string) bool { return a == "" || len(a) > maxAddr })
	addrs = addrs[:min(len(addrs), MaxAddrs)]
	if len(addrs) == 0 {
		return b.Delete(id[:])
	}
	order, err := b.NextSequence()
	if err != nil {
		return err
	}
	value, err := canon.Marshal(remembered{Order: order, Addrs: addrs})
	if err != nil {
		return err
	}
	return b.Put(id[:], value)
}
