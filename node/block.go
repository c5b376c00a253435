package node

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/banyan-rooms/banyan/crypto/identity"
)

// Block has this person hear nothing of somebody any more, in any room, or again. It is
// theirs alone: nobody is told, and frames are forwarded to others as before. It is kept
// durably when Block returns.
func (n *Node) Block(ctx context.Context, who identity.ID, on bool) error {
	if who == n.ID() || who.IsZero() {
		return fmt.Errorf("%w: one cannot block oneself", errNobody)
	}
	n.blocking.Lock()
	defer n.blocking.Unlock()
	now := n.blocks()
	next := slices.DeleteFunc(slices.Clone(now), func(id identity.ID) bool { return id == who })
	if on {
		next = append(next, who)
	}
	if len(next) == len(now) {
		return nil
	}
	if err := n.cfg.Store.PutBlocked(next); err != nil {
		return fmt.Errorf("keep whom you block: %w", err)
	}
	n.mu.Lock()
	n.blocked = next
	n.mu.Unlock()
	for _, m := range n.membersNow() {
		if _, err := ask(ctx, m.session, func(now time.Duration) bool { m.refresh(now); return true }); err != nil {
			return err
		}
	}
	n.watchers.tell()
	return nil
}

// blocks are the people whom this person does not want to hear. The list is not changed.
func (n *Node) blocks() []identity.ID {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.blocked
}
