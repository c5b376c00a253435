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
	for _, t := range m.both() {
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
		to = t.handOn(now)
	}
	for i := range t.children {
		if c := &t.children[i]; c.id != to && !c.backup {
			t.send(c.id, &wire.Move{To: []identity.ID{to}})
		}
	}
}

// handOn asks the heir to be the root in this peer's place, and says who that is; zero if
// there is none.
func (t *tree) handOn(now time.Duration) (heir identity.ID) {
	if heir = t.heir(now); !heir.IsZero() {
		t.send(heir, &wire.Handover{Epoch: t.epoch})
	}
	return heir
}

// quit tells a peer that it need not feed this one any more, and closes the link if nobody
// needs it.
func (t *tree) quit(id identity.ID) {
	t.send(id, &wire.Leave{Up: true})
	t.hangUp(id)
}

// part says good-bye to whoever is left.
func (m *Machine) part() {
	for _, t := range m.both() {
		t.end()
	}
	for _, l := range m.links {
		m.emit(HangUp{l.id})
	}
	m.links = nil
	m.stopped = true
	m.emit(Stopped{})
}
