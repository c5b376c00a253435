package node

import (
	"crypto/rand"
	mrand "math/rand/v2"
	"slices"
	"time"

	"github.com/banyan-rooms/banyan/crypto/epoch"
	"github.com/banyan-rooms/banyan/crypto/invite"
	"github.com/banyan-rooms/banyan/mesh"
	"github.com/banyan-rooms/banyan/rooms"
)

// A new epoch is made before the old one is broken: for a moment speakers still use the
// old secret, so that all have fetched the new one when it is first needed; and for
// longer the old one is heard, for those who are late.
const (
	rekeyWait  = 4 * time.Second // whoever did not remove anybody gives those who did so long, and up to as much again
	speakOld   = time.Second
	hearOld    = 10 * time.Second
	rekeyAgain = 5 * time.Second // after one that could not be kept
)

// rekeying is what a moderator's node does about an epoch that is overdue. The loop
// owns it.
type rekeying struct {
	at      time.Duration // when to begin one; never while none is overdue
	running bool
}

// rekey begins a new epoch when somebody was removed: at once where that was decided,
// elsewhere if nobody else does. now may be any time.
func (m *member) rekey(now time.Duration) {
	by, overdue := m.room.Overdue()
	if me, here := m.room.View().Me(); !overdue || !here || me.Role < invite.Moderator || m.rekeying.running {
		m.rekeying.at = never
		return
	}
	if m.rekeying.at == never {
		m.rekeying.at = now
		if by != m.n.ID() {
			m.rekeying.at += rekeyWait + mrand.N(rekeyWait)
		}
	}
	if now < m.rekeying.at {
		return
	}
	m.rekeying = rekeying{at: never, running: true}
	current, _ := m.room.Epoch()
	m.running.Go(func() { m.beginEpoch(current + 1) })
}

// beginEpoch draws an epoch's secret, keeps it, and has the room begin it.
func (m *member) beginEpoch(n uint32) {
	secret, err := epoch.New(rand.Reader)
	if err == nil {
		err = m.n.cfg.Store.PutSecret(m.id, n, secret)
	}
	m.await(func(now time.Duration) {
		m.rekeying.running = false
		if err != nil {
			m.log.Warn("whoever was removed still has the room's key: a new one could not be kept", "error", err)
			m.rekeying.at = now + rekeyAgain
			return
		}
		m.refused = nil
		m.act(now, rooms.NewEpoch{Epoch: n, Commitment: secret.Commit(m.id, n)})
		if m.refused != nil {
			m.log.Debug("no new epoch of this node's", "why", m.refused)
			m.restore(n)
			m.rekey(now)
			return
		}
		m.unlock(now, n, secret)
		m.log.Info("began a new epoch, because somebody or some invite lets nobody in any more", "epoch", n)
	})
}

// restore keeps an epoch's secret anew, over one that came to nothing.
func (m *member) restore(n uint32) {
	secret, known := m.secrets[n]
	if !known {
		return // it is being fetched, and kept then
	}
	m.running.Go(func() {
		if err := m.n.cfg.Store.PutSecret(m.id, n, secret); err != nil {
			m.log.Warn("the room's key could not be kept", "error", err)
		}
	})
}

// unlock takes in an epoch's secret.
func (m *member) unlock(now time.Duration, n uint32, secret epoch.Secret) {
	if old, known := m.secrets[n]; known && old != secret {
		m.lock(n) // two began it at once, and the other one's counts
	}
	if current, _ := m.room.Epoch(); n == current && len(m.secrets) > 0 {
		m.speakFrom, m.hearUntil = now+speakOld, now+hearOld
	}
	m.secrets[n] = secret
	m.refresh(now)
	m.reveal()
}

// lock forgets an epoch's secret and all that was made from it.
func (m *member) lock(n uint32) {
	delete(m.secrets, n)
	for kid, v := range m.voices {
		if v.epoch == n {
			m.score.settle(v)
			delete(m.voices, kid)
		}
	}
	if m.mouth.epoch == n {
		m.mouth = mouth{}
	}
}

// partFrom ends what one has with those who may not be here any more; if that is
// oneself, with everyone.
func (m *member) partFrom(now time.Duration) {
	barred := m.room.Barred()
	if m.room.Bars(m.n.ID()) && !m.out {
		m.out = true
		m.step(now, mesh.Stop{})
	}
	for _, id := range barred {
		if !m.gone[id] {
			m.gone[id] = true
			m.dismiss(now, id)
		}
	}
	for id := range m.gone {
		if !slices.Contains(barred, id) {
			delete(m.gone, id)
		}
	}
}

// lockOld forgets the secrets of epochs that are over for long enough.
func (m *member) lockOld(now time.Duration) {
	current, _ := m.room.Epoch()
	if _, have := m.secrets[current]; !have || now < m.hearUntil || len(m.secrets) == 1 {
		return
	}
	for n := range m.secrets {
		if n != current {
			m.lock(n)
		}
	}
}

// needs is the epoch in force, if its secret is missing.
func (m *member) needs() (need, bool) {
	n, commitment := m.room.Epoch()
	want := need{n, commitment, m.room.CommitmentRoom()}
	secret, have := m.secrets[n]
	return want, !have || !secret.Opens(commitment, want.room, n)
}

// keyed tells whether one can hear and be heard: with the secret of the epoch in force
// or, while that is being fetched, with an older one.
func (m *member) keyed(now time.Duration) bool {
	if _, missing := m.needs(); !missing {
		m.keyless = never
		return true
	}
	if m.keyless == never {
		m.keyless = now
	}
	return len(m.secrets) > 0 && now < m.keyless+hearOld
}

// speaking is the epoch in which one speaks now.
func (m *member) speaking() uint32 {
	n, _ := m.room.Epoch()
	if _, old := m.secrets[m.mouth.epoch]; old && m.mouth.key != nil && m.now() < m.speakFrom {
		return m.mouth.epoch
	}
	return n
}
