package sim

import (
	"fmt"
	"time"

	"github.com/banyan-rooms/banyan/crypto/identity"
	"github.com/banyan-rooms/banyan/mesh/wire"
)

// Fault is something that goes wrong, on purpose, at a time.
type Fault struct {
	At    time.Duration
	Kind  FaultKind
	Share float64       // of those whom it can hit, for the kinds that hit many
	For   time.Duration // of a split how long it lasts; of a crowd over which time it comes
	Peers int           // of a crowd
}

// FaultKind says what goes wrong.
type FaultKind uint8

const (
	// KillRelay kills, without a word, the peer with most peers below it that is no
	// root and does not speak; where only the root has any below it, the root.
	KillRelay FaultKind = iota + 1
	// KillRoot kills the root.
	KillRoot
	// KillRelays kills a share of all who feed somebody and are no roots, at once.
	KillRelays
	// Split cuts the network in two: between the sides, a share of the peers and the
	// others, nothing arrives. When it ends, peers find each other again one by one.
	Split
	// Drop turns a share of all who can feed others, speakers and community relays
	// aside, into droppers: they keep their places, answer all that they are asked, and
	// pass no sound on.
	Drop
	// Crowd lets more listeners come.
	Crowd
)

func (f Fault) validate(cfg *Config) error {
	share := f.Kind == KillRelays || f.Kind == Split || f.Kind == Drop
	switch {
	case f.Kind < KillRelay || f.Kind > Crowd:
		return fmt.Errorf("fault of kind %d", f.Kind)
	case f.At < 0 || f.For < 0:
		return fmt.Errorf("fault at %v for %v: want times after the start", f.At, f.For)
	case share && (f.Share <= 0 || f.Share > 1):
		return fmt.Errorf("fault that hits a share of %v: want more than none and at most all", f.Share)
	case f.Kind == Split && f.For <= 0:
		return fmt.Errorf("split for %v: want a time after which it ends", f.For)
	case f.Kind == Crowd && (f.Peers < 1 || cfg.Peers+f.Peers > maxPeers):
		return fmt.Errorf("crowd of %d: want 1 to %d", f.Peers, maxPeers-cfg.Peers)
	}
	return nil
}

// strike lets a fault happen.
func (w *World) strike(f Fault) {
	switch f.Kind {
	case KillRelay:
		w.killRelay()
	case KillRoot:
		w.killRoot()
	case KillRelays:
		w.killRelays(f.Share)
	case Split:
		w.divide(f)
	case Drop:
		w.corrupt(f.Share)
	case Crowd:
		w.crowd(f)
	}
}

// killRelay kills the peer with most peers below it that is not a root and does not
// speak; where only the root has any below it, the root.
func (w *World) killRelay() {
	size := w.subtrees()
	best := int32(none)
	for n := range w.peers {
		p := w.peers[n]
		if !p.here() || rooted(p) || p.voice != none || size[n] == 0 {
			continue
		}
		if best == none || size[n] > size[best] {
			best = int32(n)
		}
	}
	if best == none {
		w.killRoot()
		return
	}
	w.crash(w.peers[best])
}

// rooted tells whether a peer is the root of a tree.
func rooted(p *peer) bool { return p.machine.IsRoot(0) || p.machine.IsRoot(1) }

// killRoot kills the root of the first tree.
func (w *World) killRoot() {
	for _, p := range w.peers {
		if p.here() && p.machine.IsRoot(0) {
			w.measured.rootless = w.now
			w.crash(p)
			return
		}
	}
}

// killRelays kills some of those who feed others. All are chosen before the first dies.
func (w *World) killRelays(share float64) {
	var doomed []*peer
	for _, p := range w.peers {
		if p.here() && !rooted(p) && p.voice == none && feeds(p) > 0 && chance(w.faults, threshold(share)) {
			doomed = append(doomed, p)
		}
	}
	for _, p := range doomed {
		w.faultAbove(p)
	}
	for _, p := range doomed {
		w.vanish(p)
	}
}

// feeds is how many a peer feeds, in all trees.
func feeds(p *peer) (n int) {
	for t := range wire.MaxTrees {
		n += p.machine.Children(t)
	}
	return n
}

// corrupt makes droppers of some.
func (w *World) corrupt(share float64) {
	w.measured.corrupted = w.now
	for _, p := range w.peers {
		p.drops = p.drops || p.here() && p.willing && !p.community && p.voice == none && chance(w.faults, threshold(share))
	}
}

// crowd lets more listeners come, evenly over a time.
func (w *World) crowd(f Fault) {
	for i := range f.Peers {
		p, err := w.enrol()
		if err != nil {
			w.broken = err
			return
		}
		w.push(event{at: w.now + f.For*time.Duration(i)/time.Duration(f.Peers), kind: arrives, to: p.number})
	}
}

// reunion is within which time after a split each peer finds the topic's others again.
const reunion = 5 * time.Second

// divide cuts the network in two.
func (w *World) divide(f Fault) {
	w.divided = true
	for _, p := range w.peers {
		p.side = chance(w.faults, threshold(f.Share))
	}
	w.push(event{at: w.now + linkTimeout, kind: parts})
	w.push(event{at: w.now + f.For, kind: mends})
}

// part closes the links that a split has cut for long.
func (w *World) part() {
	if !w.divided {
		return
	}
	for _, p := range w.peers {
		if !p.here() {
			continue
		}
		for _, k := range p.links.all {
			if w.apart(p, k.peer) {
				w.of(p).push(p, event{at: w.now, kind: closes, to: p.number, from: k.peer, link: k.number})
			}
		}
	}
}

// mend ends a split.
func (w *World) mend() {
	w.divided = false
	w.measured.mended, w.measured.healing = w.now, w.banyan()
	for _, p := range w.peers {
		p.reunited = w.now + between(&p.gossip, 0, reunion)
	}
	if w.measured.healing {
		w.push(event{at: w.now, kind: heals})
	}
}

// healsEvery is how often it is looked whether the room is one again.
const healsEvery = 100 * time.Millisecond

// heal looks whether a room that was split is one tree again.
func (w *World) heal() {
	if w.Settled() == nil {
		w.measured.healed.Add(w.now - w.measured.mended)
		w.measured.healing = false
		return
	}
	w.push(event{at: w.now + healsEvery, kind: heals})
}

// apart tells whether nothing of p arrives at another peer.
func (w *World) apart(p *peer, q int32) bool { return w.divided && p.side != w.peers[q].side }

// tells tells whether what p spreads on the topic reaches q.
func (w *World) tells(now time.Duration, p, q *peer) bool {
	return p.side == q.side || !w.divided && now >= p.reunited && now >= q.reunited
}

// protected tells whether sound reaches a peer, and would if a parent died: as it really
// is, and not as far as the peer has noticed. With two trees it is the other one that
// protects it, with one it is the backup.
func (w *World) protected(p *peer) bool {
	m := p.machine
	lives := func(id identity.ID) bool { return !id.IsZero() && w.peers[w.numbers[id]].here() }
	for t := range m.Trees() {
		safe := m.IsRoot(t) || lives(m.Parent(t)) && (m.Trees() > 1 || lives(m.Backup(t)))
		if !m.Attached(t) || !safe {
			return false
		}
	}
	return true
}

// watchRoots looks whether a room that has lost its root has another one.
func (w *World) watchRoots() {
	first := never
	for _, s := range w.shards {
		if s.rooted > 0 {
			first = min(first, s.rooted)
			s.rooted = 0
		}
	}
	if first != never && w.measured.rootless > 0 {
		w.measured.newRoot.Add(first - w.measured.rootless)
		w.measured.rootless = 0
	}
}
