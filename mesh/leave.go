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
	m.stopSeeking(&m.seekParent)
	m.dropBackup()
	offered := m.offers()
	m.leaving, m.stopAt = true, now+m.timing.Parting
	if offered {
		m.spread(now, true)
	}
	m.advertAt, m.improveAt = never, never
	to := m.parent
	if m.isRoot {
		if to = m.heir(now); !to.IsZero() {
			m.send(to, &wire.Handover{Epoch: m.epoch})
		}
	}
	for i := range m.children {
		if c := &m.children[i]; c.id != to && !c.backup {
			m.send(c.id, &wire.Move{To: []identity.ID{to}})
		}
	}
}

// part says good-bye to whoever is left.
func (m *Machine) part() {
	for i := range m.children {
		m.send(m.children[i].id, &wire.Leave{})
	}
	if !m.parent.IsZero() {
		m.send(m.parent, &wire.Leave{Up: true})
	}
	m.children, m.parent, m.isRoot = nil, identity.ID{}, false
	m.standAt(m.alone())
	for _, id := range m.linked() {
		m.emit(HangUp{id})
	}
	clear(m.links)
	m.stopped = true
	m.emit(Stopped{})
}
