package mesh

import (
	"slices"
	"time"

	"github.com/banyan-rooms/banyan/crypto/identity"
)

// parallel is how many peers are probed at once; by somebody who hears
// already, and looks for a second parent, a backup or a better place, careful.
const (
	parallel = 4
	careful  = 2
)

// whomToAsk picks peers to probe: those preferred, the root and the well ranked, and a
// few at random, so that not everybody asks the same ones.
func (t *tree) whomToAsk(now time.Duration, s *seeker) []identity.ID {
	var some []identity.ID
	most := careful
	if s.urgent && !s.backup && !t.other().reaches() {
		most = parallel
	}
	// Those who are shunned are asked too when others were, for long, in vain.
	last := s.urgent && !s.backup && !t.attached() && now >= t.aloneAt+shunFor/4
	add := func(id identity.ID) (more bool) {
		if len(some) < most && !slices.Contains(some, id) && !t.barred(now, s, id, last) {
			some = append(some, id)
		}
		return len(some) < most
	}
	for _, id := range s.prefer {
		add(id)
	}
	if now < t.lease.expires && (!s.backup || len(t.place.Path) > 2) {
		s.root = t.lease.root
		add(s.root)
	}
	pool := t.pool(most == careful)
	t.draw(&pool, add)
	if s.urgent && len(some) == 0 {
		last = true
		t.draw(&pool, add)
		add(t.lease.root)
	}
	return some
}

// barred tells whether a peer is not to be asked: this one itself, who was asked in this
// round or feeds this peer already, who is dead as far as is known, who is fed from here,
// and, unless they are the last who are left, who is shunned.
func (t *tree) barred(now time.Duration, s *seeker, id identity.ID, last bool) bool {
	if id.IsZero() || id == t.id || s.backup && id == t.parent || slices.Contains(s.tried, id) {
		return true
	}
	if c := t.childAt(id); c >= 0 && !t.children[c].backup {
		return true
	}
	return t.suspected(now, id) || !last && t.shuns(now, id)
}

// pool is whom this peer knows of, in some order: the numbers of adverts, and from their count
// on those of candidates. Most are never looked at.
type pool struct {
	order [maxAdverts + maxCandidates]uint8
	first int // so many come before all others
	all   int
}

// pool shuffles whom this peer knows of, so that a crowd does not go the same way: if it has
// time for that, those who said that they feed others come first.
func (t *tree) pool(relaysFirst bool) pool {
	p := pool{all: len(t.adverts) + len(t.candidates)}
	for i := range p.all {
		p.order[i] = uint8(i)
	}
	if relaysFirst {
		p.first = len(t.adverts)
	}
	for _, row := range [...][]uint8{p.order[:p.first], p.order[p.first:p.all]} {
		t.rand.Shuffle(len(row), func(i, j int) { row[i], row[j] = row[j], row[i] })
	}
	return p
}

// draw hands the peers of a pool to add, in their order, until that wants no more: with two
// trees those first who may feed others in this one.
func (t *tree) draw(p *pool, add func(identity.ID) (more bool)) {
	for _, row := range [...][]uint8{p.order[:p.first], p.order[p.first:p.all]} {
		for _, native := range [...]bool{true, false} {
			for _, n := range row {
				id := t.heardOf(int(n))
				if (t.count == 1 || t.native(id)) == native && !add(id) {
					return
				}
			}
		}
	}
}

// heardOf is a peer by its number in a pool.
func (m *Machine) heardOf(n int) identity.ID {
	if n < len(m.adverts) {
		return m.adverts[n].said.From
	}
	return m.candidates[n-len(m.adverts)]
}
