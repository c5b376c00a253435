package mesh

import (
	"time"

	"github.com/banyan-rooms/banyan/crypto/identity"
	"github.com/banyan-rooms/banyan/mesh/wire"
)

// stop begins to leave: a root hands its place on, children are asked to move, and are
// fed until they have.
func (m *Machine) stop(now time.Duration) {
	if m.leaving {
		return
	}
	willing := m.willing()
	m.leaving, m.stopAt = true, now+m.timing.Parting
	if willing {
		m.spread(now, true)
	}
	m.advertAt = never
	for _, t := range m.trees {
		t.depart(now)
	}
}

// depart hands on whom this peer feeds.
func (t *tree) depart(now time.Duration) {
	t.stopSeeking(&t.seekParent)
	t.dropBackup()
	t.improveAt = never
	to := t.parent
	if t.isRoot {
		if to = t.heir(now); !to.IsZero() {
			t.send(to, &wire.Handover{Epoch: t.epoch})
		}
	}
	for i := range t.children {
		if c := &t.children[i]; c.id != to && !c.backup {
			t.send(c.id, &wire.Move{To: []identity.ID{to}})
		}
	}
}

// part says good-bye to whoever is left.
func (m *Machine) part() {
	for _, t := range m.trees {
		t.end()
	}
	for _, id := range m.open() {
		m.emit(HangUp{id})
	}
	clear(m.links)
	m.stopped = true
	m.emit(Stopped{})
}
