package store

import (
	"fmt"

	"github.com/banyan-rooms/banyan/crypto/canon"
	"github.com/banyan-rooms/banyan/crypto/identity"
)

// MaxBlocked is how many people one can block.
const MaxBlocked = 4096

const settingBlocked = "blocked"

// Blocked are the people whom this person does not want to hear or see.
func (s *Store) Blocked() (who []identity.ID, err error) {
	value, err := s.Setting(settingBlocked)
	if err != nil || value == nil {
		return nil, err
	}
	if err := canon.Unmarshal(value, &who); err != nil {
		return nil, fmt.Errorf("%w: the people whom you blocked: %w", ErrDamaged, err)
	}
	return who, nil
}

// PutBlocked keeps them.
func (s *Store) PutBlocked(who []identity.ID) error {
	if len(who) > MaxBlocked {
		return fmt.Errorf("%d people blocked, at most %d: %w", len(who), MaxBlocked, ErrTooLarge)
	}
	value, err := canon.Marshal(who)
	if err != nil {
		return err
	}
	return s.PutSetting(settingBlocked, value)
}
