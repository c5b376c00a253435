package reactive

import (
	"slices"
	"time"

	"github.com/banyan-rooms/banyan/mesh"
	"github.com/banyan-rooms/banyan/mesh/sim/baseline/member"
)

// expire does what is due.
func (m *Machine) expire(now time.Duration) {
	if m.stopped {
		return
	}
	m.children = slices.DeleteFunc(m.children, func(c child) bool { return !c.open && now >= c.since+m.cfg.Linking })
	for i := range m.children {
		if c := &m.children[i]; c.open && now >= c.sentAt+m.cfg.Beacon {
			c.sentAt = now
			m.Emit(mesh.Transmit{To: c.id, Datagram: []byte{beacon}})
		}
	}
	if m.isRoot {
		return
	}
	if !m.parent.IsZero() && now >= m.patience() {
		m.Emit(mesh.HangUp{Peer: m.parent})
		m.orphan(now)
	}
	switch s := &m.search; {
	case !m.parent.IsZero():
	case !s.asking.IsZero() && now >= s.askedAt+m.cfg.Answer:
		m.unanswered(now)
	case s.asking.IsZero() && now >= s.nextAt:
		m.ask(now)
	}
}

// patience is when a parent is given up: it is silent, its link does not open, or it has
// been cut off for long. One of the first peers, who may be the next root, does not wait
// for others to find out.
func (m *Machine) patience() time.Duration {
	switch {
	case !m.open:
		return m.heardAt + m.cfg.Linking
	case m.attached:
		return m.heardAt + m.cfg.Silence
	case m.rank > 0:
		return m.cutAt
	}
	return min(m.heardAt+m.cfg.Silence, m.cutAt+m.cfg.Cut)
}

// Hastened is what [sim.Protocol] asks for: any frame may have.
func (m *Machine) Hastened() bool { return true }

// Deadline implements [sim.Protocol].
func (m *Machine) Deadline() (time.Duration, bool) {
	if m.stopped {
		return 0, false
	}
	at := member.Never
	for i := range m.children {
		if c := &m.children[i]; c.open {
			at = min(at, c.sentAt+m.cfg.Beacon)
		} else {
			at = min(at, c.since+m.cfg.Linking)
		}
	}
	switch s := &m.search; {
	case m.isRoot:
	case !m.parent.IsZero():
		at = min(at, m.patience())
	case !s.asking.IsZero():
		at = min(at, s.askedAt+m.cfg.Answer)
	default:
		at = min(at, s.nextAt)
	}
	return at, at != member.Never
}
